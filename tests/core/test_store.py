"""Tables on a real file system: written whole, merged, made anew, and told from none."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from chispa import assert_df_equality
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.config import Config, PathsConfig
from influencers.errors import UserError
from influencers.features.tables import ACCOUNTS
from influencers.ingest.tables import POST_OBSERVATIONS, QUARANTINE
from influencers.storage import files
from influencers.storage.store import Store, is_table, partition_of
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


def observations(spark: SparkSession, *rows: tuple[str, str]) -> DataFrame:
    frame = spark.createDataFrame(list(rows), "shortcode string, at string")
    at = F.to_timestamp("at")
    columns = {
        "shortcode": F.col("shortcode"),
        "observed_at": at,
        "month": F.date_format(at, "yyyy-MM"),
    }
    return frame.select(
        *(
            columns.get(field.name, F.lit(None)).cast(field.dataType).alias(field.name)
            for field in POST_OBSERVATIONS.schema
        )
    )


@pytest.mark.parametrize("few", [True, False])
def test_rows_of_new_keys_come_beside_the_others_by_month(
    spark: SparkSession, store: Store, few: bool
) -> None:
    first = observations(spark, ("A", "2024-01-31 23:00:00"), ("A", "2024-02-01 01:00:00.000001"))
    second = observations(spark, ("B", "2024-02-02 00:00:00"))
    store.append(first, POST_OBSERVATIONS, few=few)
    store.append(second, POST_OBSERVATIONS, few=not few)
    assert_df_equality(
        store.read(POST_OBSERVATIONS), first.unionByName(second), ignore_row_order=True,
        ignore_nullable=True,
    )  # fmt: skip
    assert partition_of(spark, store.location(POST_OBSERVATIONS)) == ["month"]
    folder = files.local_path(spark, store.location(POST_OBSERVATIONS))
    assert folder is not None
    months = sorted(one.name for one in folder.iterdir() if one.name != "_delta_log")
    assert months == ["month=2024-01", "month=2024-02"]
    old = files.older_names(spark, store.location(POST_OBSERVATIONS), 1 << 50)
    assert old == set(store.files(POST_OBSERVATIONS)) and len(old) >= 3


@pytest.mark.parametrize("few", [True, False])
def test_whether_a_table_may_have_a_time(spark: SparkSession, store: Store, few: bool) -> None:
    def may_hold(least: str, most: str) -> bool:
        ends = (datetime.fromisoformat(f"{text}+00:00") for text in (least, most))
        return store.may_hold(POST_OBSERVATIONS, "observed_at", *ends)

    rows = ("A", "2024-01-31 23:00:00.000501"), ("A", "2024-01-31 23:00:07.999999")
    store.append(observations(spark, *rows), POST_OBSERVATIONS, few=few)
    assert may_hold("2024-01-31 23:00:00.000501", "2024-01-31 23:00:00.000501")
    assert may_hold("2024-01-31 23:00:07.999999", "2024-02-01 00:00:00")
    assert may_hold("2024-01-01 00:00:00", "2024-03-01 00:00:00")
    assert not may_hold("2024-01-31 22:00:00", "2024-01-31 22:59:59")
    assert not may_hold("2024-01-31 23:00:08.5", "2024-02-01 00:00:00")


def test_a_time_is_looked_for_where_no_log_can_be_read_here(
    spark: SparkSession, elsewhere: str
) -> None:
    store = Store(spark, Config(paths=PathsConfig(output=f"{elsewhere}/out")))
    store.append(observations(spark, ("A", "2024-01-31 23:00:00")), POST_OBSERVATIONS, few=True)
    at = datetime(2024, 1, 31, 23, tzinfo=timezone.utc)
    assert store.may_hold(POST_OBSERVATIONS, "observed_at", at, at)
    later = at + timedelta(seconds=1)
    assert not store.may_hold(POST_OBSERVATIONS, "observed_at", later, later)


def test_a_merge_looks_within_what_it_is_told(spark: SparkSession, store: Store) -> None:
    """Rows outside are not found: the caller says that there are none of the same key."""
    store.append(observations(spark, ("A", "2024-01-31 23:00:00")), POST_OBSERVATIONS)
    again = observations(spark, ("A", "2024-01-31 23:00:00"))
    for month, number in (("2024-01", 1), ("2024-02", 2)):
        store.merge(again, POST_OBSERVATIONS, keys=POST_OBSERVATIONS.key, update_when="false",
                    within=f"target.month = '{month}'")  # fmt: skip
        assert store.read(POST_OBSERVATIONS).count() == number


def test_a_table_made_anew_keeps_its_folders(spark: SparkSession, store: Store) -> None:
    rows = observations(spark, ("A", "2024-01-31 23:00:00"))
    store.rewrite(rows, POST_OBSERVATIONS, partition=["month"])
    assert partition_of(spark, store.location(POST_OBSERVATIONS)) == ["month"]
    store.write(rows, POST_OBSERVATIONS, few=True)
    assert partition_of(spark, store.location(POST_OBSERVATIONS)) == ["month"]
    assert_df_equality(store.read(POST_OBSERVATIONS), rows, ignore_nullable=True)
