"""A block of posts as crawls see it: which of them each crawl has, and what it writes of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from influencers.config import GenerateConfig
from influencers.synthetic import absences, crawl_times, flaws, like_curve, posts, records
from influencers.synthetic.crawl_times import HOUR, Schedule
from influencers.synthetic.effects import COMMENTS_EXPONENT
from influencers.synthetic.flaws import FIELDS, Flaw
from influencers.synthetic.gallery import Gallery
from influencers.synthetic.growth import Profiles
from influencers.synthetic.posts import UNKNOWN, Posts
from influencers.synthetic.story_plan import Plan
from influencers.synthetic.streams import Flags, Floats, Integers

_HANDLE, _COMMENTS, _LIKES, _FOLLOWERS, _FOLLOWING = (
    FIELDS.index(name) for name in ("owner_username", "comments", "likes", "followers", "following")
)


@dataclass(frozen=True)
class Block:
    """What is the same in all crawls, one element to a record.

    Attributes:
        posts: as they are when all likes have arrived.
        cells: of these posts, as written.
        source: the position of the post that a record shows: its own, or that which it repeats.
        good: whether the record is neither bad nor repeats another.
        flaws: by the position of a bad record.
        content_type: see `like_curve`.
        likes, comments: as numbers.
        gone: when the post is deleted; infinity for most.
    """

    posts: Posts
    cells: list[list[str]]
    source: Integers
    good: Flags
    flaws: dict[int, Flaw]
    content_type: Integers
    likes: Integers
    comments: Integers
    gone: Floats

    @property
    def owners(self) -> Integers:
        """The number of the account of each post."""
        return self.posts.authors.number[self.posts.account]

    def shown(self, profiles: Profiles) -> Integers:
        """The positions of the records that a crawl has.

        Args:
            profiles: what the crawl sees of the authors of the block.
        """
        at = profiles.crawled_at[self.posts.account]
        there = (self.posts.created_at < at) & (at < self.gone)
        there &= profiles.present[self.posts.account]
        return np.flatnonzero(there[self.source])

    def lines(self, profiles: Profiles, shown: Integers) -> list[str]:
        """These records as a crawl writes them, without line ends."""
        source = self.source[shown]
        author = self.posts.account[source]
        hours = (profiles.crawled_at[author] - self.posts.created_at[source]) / HOUR
        share = like_curve.share(self.content_type[source], hours)
        counts = [
            np.where(final == UNKNOWN, UNKNOWN, np.rint(final * share)).astype(np.int64).tolist()
            for final in (self.likes[source], self.comments[source])
        ]
        handles, following = profiles.handle.tolist(), list(map(str, profiles.following.tolist()))
        times = [crawl_times.written(at) for at in profiles.crawled_at.tolist()]
        written = []
        for record, post, who, likes, comments in zip(
            shown.tolist(), source.tolist(), author.tolist(), *counts, strict=True
        ):
            cells = list(self.cells[post])
            cells[_HANDLE] = handles[who]
            if likes != UNKNOWN:
                cells[_LIKES] = str(likes)
            if comments != UNKNOWN:
                cells[_COMMENTS] = str(comments)
            cells[_FOLLOWERS] = profiles.followers_text[who]
            cells[_FOLLOWING] = following[who]
            cells.append(times[who])
            flaw = self.flaws.get(record)
            written.append(flaws.spoilt(cells, flaw) if flaw else ",".join(cells))
        return written


def block(
    options: GenerateConfig,
    images: Gallery,
    schedule: Schedule,
    plan: Plan,
    edges: Integers,
    number: int,
) -> Block:
    """The block of this number; the posts behind hits have the likes that the plan gives them."""
    made = posts.block(options, edges, number)
    owners = made.authors.number[made.account]
    made = _with_hits(made, plan.hit_post[owners], plan.hit_likes[owners])
    roles = posts.roles(options, int(made.number[0]), len(made.number))
    good = np.ones(len(made.number), dtype=np.bool_)
    good[roles.bad] = False
    good[roles.copy] = False
    source = np.arange(len(good), dtype=np.int64)
    source[roles.copy] = roles.source
    gone = absences.gone_at(options.seed, schedule, made.number, made.created_at)
    # With an older post that stays, the account is still there when a post is gone.
    gone[~good | (made.created_at < plan.kept_since[owners])] = np.inf
    return Block(
        posts=made,
        cells=records.good_cells(options, images, made),
        source=source,
        good=good,
        flaws=records.planted_flaws(options, made, roles),
        content_type=like_curve.types(
            posts.are_true(made.is_video), posts.are_true(made.multiple_images)
        ),
        likes=posts.known_counts(made.likes),
        comments=posts.known_counts(made.comments),
        gone=gone,
    )


def _with_hits(made: Posts, hits: Integers, hit_likes: Integers) -> Posts:
    """The posts, those behind hits with their likes, and with more comments by the usual law."""
    likes, comments = list(made.likes), list(made.comments)
    for position in np.flatnonzero(made.number == hits).tolist():
        times = hit_likes[position] / max(int(likes[position]), 1)
        likes[position] = str(hit_likes[position])
        if posts.known_counts([comments[position]])[0] != UNKNOWN:
            comments[position] = str(int(int(comments[position]) * times**COMMENTS_EXPONENT))
    return replace(made, likes=likes, comments=comments)
