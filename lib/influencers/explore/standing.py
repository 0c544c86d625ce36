"""How posts do among their author's own: pairs won less pairs lost, summed by level of a trait.

The standing of a post is how many of its author's posts it beats, less those it loses to. Of an
author's n posts, n1 with the trait: the standings of the n1 sum to the pairs with a post without
it that they win, less those they lose, as pairs among the n1 cancel out. Divided by n, an author
weighs n1·n0/n in the average (van Elteren's weights, up to a constant).

A post's standing is its rank (see `ranks`) less n. An author's posts pass once, in order, and
none of them is kept: the sums have as many rows as there are buckets, outcomes and levels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.buckets import bucket
from influencers.explore.levels import POPULATIONS, Level, populations
from influencers.explore.ranks import Ranking, Rows, Sums

OUTCOMES = ("engagement_rate", "comments", "comments_per_like")

# Sums over accounts are kept in millionths, as whole numbers: a sum of fractions would depend on
# the order of the rows.
_MILLION = 1_000_000

_KEYS = ("bucket", "outcome", "level")
_SUMS = ("posts", "accounts", "compared_accounts", "wins", "weight")
_SCHEMA = ", ".join([*(f"{key} int" for key in _KEYS), *(f"{name} bigint" for name in _SUMS)])


def by_bucket(posts: DataFrame, levels: Sequence[Level], account_buckets: int) -> DataFrame:
    """Pairs won less pairs lost within authors, summed over buckets of authors.

    Args:
        posts: post_features with `trusted_hour` and `levels` (see `with_levels`).
        levels: what the numbers in `levels` stand for.
        account_buckets: how many buckets there are.

    Returns:
        A row an outcome and level, both by number, and bucket. `posts` of `accounts` have the
        level and a known outcome; `compared_accounts` have posts without it as well. `wins` are
        the pairs won less those lost, over the author's posts; `weight` the pairs, over the same;
        both in millionths.
    """
    rate = F.try_divide(F.col("comments").cast("double"), F.col("likes").cast("double"))
    values = (F.col("engagement_rate"), F.col("comments").cast("double"), rate)
    outcomes = F.array(
        *[
            F.struct(F.lit(number).alias("outcome"), value.alias("value"))
            for number, value in enumerate(values)
        ]
    )
    ranked = (
        posts.repartition("owner_id")
        .select(
            "owner_id",
            bucket("owner_id", count=account_buckets).cast("int").alias("bucket"),
            *[inside.alias(name) for name, inside in populations().items()],
            "levels",
            outcomes.alias("outcomes"),
        )
        .select("owner_id", "bucket", *POPULATIONS, "levels", F.inline("outcomes"))
        .where(F.col("value").isNotNull())
        .sortWithinPartitions("owner_id", "outcome", "value")
    )
    among = [POPULATIONS.index(level.population) for level in levels]
    partial = ranked.mapInArrow(_summed(among, account_buckets), _SCHEMA)
    return partial.groupBy(*_KEYS).agg(*[F.sum(name).alias(name) for name in _SUMS])


def _summed(
    among: Sequence[int], buckets: int
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def summed(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The sums of a partition, which has all posts of its accounts, in order."""
        ranking, totals = Ranking(among), Totals(buckets, len(among))
        for batch in batches:
            if batch.num_rows:
                totals.add(ranking.add(rows_of(batch)))
        totals.add(ranking.end())
        yield totals.batch()

    return summed


def rows_of(batch: pa.RecordBatch) -> Rows:
    """A batch of posts, each in a row of its own."""
    levels = batch.column("levels")
    level = _numbers(levels.flatten())
    return Rows(
        owner=_numbers(batch.column("owner_id")),
        outcome=_numbers(batch.column("outcome")),
        bucket=_numbers(batch.column("bucket")),
        value=batch.column("value").to_numpy(),
        inside=np.stack([_numbers(batch.column(name)) for name in POPULATIONS]),
        row=np.repeat(np.arange(batch.num_rows), _numbers(pc.list_value_length(levels))),
        level=level,
        posts=np.ones_like(level),
    )


def _numbers(column: pa.Array) -> NDArray[np.int64]:
    return np.asarray(column.to_numpy(zero_copy_only=False), np.int64)


class Totals:
    """Sums over accounts, by bucket of these, outcome and level."""

    def __init__(self, buckets: int, levels: int) -> None:
        self._shape = (buckets, len(OUTCOMES), levels)
        self._sums = {name: np.zeros(self._shape, np.int64) for name in _SUMS}

    def add(self, sums: Sums) -> None:
        """Count accounts in."""
        place = (sums.bucket, sums.outcome, sums.level)
        # Of doubles: for millions of posts the products do not fit into a bigint, and what is
        # divided by n does.
        n, n1 = sums.total.astype(np.float64), sums.posts.astype(np.float64)
        standing = (sums.ranks - sums.total * sums.posts).astype(np.float64)
        weight = nearest(n1 * ((n - n1) / n) * _MILLION)
        np.add.at(self._sums["posts"], place, sums.posts)
        np.add.at(self._sums["accounts"], place, 1)
        np.add.at(self._sums["compared_accounts"], place, (weight > 0).astype(np.int64))
        np.add.at(self._sums["wins"], place, nearest(standing / n * _MILLION))
        np.add.at(self._sums["weight"], place, weight)

    def batch(self) -> pa.RecordBatch:
        """A row for each bucket, outcome and level that has posts."""
        some = np.nonzero(self._sums["posts"])
        keys = [pa.array(place.astype(np.int32)) for place in some]
        sums = [pa.array(self._sums[name][some]) for name in _SUMS]
        return pa.RecordBatch.from_arrays([*keys, *sums], names=[*_KEYS, *_SUMS])


def nearest(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """The nearest whole number; of two the one that is further from 0."""
    whole = np.trunc(values)
    further = (np.abs(values - whole) >= 0.5) * np.sign(values)
    return (whole + further).astype(np.int64)
