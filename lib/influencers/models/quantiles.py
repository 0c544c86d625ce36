"""Exact quantiles of whole numbers, by counting: nothing is sorted, little reaches the driver."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import ceil
from operator import itemgetter

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

# Counters a pass may bring to the driver for one group.
_BUCKETS = 1 << 16
# The first pass counts in buckets of a tenth of a percent, of which 64 bits have 44,000.
_BUCKETS_PER_E = 1_000


@dataclass(frozen=True)
class _Search:
    """The `rank`-th largest value lies in `low`..`high`, counted from `high` down."""

    low: int
    high: int
    rank: int

    @property
    def width(self) -> int:
        return (self.high - self.low) // _BUCKETS + 1


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
    # Rough buckets of rising values, whatever their range is.
    rough = F.signum("value") * F.floor(F.log1p(F.abs(F.col("value"))) * _BUCKETS_PER_E)
    counted = known.groupBy("group", rough.cast("int").alias("bucket")).agg(
        F.count(F.lit(1)).alias("rows"), F.min("value").alias("low"), F.max("value").alias("high")
    )
    buckets: dict[str, list[Row]] = defaultdict(list)
    for row in counted.collect():
        buckets[row["group"]].append(row)
    searches = {}
    for group, its in buckets.items():
        rows = sum(row["rows"] for row in its)
        if rows >= (min_rows(group) if callable(min_rows) else min_rows):
            part = share[group] if isinstance(share, Mapping) else share
            searches[group] = _first_search(its, ceil(round(part * rows, 9)))
    while any(search.low < search.high for search in searches.values()):
        searches = _narrowed(known, searches)
    return {group: search.low for group, search in sorted(searches.items())}


def _first_search(buckets: list[Row], rank: int) -> _Search:
    """The search in the rough bucket that holds the rank."""
    for row in sorted(buckets, key=itemgetter("low"), reverse=True):
        if rank <= row["rows"]:
            return _Search(row["low"], row["high"], rank)
        rank -= row["rows"]
    raise AssertionError("the rank lies beyond the counted rows")


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
