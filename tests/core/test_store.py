"""Tables on a real file system: written whole, merged, made anew, and told from none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from chispa import assert_df_equality
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.config import Config, PathsConfig
from influencers.errors import UserError
from influencers.features.tables import ACCOUNTS
from influencers.ingest.tables import QUARANTINE
from influencers.storage.store import Store, is_table
from influencers.storage.table import conform


@pytest.fixture(params=["plain", "with space, 'quote' and `tick`", "relative"])
def store(spark: SparkSession, request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    output = str(tmp_path / request.param)
    if request.param == "relative":
        output = os.path.relpath(output)
    return Store(spark, Config(paths=PathsConfig(output=output)))


def quarantine(spark: SparkSession, *rows: tuple[str, int, str]) -> DataFrame:
    found = [(file, record, raw, ["field_count"]) for file, record, raw in rows]
    return spark.createDataFrame(found, QUARANTINE.schema)


def rows_of(frame: DataFrame | None) -> list[tuple[str, int, str]]:
    assert frame is not None
    return sorted((row.source_file, row.record, row.raw) for row in frame.collect())


def test_a_table_comes_back_as_it_was_written(spark: SparkSession, store: Store) -> None:
    frame = quarantine(spark, ("f", 1, "a"), ("f", 2, "é\n\u2028"))
    store.write(frame.select(*reversed(frame.columns)), QUARANTINE)
    assert_df_equality(store.read(QUARANTINE), frame, ignore_row_order=True)
    left = store.write_and_read(frame.limit(0), QUARANTINE)
    assert left.count() == store.read(QUARANTINE).count() == 0
    assert store.version(QUARANTINE) == 1


def test_a_missing_table_says_which_job_makes_it(store: Store) -> None:
    with pytest.raises(UserError, match=r"no table accounts .* run `spark-submit.sh features"):
        store.read(ACCOUNTS)
    with pytest.raises(UserError, match=r"no table newer .* run `spark-submit.sh pipeline"):
        store.read("newer")


def test_a_table_of_an_earlier_version_says_which_job_makes_it_anew(
    spark: SparkSession, store: Store
) -> None:
    with pytest.raises(UserError, match="no table quarantine "):
        store.read_complete(QUARANTINE)
    frame = quarantine(spark, ("f", 1, "a"))
    frame.drop("raw", "reasons").write.format("delta").save(store.location(QUARANTINE))
    told = r"of an earlier version, without raw, reasons: run `spark-submit.sh ingest --output "
    with pytest.raises(UserError, match=told):
        store.read_complete(QUARANTINE)
    store.write(frame, QUARANTINE)
    assert rows_of(store.read_complete(QUARANTINE)) == [("f", 1, "a")]


def test_a_table_may_be_read_before_it_is_written(spark: SparkSession, store: Store) -> None:
    assert store.read_if_exists(QUARANTINE) is None
    assert store.snapshot(QUARANTINE) is None
    assert_df_equality(store.read_or_empty(QUARANTINE), quarantine(spark))
    store.create(quarantine(spark, ("f", 1, "a")), QUARANTINE)
    for read in (store.read_if_exists, store.snapshot, store.read_or_empty):
        assert rows_of(read(QUARANTINE)) == [("f", 1, "a")]


def test_a_snapshot_stays_as_it_is(spark: SparkSession, store: Store) -> None:
    store.create(quarantine(spark, ("f", 1, "old")), QUARANTINE)
    snapshot = store.snapshot(QUARANTINE)
    store.write(quarantine(spark, ("f", 1, "new")), QUARANTINE)
    assert rows_of(snapshot) == [("f", 1, "old")]
    assert rows_of(store.snapshot(QUARANTINE)) == [("f", 1, "new")]


def test_a_table_is_created_once(spark: SparkSession, store: Store) -> None:
    store.create(quarantine(spark, ("f", 1, "first")), QUARANTINE)
    with pytest.raises(AnalysisException):
        store.create(quarantine(spark, ("f", 1, "second")), QUARANTINE)
    assert rows_of(store.read(QUARANTINE)) == [("f", 1, "first")]


def test_tables_that_nobody_has_declared_are_named_too(spark: SparkSession, store: Store) -> None:
    assert store.written() == []
    store.create(quarantine(spark), QUARANTINE)
    store.rewrite(spark.range(3), "newer")
    Path(store.location("of_a_killed_run"), "_delta_log").mkdir(parents=True)
    assert store.written() == ["newer", "quarantine"]
    assert store.read("newer").count() == 3


def test_a_writer_that_died_in_its_first_version_leaves_no_table(
    spark: SparkSession, store: Store
) -> None:
    log = Path(store.location(QUARANTINE), "_delta_log")
    (log / "_commits").mkdir(parents=True)
    (log / ".00000000000000000000.json.1234.tmp").write_text("{}")
    assert not store.exists(QUARANTINE)
    assert not is_table(spark, store.location(QUARANTINE))
    frame = quarantine(spark, ("f", 1, "a"))
    store.merge(frame, QUARANTINE, keys=["record"], update_when="true")
    assert store.exists(QUARANTINE)
    assert_df_equality(store.read(QUARANTINE), frame)


def test_merge(spark: SparkSession, store: Store) -> None:
    def merge(*rows: tuple[str, int, str]) -> list[tuple[str, int, str]]:
        store.merge(
            quarantine(spark, *rows),
            QUARANTINE,
            keys=["source_file", "record"],
            update_when="source.raw > target.raw",
            replaces=("source_file", ["it's\\", "g"]),
        )
        return rows_of(store.read(QUARANTINE))

    assert merge(("f", 1, "b"), ("it's\\", 1, "b")) == [("f", 1, "b"), ("it's\\", 1, "b")]
    assert merge(("f", 1, "a"), ("g", 1, "x")) == [("f", 1, "b"), ("g", 1, "x")]
    assert merge(("f", 1, "c")) == [("f", 1, "c")]


def test_rows_of_another_session_are_merged(spark: SparkSession, store: Store) -> None:
    """Files are read in sessions with settings of their own."""
    for raw in ("a", "b"):
        rows = quarantine(spark.newSession(), ("f", 1, raw))
        store.merge(rows, QUARANTINE, keys=["record"], update_when="true")
    assert rows_of(store.read(QUARANTINE)) == [("f", 1, "b")]


def test_rows_with_a_value_are_replaced(spark: SparkSession, store: Store) -> None:
    for rows, left in (
        ([("it's\\", 1, "a")], [("it's\\", 1, "a")]),
        ([("f", 1, "a"), ("f", 2, "b")], [("f", 1, "a"), ("f", 2, "b"), ("it's\\", 1, "a")]),
        ([("it's\\", 2, "c")], [("f", 1, "a"), ("f", 2, "b"), ("it's\\", 2, "c")]),
    ):
        frame = quarantine(spark, *rows)
        store.replace_rows(frame, QUARANTINE, column="source_file", value=rows[0][0])
        assert rows_of(store.read(QUARANTINE)) == left


def test_a_table_that_is_made_anew_has_no_past(spark: SparkSession, store: Store) -> None:
    for raw in ("old", "older"):
        store.write(quarantine(spark, ("f", 1, raw)), QUARANTINE)
    folder = Path(store.location(QUARANTINE))
    before = {one.name for one in folder.glob("*.parquet")}
    store.rewrite(quarantine(spark, ("f", 1, "new")), QUARANTINE)
    assert store.version(QUARANTINE) == 0
    assert rows_of(store.read(QUARANTINE)) == [("f", 1, "new")]
    assert before.isdisjoint(one.name for one in folder.glob("*.parquet"))


def test_a_frame_with_other_columns_is_a_mistake_in_the_code(
    spark: SparkSession, store: Store
) -> None:
    with pytest.raises(TypeError, match=r"missing \['source_file string'"):
        store.write(spark.range(3), QUARANTINE)
    with pytest.raises(TypeError, match="record int instead of bigint"):
        conform(quarantine(spark).withColumn("record", F.lit(1)), QUARANTINE)
