"""When the event of an account is: chosen so that its posts leave no doubt about it."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from influencers.synthetic import stories
from influencers.synthetic.accounts import Accounts
from influencers.synthetic.crawl_times import DAY, HOUR, Schedule
from influencers.synthetic.posts import UNKNOWN
from influencers.synthetic.stories import FOLLOW_UNFOLLOW, GIVE_BACK, HIT, STEP, Shape
from influencers.synthetic.streams import Flags, Integers, uniforms

_FEWEST_POSTS = 4  # beside a hit: fewer have no usual number of likes
_HIT_DELAY = HOUR  # from the post to the first new followers
# What the account's median is multiplied by: no post around a step has more likes, so that it
# stays below twice the median, whichever posts the median is of.
_UNREMARKABLE = 1.6
_QUIET_BEFORE = 2 * DAY
_DAYS_BEFORE = 2  # from the first crawl to an event
# From the crawl before an event to the last one; of who unfollows, all of rise and fall.
_DAYS_AFTER = {STEP: 3, GIVE_BACK: 11, FOLLOW_UNFOLLOW: 19}


@dataclass(frozen=True)
class Seen:
    """The posts of whole accounts that are in good records.

    Attributes:
        likes: UNKNOWN where they are hidden or missing.
        kept: whether the post is not to be deleted.
    """

    number: Integers
    owner: Integers
    created_at: Integers
    likes: Integers
    kept: Flags

    def take(self, which: slice | Flags) -> Seen:
        """The posts at these positions."""
        return Seen(**{f.name: getattr(self, f.name)[which] for f in fields(self)})

    def joined(self, other: Seen) -> Seen:
        """These posts, and then others."""
        pairs = {f.name: (getattr(self, f.name), getattr(other, f.name)) for f in fields(self)}
        return Seen(**{name: np.concatenate(pair) for name, pair in pairs.items()})


@dataclass(frozen=True)
class Event:
    """The event of an account: see `story_plan.Plan`."""

    kind: int
    start: int
    first: int
    last: int
    hit_post: int = UNKNOWN
    hit_likes: int = UNKNOWN


def event(seed: int, schedule: Schedule, kind: int, author: Accounts, own: Seen) -> Event | None:
    """The event of an account, or None if its posts, or the crawls, leave no room for it.

    Args:
        seed: of the sample.
        schedule: the crawls.
        kind: of event; see `stories`.
        author: one account.
        own: its posts.
    """
    if not (own.created_at[own.kept] < schedule.start(0)).any():  # the first crawl lacks it
        return None
    kinds = np.array([kind])
    shape = stories.shapes(seed, schedule.every, author.number, kinds, author.following)
    luck, place = (float(uniforms(author.number, seed, "moment", s)[0]) for s in (0, 1))
    if kind == HIT:
        return _hit(schedule, author, own, shape, luck, place)
    begin = _crawl_before(schedule, author, own, kind, luck)
    if begin is None:
        return None
    if kind == FOLLOW_UNFOLLOW:
        begin += 0.5 * place * schedule.every
        length = float((shape.ramp + shape.hold + shape.fall)[0])
    else:
        # The rise ends shortly before the later crawl, so that no loss is seen by then.
        length = float(shape.ramp[0])
        slack = (0.05 + 0.2 * place) * min(schedule.every, DAY)
        begin += schedule.every - slack - length
    first, last = _around(schedule, author, begin, begin + length)
    return Event(kind, int(begin), first, last) if last < schedule.crawls else None


def _around(schedule: Schedule, author: Accounts, begin: float, end: float) -> tuple[int, int]:
    """The crawls between which the event is."""
    first = schedule.before(np.array([begin]), author.number)[0]
    return int(first), int(schedule.after(np.array([end]), author.number)[0])


def _hit(
    schedule: Schedule, author: Accounts, own: Seen, shape: Shape, luck: float, place: float
) -> Event | None:
    """One of the posts between crawls becomes a hit, and followers rise after it."""
    known = own.likes != UNKNOWN
    created = own.created_at.astype(np.float64)
    numbers = np.repeat(author.number, len(created))
    early = schedule.before(created, numbers) >= 0
    risen = created + _HIT_DELAY + shape.ramp[0]
    late = schedule.after(risen, numbers) >= schedule.crawls
    fits = np.flatnonzero(known & own.kept & early & ~late)
    if len(fits) == 0 or known.sum() <= _FEWEST_POSTS:
        return None
    post = int(fits[int(luck * len(fits))])
    known[post] = False
    low, high = stories.HIT_TIMES
    likes = int(np.rint(np.median(own.likes[known]) * (low + (high - low) * place)))
    first, last = _around(schedule, author, float(created[post]), float(risen[post]))
    start = int(own.created_at[post]) + _HIT_DELAY
    hit_likes = max(likes, int(own.likes[post]))
    return Event(HIT, start, first, last, int(own.number[post]), hit_likes)


def _crawl_before(
    schedule: Schedule, author: Accounts, own: Seen, kind: int, luck: float
) -> float | None:
    """When the crawl reads the account after which its event begins; None if none will do.

    A step has no post with many likes between that crawl and the next, and shortly before.
    """
    low = max(1, -(-_DAYS_BEFORE * DAY // schedule.every))
    high = schedule.crawls - 2 - -(-_DAYS_AFTER[kind] * DAY // schedule.every)
    if high < low:
        return None
    begins = schedule.start(low) + schedule.delays(author.number)[0]
    begins = begins + np.arange(high - low + 1) * schedule.every
    if kind != FOLLOW_UNFOLLOW:
        begins = begins[_is_quiet(own, begins, begins + schedule.every)]
    return float(begins[int(luck * len(begins))]) if len(begins) else None


def _is_quiet(own: Seen, begins: Integers, ends: Integers) -> Flags:
    """Whether all posts of some stretches of time, and shortly before, have usual likes."""
    known = own.likes[own.likes != UNKNOWN]
    if len(known) == 0:
        return np.zeros(len(begins), dtype=np.bool_)
    loud = np.sort(own.created_at[own.likes > _UNREMARKABLE * np.median(known)])
    until = np.searchsorted(loud, ends, side="right")
    quiet: Flags = until == np.searchsorted(loud, begins - _QUIET_BEFORE, side="left")
    return quiet
