"""The passes over the rows of whole accounts: counts and intervals, verdicts, and performance."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import StructField, StructType

from influencers.config.growth import GrowthConfig
from influencers.features.account_posts import Gathering
from influencers.growth import counting, intervals
from influencers.growth.counting import Counts
from influencers.growth.crawled import Crawled
from influencers.growth.curves import Curves
from influencers.growth.kinds import judged
from influencers.growth.peers import Peers
from influencers.growth.performance import performance
from influencers.growth.tables import ACCOUNT_GROWTH, POST_PERFORMANCE
from influencers.storage import data_files
from influencers.storage.data_files import Target
from influencers.storage.table import rows_with

# Stands in rows of counts, and in no others; of intervals likewise.
_COUNT, _INTERVAL = "count", "interval"
_SEEN = StructType(
    [
        StructField(_COUNT, from_arrow_schema(counting.SCHEMA)),
        StructField(_INTERVAL, from_arrow_schema(intervals.SCHEMA)),
    ]
)
_ARROW = pa.schema(
    [
        (_COUNT, pa.struct(list(counting.SCHEMA))),
        (_INTERVAL, pa.struct(list(intervals.SCHEMA))),
    ]
)


def seen_in_time(rows: DataFrame, settings: GrowthConfig) -> DataFrame:
    """Intervals of accounts and counts of curves, for `counts_of` and `intervals_of`.

    Args:
        rows: as `rows.gathered` has them.
        settings: what an interval and a mature post are.
    """
    return rows.mapInArrow(partial(_seen, settings=settings), _SEEN)


def counts_of(seen: DataFrame) -> Counts:
    """What was counted, of all accounts; runs one query, whose result is bounded."""
    counts = seen.where(F.col(_COUNT).isNotNull()).select(f"{_COUNT}.*")
    summed = counts.groupBy("counter", "place").agg(F.sum("number").alias("number"))
    return Counts.of(summed.toArrow())


def intervals_of(seen: DataFrame) -> DataFrame:
    """The intervals, those of an account one after another."""
    return seen.where(F.col(_INTERVAL).isNotNull()).select(f"{_INTERVAL}.*")


def account_growth(found: DataFrame, peers: Peers, settings: GrowthConfig) -> DataFrame:
    """The table account_growth.

    Args:
        found: as `intervals_of` has them.
        peers: the usual growth.
        settings: what each kind of interval is.
    """
    judge = partial(judged, peers=peers, settings=settings)
    return found.mapInArrow(partial(_each, make=judge), ACCOUNT_GROWTH.schema)


def post_performance(
    rows: DataFrame, curves: Curves, settings: GrowthConfig, *, target: Target | None = None
) -> DataFrame:
    """The table post_performance or, with a target, the files of it that tasks write there.

    Args:
        rows: as `rows.gathered` has them.
        curves: what share of its likes a post has at an age.
        settings: which posts are compared.
        target: where tasks write the rows; None: they come out.
    """
    make = partial(_performance, curves=curves, settings=settings)
    if target is None:
        return rows.mapInArrow(partial(_each, make=make), POST_PERFORMANCE.schema)
    return rows.mapInArrow(partial(_files, make=make, target=target), data_files.SCHEMA)


def _performance(rows: pa.Table, curves: Curves, settings: GrowthConfig) -> pa.Table:
    return performance(Crawled.of(rows), curves, settings)


def _seen(batches: Iterable[pa.RecordBatch], *, settings: GrowthConfig) -> Iterator[pa.RecordBatch]:
    """The intervals of a partition and, behind them, its counts."""
    counts = Counts()
    for whole in _accounts(batches):
        accounts = Crawled.of(whole)
        counts.add(accounts, settings)
        found = intervals.intervals(accounts, settings)
        counts.add_intervals(found["owner_id"].to_numpy())
        for batch in found.to_batches():
            yield rows_with(_ARROW, {_INTERVAL: batch.to_struct_array()})
    for batch in counts.rows():
        yield rows_with(_ARROW, {_COUNT: batch.to_struct_array()})


def _each(
    batches: Iterable[pa.RecordBatch], *, make: Callable[[pa.Table], pa.Table]
) -> Iterator[pa.RecordBatch]:
    """What is made of the accounts of a partition, some whole ones at a time."""
    for whole in _accounts(batches):
        yield from make(whole).to_batches()


def _files(
    batches: Iterable[pa.RecordBatch], *, make: Callable[[pa.Table], pa.Table], target: Target
) -> Iterator[pa.RecordBatch]:
    """The files that what is made goes into."""
    for file in target.write(_each(batches, make=make)):
        yield data_files.row_of(file)


def _accounts(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    gathering = Gathering()
    for batch in batches:
        if len(batch):
            yield from gathering.add(batch)
    yield from gathering.rest()
