"""Exact quantiles of whole numbers, by counting: nothing is sorted, little reaches the driver."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import ceil

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

# Counters a pass may bring to the driver for one group: two passes narrow four billion to one.
_BUCKETS = 1 << 16

# So few values come to the driver as they are, and one pass is enough.
_FEW_ROWS = 200_000


@dataclass(frozen=True)
class _Search:
    """The `rank`-th largest value lies in `low`..`high`, counted from `high` down."""

    low: int
    high: int
    rank: int
    buckets: int

    @property
    def width(self) -> int:
        return (self.high - self.low) // self.buckets + 1


def top_share_thresholds(
    values: DataFrame,
    *,
    share: float | Mapping[str, float],
    min_rows: int | Callable[[str], int] = 1,
) -> dict[str, int]:
    """The smallest value that still belongs to the top `share`, per group.

    Of n values the threshold is the k-th largest, k = ceil(share x n). Rows equal to it belong to
    the top, so that with ties the top holds more than its share.

    Args:
        values: columns `group` (string, few different ones) and `value` (bigint); rows with a
            null in either are ignored.
        share: above 0, at most 1; the same for all groups, or one for each.
        min_rows: a group with fewer values gets no threshold; one number, or one by group.

    Returns:
        Group to threshold; groups without values are missing.
    """
    known = values.select("group", "value").dropna()
    bounds = known.groupBy("group").agg(
        F.count(F.lit(1)).alias("rows"), F.min("value").alias("low"), F.max("value").alias("high")
    )

    def rank(group: str, rows: int) -> int:
        part = share[group] if isinstance(share, Mapping) else share
        return ceil(round(part * rows, 9))

    groups = bounds.collect()
    # Wide enough for a bucket a value: there are no more counters than values.
    buckets = 1 << 64 if sum(row["rows"] for row in groups) <= _FEW_ROWS else _BUCKETS
    searches = {
        row["group"]: _Search(row["low"], row["high"], rank(row["group"], row["rows"]), buckets)
        for row in groups
        if row["rows"] >= (min_rows(row["group"]) if callable(min_rows) else min_rows)
    }
    while any(search.low < search.high for search in searches.values()):
        searches = _narrowed(known, searches)
    return {group: search.low for group, search in sorted(searches.items())}


def _narrowed(known: DataFrame, searches: dict[str, _Search]) -> dict[str, _Search]:
    """One pass over the data: every search goes on in the bucket that holds its rank."""
    counted = (
        known.withColumn("bucket", _bucket(searches))
        .where(F.col("bucket").isNotNull())
        .groupBy("group", "bucket")
        .count()
    )
    tallies: dict[str, list[tuple[int, int]]] = {group: [] for group in searches}
    for row in counted.collect():
        tallies[row["group"]].append((row["bucket"], row["count"]))
    return {group: _descend(search, tallies[group]) for group, search in searches.items()}


def _bucket(searches: dict[str, _Search]) -> Column:
    """The bucket of a value in its group's search; null outside it."""
    bucket = F.lit(None).cast("bigint")
    for group, search in searches.items():
        inside = (F.col("group") == group) & F.col("value").between(search.low, search.high)
        # `div` divides whole numbers; a division of doubles would round beyond 2^53.
        offset = F.expr(f"(value - {search.low}L) div {search.width}L")
        bucket = F.when(inside, offset).otherwise(bucket)
    return bucket


def _descend(search: _Search, tally: list[tuple[int, int]]) -> _Search:
    rank = search.rank
    for bucket, count in sorted(tally, reverse=True):
        if rank <= count:
            low = search.low + bucket * search.width
            return replace(
                search, low=low, high=min(low + search.width - 1, search.high), rank=rank
            )
        rank -= count
    raise AssertionError("the rank lies beyond the counted rows")
