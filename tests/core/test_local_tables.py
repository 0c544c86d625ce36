"""Small tables that the driver writes itself: Spark reads them, and a killed writer breaks none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from influencers.config import Config, PathsConfig, StorageConfig
from influencers.errors import UserError
from influencers.storage import local_tables
from influencers.storage.store import Store
from influencers.storage.table import (
    Table,
    bigint,
    binary,
    boolean,
    double,
    integer,
    string,
    strings,
    structs,
    timestamp,
)

KINDS = Table(
    "kinds",
    grain="a row",
    key=("id",),
    job="features",
    columns=(
        bigint("id", "which"),
        string("text", "any"),
        strings("texts", "any"),
        double("number", "any"),
        integer("small", "any"),
        boolean("truth", "any"),
        timestamp("at", "any"),
        binary("bytes", "any"),
        structs("parts", "any", string("name", "any"), double("share", "any")),
    ),
)
NOTHING = (None,) * 8
ROWS: list[tuple[Any, ...]] = [
    (1, "é\n\u2028'`", ["a", None], float("nan"), -1, True,
     datetime(2017, 4, 1, 12, 30, 0, 123456, tzinfo=timezone.utc), b"\0\xff", [("x", 0.5)]),
    (2, "", [], -0.0, 2**31 - 1, False,
     datetime(1969, 12, 31, tzinfo=timezone.utc), b"", []),
    (-(2**63), *NOTHING),
]  # fmt: skip
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(local_tables.__file__).parents[2])}
# Writes tables of 1, 2, 3, … rows one after the other, all of whose values are the row count.
WRITER = """
import sys
from pathlib import Path
import pyarrow as pa
from influencers.storage import local_tables
for count in range(1, 100_000):
    rows = pa.table({"id": pa.array([count] * count, pa.int64())})
    local_tables.write(rows, Path(sys.argv[1]), statistics=["id"])
    print(count, flush=True)
