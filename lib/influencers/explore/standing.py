"""How posts do among their author's own: pairs won less pairs lost, summed by level of a trait.

The standing of a post is how many of its author's posts it beats, less those it loses to. Of an
author's n posts, n1 with the trait: the standings of the n1 sum to the pairs with a post without
it that they win, less those they lose, as pairs among the n1 cancel out. Divided by n, an author
weighs n1·n0/n in the average (van Elteren's weights, up to a constant).

A post's standing is its rank (see `ranks`) less n. The sums have as many rows as there are
buckets of accounts, outcomes and levels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import IntegerType, LongType, StructField, StructType

from influencers.explore.bins import Floats, Ints
from influencers.explore.levels import Found, found, populations
from influencers.explore.ranks import Ranks, ranks
from influencers.explore.rows import Flags, Rows, starts

OUTCOMES = ("engagement_rate", "comments", "comments_per_like")

# Sums over accounts are kept in millionths, as whole numbers: a sum of fractions would depend on
# the order of the rows.
_MILLION = 1_000_000

KEYS = ("bucket", "outcome", "level")
SUMS = ("posts", "accounts", "compared_accounts", "wins", "weight")
SCHEMA = StructType(
    [
        *(StructField(name, IntegerType()) for name in KEYS),
        *(StructField(name, LongType()) for name in SUMS),
    ]
)


def summed(standings: DataFrame) -> DataFrame:
    """The standings of all tasks in one.

    Grain: a row a bucket of accounts, outcome and level, both by number. `posts` of `accounts`
    have the level and a known outcome; `compared_accounts` have posts without it as well. `wins`
    are the pairs won less those lost, over the author's posts; `weight` the pairs, over the same;
    both in millionths.

    Args:
        standings: as `SCHEMA` has them.
    """
    return standings.groupBy(*KEYS).agg(*[F.sum(name).alias(name) for name in SUMS])


class Standings:
    """Sums over accounts, by bucket of these, outcome and level.

    Args:
        buckets: how many there are.
        levels: how many there are.
    """

    def __init__(self, buckets: int, levels: int) -> None:
        self._shape = (buckets, len(OUTCOMES), levels)
        self._sums = {name: np.zeros(self._shape, np.int64) for name in SUMS}

    def add(self, posts: Rows, hashtags: Sequence[str]) -> None:
        """Count the posts of whole accounts in.

        Args:
            posts: in the order of their accounts: owner_id, bucket, the outcomes and what levels
                are of.
            hashtags: that are judged.
        """
        if not len(posts):
            return
        first = starts(posts.ints("owner_id"))
        account = np.repeat(np.arange(len(first)), np.diff(first, append=len(posts)))
        bucket = posts.ints("bucket")[first]
        inside, have = populations(posts), list(found(posts, hashtags))
        for outcome, value in enumerate(outcomes(posts)):
            self.add_outcome(outcome, account, bucket, value, inside, have)

    def add_outcome(
        self,
        outcome: int,
        account: Ints,
        bucket: Ints,
        value: Floats,
        inside: dict[str, Flags],
        have: Sequence[Found],
    ) -> None:
        """Count posts in by one outcome.

        Args:
            outcome: its number.
            account: of each post, the number of its account.
            bucket: of each account.
            value: of each post; NaN where it is unknown.
            inside: by population, which posts are in it.
            have: the levels of posts.
        """
        known = ~np.isnan(value)
        ranked = ranks(account, value, inside, len(bucket))
        for levels in have:
            kept = known[levels.post]
            self._add(outcome, account, bucket, ranked[levels.population], levels, kept)

    def _add(
        self, outcome: int, account: Ints, bucket: Ints, ranked: Ranks, levels: Found, kept: Flags
    ) -> None:
        post = levels.post[kept]
        key = account[post] * levels.count + levels.level[kept]
        size = len(bucket) * levels.count
        posts = np.bincount(key, minlength=size)
        # Sums of doubles, exact up to 2^53: an account of 60 million posts has fewer.
        rank = np.bincount(key, ranked.rank[post], minlength=size).astype(np.int64)
        some = np.flatnonzero(posts)
        n1, owner = posts[some], some // max(levels.count, 1)
        n = ranked.total[owner]
        # Of doubles: for millions of posts the products do not fit into a bigint, and what is
        # divided by n does.
        pairs = n1.astype(np.float64) * ((n - n1) / n)
        weight = nearest(pairs * _MILLION)
        standing = (rank[some] - n * n1).astype(np.float64)
        level = levels.first + some - owner * levels.count
        place = np.ravel_multi_index((bucket[owner], np.full(len(n), outcome), level), self._shape)
        wins = nearest(standing / n * _MILLION)
        added: tuple[Ints, ...] = (n1, np.ones_like(n), (weight > 0).astype(np.int64), wins, weight)
        for name, numbers in zip(SUMS, added, strict=True):
            np.add.at(self._sums[name].reshape(-1), place, numbers)

    def rows(self) -> pa.Table:
        """A row for each bucket, outcome and level that has posts."""
        some = np.nonzero(self._sums["posts"])
        keys = dict(zip(KEYS, (pa.array(place.astype(np.int32)) for place in some), strict=True))
        return pa.table({**keys, **{name: self._sums[name][some] for name in SUMS}})


def outcomes(posts: Rows) -> tuple[Floats, ...]:
    """What posts are ranked by, in the order of `OUTCOMES`; NaN where it is unknown."""
    comments, likes = posts.floats("comments"), posts.floats("likes")
    return posts.floats("engagement_rate"), comments, comments / np.where(likes == 0, np.nan, likes)


def nearest(values: npt.NDArray[np.float64]) -> Ints:
    """The nearest whole number; of two the one that is further from 0."""
    whole = np.trunc(values)
    further = (np.abs(values - whole) >= 0.5) * np.sign(values)
    return (whole + further).astype(np.int64)
