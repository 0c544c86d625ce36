"""Counts of how many of its final likes a post had at which age, of which curves are made.

Shares are counted in steps of a thousandth, ages in 64 steps for each doubling: what a task holds
is bounded, and nothing depends on the order in which posts come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from influencers.config.growth import GrowthConfig
from influencers.features.account_posts import Floats, Whole
from influencers.features.tiers import TIERS
from influencers.growth.crawled import (
    MICROSECONDS_PER_DAY,
    MICROSECONDS_PER_HOUR,
    Crawled,
    PostCrawls,
)
from influencers.growth.rows import TYPES
from influencers.growth.runs import ends_of, starts_of

# Where buckets of ages begin; the last ends at 720 hours.
HOURS = (1, 2, 4, 8, 16, 24, 48, 96, 192, 384, 720)
BUCKETS = len(HOURS) - 1
_SHARE_STEPS, _MOST_SHARE = 1_000, 1.5
_AGE_STEPS = 64
SHARES = np.arange(round(_SHARE_STEPS * _MOST_SHARE) + 1) / _SHARE_STEPS
AGES = np.exp2(np.arange(np.ceil(np.log2(HOURS[-1])) * _AGE_STEPS + 1) / _AGE_STEPS)
# Tiers from 1, 0 for all together; content types; buckets.
_SHAPE = (len(TIERS) + 1, len(TYPES), BUCKETS)

SCHEMA = pa.schema([("counter", pa.string()), ("place", pa.int64()), ("number", pa.int64())])


def _zeros(*more: int) -> Callable[[], Whole]:
    return lambda: np.zeros((*_SHAPE, *more), np.int64)


@dataclass(frozen=True)
class Counts:
    """Observations of mature posts by share and by age, the posts, and what else was counted.

    Attributes:
        shares, ages: observations by tier, content type and bucket, and by step.
        posts: by tier, content type and bucket.
        others: intervals, accounts with one, and observations of a post after its first.
    """

    shares: Whole = field(default_factory=_zeros(len(SHARES)))
    ages: Whole = field(default_factory=_zeros(len(AGES)))
    posts: Whole = field(default_factory=_zeros())
    others: Whole = field(default_factory=lambda: np.zeros(3, np.int64))

    @property
    def intervals(self) -> int:
        """How many intervals accounts have."""
        return int(self.others[0])

    @property
    def accounts(self) -> int:
        """How many accounts have an interval."""
        return int(self.others[1])

    @property
    def repeats(self) -> int:
        """How many observations of posts are not the first of theirs."""
        return int(self.others[2])

    def add(self, accounts: Crawled, settings: GrowthConfig) -> None:
        """Count the observations of some accounts."""
        self.others[2] += (~starts_of(accounts.seen.post)).sum()
        seen, share = _of_mature(accounts, settings)
        bucket = np.searchsorted(_EDGES, seen.age, side="right") - 1
        tier = accounts.tier[accounts.posts.account[seen.post]]
        kind = accounts.posts.kind[seen.post]
        counted = (bucket >= 0) & (bucket < BUCKETS) & (tier > 0) & (kind > 0)
        seen, share = seen.where(counted), share[counted]
        tier, place = tier[counted], (kind[counted] - 1) * BUCKETS + bucket[counted]
        is_new = starts_of(seen.post) | starts_of(place)
        in_steps = np.minimum(np.rint(share * _SHARE_STEPS), len(SHARES) - 1).astype(np.int64)
        hours = seen.age / MICROSECONDS_PER_HOUR
        octaves = np.rint(np.log2(hours) * _AGE_STEPS).astype(np.int64)
        for of_tier in (tier, np.zeros_like(tier)):
            cell = of_tier * (len(TYPES) * BUCKETS) + place
            _count(self.shares, cell * len(SHARES) + in_steps)
            _count(self.ages, cell * len(AGES) + octaves)
            _count(self.posts, cell[is_new])

    def add_intervals(self, owner_ids: Whole) -> None:
        """Count intervals, given by the accounts that they are of, in order."""
        self.others[:2] += len(owner_ids), starts_of(owner_ids).sum()

    def rows(self) -> Iterator[pa.RecordBatch]:
        """All but zeros, with the columns of `SCHEMA`."""
        for name in _COUNTERS:
            flat = getattr(self, name).ravel()
            places = np.flatnonzero(flat)
            names = pa.repeat(pa.scalar(name, pa.string()), len(places))
            columns = [names, pa.array(places), pa.array(flat[places])]
            yield pa.RecordBatch.from_arrays(columns, schema=SCHEMA)

    @staticmethod
    def of(rows: pa.Table) -> Counts:
        """The counts of rows with the columns of `SCHEMA`."""
        counts = Counts()
        place, number = rows["place"].to_numpy(), rows["number"].to_numpy()
        for name in _COUNTERS:
            is_it = pc.equal(rows["counter"], name).to_numpy()
            getattr(counts, name).ravel()[place[is_it]] += number[is_it]
        return counts


_COUNTERS = ("shares", "ages", "posts", "others")
_EDGES = np.array(HOURS) * MICROSECONDS_PER_HOUR


def _of_mature(accounts: Crawled, settings: GrowthConfig) -> tuple[PostCrawls, Floats]:
    """Observations of mature posts with known likes, and their share of the last."""
    seen = accounts.seen
    is_last = ends_of(seen.post)
    last = np.zeros(len(accounts.posts.account))
    last[seen.post[is_last]] = np.where(
        seen.age[is_last] >= settings.mature_days * MICROSECONDS_PER_DAY, seen.likes[is_last], 0
    )
    final = last[seen.post]
    # The last itself is too old for any bucket.
    counted = (final > 0) & ~np.isnan(seen.likes)
    return seen.where(counted), seen.likes[counted] / final[counted]


def _count(counts: Whole, places: Whole) -> None:
    flat = counts.ravel()
    flat += np.bincount(places, minlength=len(flat))
