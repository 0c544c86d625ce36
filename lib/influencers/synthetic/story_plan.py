"""Which accounts have an event, and when: chosen so that their posts leave no doubt about it.

The posts are made once for it, before they are made to be written. Of an account, some tens of
bytes are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np

from influencers.config import GenerateConfig
from influencers.synthetic import absences, accounts, events, posts, stories
from influencers.synthetic.crawl_times import Schedule
from influencers.synthetic.events import Event, Seen
from influencers.synthetic.streams import Integers

NEVER = np.iinfo(np.int64).max  # later than any time


@dataclass(frozen=True)
class Plan:
    """The events of all accounts, one element to an account.

    Attributes:
        kind: see `stories`.
        start: Unix seconds when followers, or those followed, begin to rise.
        first, last: the crawls between which the event is; 0 and -1 without one.
        hit_post, hit_likes: the post behind a hit, and its likes; -1 for other accounts.
        kept_since: the time of its oldest post that is in a good record and not to be deleted.
    """

    kind: Integers
    start: Integers
    first: Integers
    last: Integers
    hit_post: Integers
    hit_likes: Integers
    kept_since: Integers

    @classmethod
    def organic(cls, size: int) -> Plan:
        """No events."""
        empty = {f.name: np.full(size, posts.UNKNOWN, dtype=np.int64) for f in fields(cls)}
        empty |= {name: np.zeros(size, dtype=np.int64) for name in ("kind", "start", "first")}
        return cls(**{**empty, "kept_since": np.full(size, NEVER, dtype=np.int64)})

    def take(self, positions: Integers) -> Plan:
        """The events of the accounts at these positions."""
        return Plan(**{f.name: getattr(self, f.name)[positions] for f in fields(self)})

    def enter(self, number: int, event: Event) -> None:
        """Give an account an event."""
        for name in ("kind", "start", "first", "last", "hit_post", "hit_likes"):
            getattr(self, name)[number] = getattr(event, name)


def plan(options: GenerateConfig, schedule: Schedule, edges: Integers) -> Plan:
    """The events of a sample.

    An account whose posts, or the crawls, leave no room for the event that was drawn for it has
    none.
    """
    made = Plan.organic(schedule.accounts)
    for seen in _whole_accounts(options, schedule, edges):
        owners, begins = np.unique(seen.owner, return_index=True)
        np.minimum.at(made.kept_since, seen.owner[seen.kept], seen.created_at[seen.kept])
        if len(owners) == 0:
            continue
        span = accounts.span(options.seed, int(owners[0]), int(owners[-1]))
        authors = span.take(owners - owners[0])
        kinds = stories.drawn(options.seed, owners, authors.followers, authors.following)
        ends = np.append(begins[1:], len(seen.owner))
        for place in np.flatnonzero(kinds != stories.ORGANIC).tolist():
            own = seen.take(slice(begins[place], ends[place]))
            author = authors.take(np.array([place]))
            event = events.event(options.seed, schedule, int(kinds[place]), author, own)
            if event is not None:
                made.enter(int(owners[place]), event)
    return made


def _whole_accounts(options: GenerateConfig, schedule: Schedule, edges: Integers) -> Iterator[Seen]:
    """The posts in good records, some accounts at a time, none of them in part."""
    rest = None
    blocks = -(-options.posts // posts.BLOCK)
    for number in range(blocks):
        made = posts.block(options, edges, number)
        seen = _good(options, schedule, made)
        rest = seen if rest is None else rest.joined(seen)
        unfinished = made.authors.number[-1] if number + 1 < blocks else schedule.accounts
        yield rest.take(rest.owner < unfinished)
        rest = rest.take(rest.owner >= unfinished)


def _good(options: GenerateConfig, schedule: Schedule, made: posts.Posts) -> Seen:
    roles = posts.roles(options, int(made.number[0]), len(made.number))
    good = np.ones(len(made.number), dtype=np.bool_)
    good[roles.bad] = False
    good[roles.copy] = False
    gone = absences.gone_at(options.seed, schedule, made.number, made.created_at)
    return Seen(
        number=made.number,
        owner=made.authors.number[made.account],
        created_at=made.created_at,
        likes=posts.known_counts(made.likes),
        kept=np.isinf(gone),
    ).take(good)