"""


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path) -> Store:
    return Store(spark, Config(paths=PathsConfig(output=str(tmp_path / "a 100% 'b' #c?"))))


@pytest.fixture
def frame(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame(ROWS, KINDS.schema)


def engines(store: Store) -> list[str]:
    """Who wrote each version of the table, the latest first."""
    history = store.spark.sql(f"DESCRIBE HISTORY {store._identifier(KINDS)}")
    return [row["engineInfo"].partition("/")[0].partition(":")[0] for row in history.collect()]


@pytest.mark.parametrize("first", [False, True])
def test_few_rows_are_what_spark_would_have_written(
    store: Store, frame: DataFrame, first: bool
) -> None:
    if not first:  # a table that Spark has written, of other columns
        old = frame.selectExpr("id", "id AS another")
        old.write.format("delta").save(store.location(KINDS))
    store.write(frame, KINDS, few=True)
    assert engines(store)[0] == "delta-rs"
    assert_df_equality(store.read(KINDS), frame, ignore_row_order=True, allow_nan_equality=True)
    assert store.read(KINDS).schema == KINDS.schema
    store.write(frame, KINDS)
    assert engines(store)[:2] == ["Apache-Spark", "delta-rs"]
    assert_df_equality(store.read(KINDS), frame, ignore_row_order=True, allow_nan_equality=True)
    assert store.write_and_read(frame.limit(0), KINDS, few=True).isEmpty()


@pytest.mark.parametrize("few", [False, True])
def test_few_rows_are_read_without_a_query_of_the_log(
    store: Store, frame: DataFrame, few: bool
) -> None:
    store.write(frame.repartition(2), KINDS, few=few)
    read = store.read(KINDS)
    assert is_local(read)
    assert_df_equality(read, frame, ignore_row_order=True, allow_nan_equality=True)
    large = replace(store.config, storage=StorageConfig(driver_rows=2))
    assert not is_local(Store(store.spark, large).read(KINDS))


def is_local(frame: DataFrame) -> bool:
    plan = frame._jdf.queryExecution().optimizedPlan().toString()
    assert "LocalRelation" in plan or "parquet" in plan
    return "LocalRelation" in plan


def test_what_a_column_says_of_itself_stays(store: Store, frame: DataFrame) -> None:
    said = frame.withMetadata("text", {"language": "French"})
    read = store.write_and_read(said, KINDS, few=True)
    assert read.schema["text"].metadata["language"] == "French"
    assert not is_local(read)


def test_a_log_tells_how_many_rows_there_are(store: Store, frame: DataFrame) -> None:
    few = replace(store.config, storage=StorageConfig(driver_rows=3))
    assert not Store(store.spark, few).has_few(KINDS)  # there is no table
    for written_here in (False, True):
        store.write(frame.repartition(2), KINDS, few=written_here)
        assert Store(store.spark, few).has_few(KINDS)
        for rows in (0, 2):
            fewer = replace(store.config, storage=StorageConfig(driver_rows=rows))
            assert not Store(store.spark, fewer).has_few(KINDS)


@pytest.mark.parametrize("most", [0, 2])
def test_more_rows_than_expected_are_written_by_spark(
    store: Store, frame: DataFrame, most: int
) -> None:
    config = replace(store.config, storage=StorageConfig(driver_rows=most))
    small = Store(store.spark, config)
    small.write(frame, KINDS, few=True)
    small.write_rows(frame.toArrow(), KINDS)
    assert engines(store) == ["Apache-Spark", "Apache-Spark"]
    assert_df_equality(small.read(KINDS), frame, ignore_row_order=True, allow_nan_equality=True)


def test_columns_that_were_added_are_null_in_older_files(store: Store, frame: DataFrame) -> None:
    folder = store.location(KINDS)
    frame.select("id", "text").write.format("delta").save(folder)
    more = frame.where("id = 1").write.format("delta").mode("append")
    more.option("mergeSchema", "true").save(folder)
    read = store.read(KINDS)
    assert read.schema == KINDS.schema
    assert read.where("truth is null").count() == 3


def test_a_writer_that_is_killed_leaves_the_old_table_or_the_new_one(tmp_path: Path) -> None:
    folder = tmp_path / "table"
    for written in range(1, 9):
        command = [sys.executable, "-c", WRITER, str(folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=ENVIRONMENT) as writer:
            assert writer.stdout is not None
            for _ in range(written):
                assert writer.stdout.readline()
            # It is about to write the next one, or at it.
            with pytest.raises(subprocess.TimeoutExpired):
                writer.wait(written * 0.0017)
            writer.send_signal(signal.SIGKILL)
        rows = local_tables.read_few(
            local_tables.log_of(folder), most_rows=100_000, most_bytes=1 << 30
        )
        assert rows is not None
        assert rows.num_rows >= written
        assert set(rows["id"].to_pylist()) == {rows.num_rows}
        assert local_tables.row_count(folder) == rows.num_rows


def test_what_cannot_be_written_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    rows = pa.table({"id": [1]})
    with pytest.raises(Exception, match=r"Not a directory|File exists"):
        local_tables.write(rows, tmp_path / "file" / "table", statistics=["id"])


@pytest.mark.parametrize("log", ["x", '{"add":', "", None])
def test_a_damaged_log_is_named_in_a_line(log: str | None, tmp_path: Path) -> None:
    local_tables.write(pa.table({"id": [1]}), tmp_path, statistics=["id"])
    first = tmp_path / "_delta_log" / f"{0:020}.json"
    if log is None:
        first.unlink()
    else:
        first.write_text(log)
    with pytest.raises(UserError, match="its log is damaged") as complaint:
        local_tables.log_of(tmp_path)
    assert str(tmp_path) in str(complaint.value) and "\n" not in str(complaint.value)
    with pytest.raises(UserError, match="its log is damaged"):
        local_tables.row_count(tmp_path)
