"""Data files that tasks write: Spark and delta-rs read them as rows of the table."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from influencers.config import Config, PathsConfig, StorageConfig
from influencers.storage import data_files, local_tables
from influencers.storage.data_files import DataFile, Target, Writer, commit
from influencers.storage.store import Store
from influencers.storage.table import (
    Table,
    bigint,
    boolean,
    double,
    integer,
    string,
    strings,
    timestamp,
)

KINDS = Table(
    "kinds",
    grain="a row",
    key=("id",),
    job="features",
    columns=(
        string("id", "which"),
        strings("texts", "any"),
        double("number", "any"),
        integer("small", "any"),
        boolean("truth", "any"),
        timestamp("at", "any"),
        bigint("large", "any"),
    ),
)
NOON = datetime(2017, 4, 1, 12, 30, 0, 123456, tzinfo=timezone.utc)
ROWS: list[tuple[Any, ...]] = [
    ("b", ["a", None], -0.0, -1, True, NOON, 2**62),
    ('é\u2028"', [], float("inf"), 2**31 - 1, False, NOON.replace(year=1969), -(2**63)),
    ("a", *(None,) * 6),
]


def batch(rows: list[tuple[Any, ...]]) -> pa.RecordBatch:
    schema = KINDS.arrow_schema
    columns = zip(*rows, strict=True) if rows else [[]] * len(schema)
    return pa.record_batch([list(column) for column in columns], schema=schema)


def store_in(spark: SparkSession, folder: Path, **settings: Any) -> Store:
    paths = PathsConfig(output=str(folder))
    return Store(spark, Config(paths=paths, storage=StorageConfig(**settings)))


def target_of(store: Store) -> Target:
    target = store.target(KINDS)
    assert target is not None
    return target


def written(store: Store, rows: list[tuple[Any, ...]]) -> list[DataFile]:
    return list(target_of(store).write([batch(rows)]))


@pytest.mark.parametrize("driver_rows", [0, 100_000])
def test_rows_come_back_as_they_were(spark: SparkSession, tmp_path: Path, driver_rows: int) -> None:
    store = store_in(spark, tmp_path, driver_rows=driver_rows)
    # The order of the columns is the table's, whatever the batches have.
    turned = batch(ROWS).select(KINDS.arrow_schema.names[::-1])
    store.commit(
        list(target_of(store).write([turned, batch([]), batch(ROWS)])), KINDS, replace=False
    )
    delta = spark.read.format("delta").load(store.location(KINDS))
    for frame in (store.read(KINDS), delta):
        assert frame.schema == KINDS.schema
        found = frame.toArrow().sort_by("id").to_pylist()
        expected = pa.Table.from_batches([batch(ROWS * 2)]).sort_by("id").to_pylist()
        assert found == expected
    assert store.has_few(KINDS) == (driver_rows > 0)


def test_rows_replace_others_and_the_old_version_can_be_read(
    spark: SparkSession, tmp_path: Path
) -> None:
    store = store_in(spark, tmp_path)
    store.commit(written(store, [("old", *(None,) * 6)]), KINDS, replace=False)
    before = store.version(KINDS)
    store.commit(written(store, ROWS), KINDS, replace=True)
    assert sorted(row.id for row in store.read(KINDS).collect()) == sorted(row[0] for row in ROWS)
    old = spark.read.format("delta").option("versionAsOf", before).load(store.location(KINDS))
    assert [row.id for row in old.collect()] == ["old"]
    store.commit([], KINDS, replace=True)
    assert store.read(KINDS).count() == 0


def test_a_table_that_has_other_columns_gets_those_that_are_declared(
    spark: SparkSession, tmp_path: Path
) -> None:
    store = store_in(spark, tmp_path)
    spark.createDataFrame([(1, 2)], "id int, old int").write.format("delta").save(
        store.location(KINDS)
    )
    store.commit(written(store, ROWS), KINDS, replace=True)
    delta = spark.read.format("delta").load(store.location(KINDS))
    assert delta.schema == store.read(KINDS).schema == KINDS.schema
    assert delta.count() == 3


def test_a_first_version_is_not_written_over_another(spark: SparkSession, tmp_path: Path) -> None:
    store = store_in(spark, tmp_path)
    store.commit(written(store, ROWS), KINDS, replace=False)
    with pytest.raises(Exception, match="already exists"):
        store.commit(written(store, ROWS), KINDS, replace=False)
    assert store.read(KINDS).count() == 3


def test_what_is_not_committed_is_of_no_table(spark: SparkSession, tmp_path: Path) -> None:
    store = store_in(spark, tmp_path)
    written(store, ROWS)
    assert not store.exists(KINDS)
    store.commit(written(store, ROWS[:1]), KINDS, replace=False)
    assert store.read(KINDS).count() == 1


def test_many_rows_are_in_several_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_files, "_ROWS_OF_GROUP", 10)
    monkeypatch.setattr(data_files, "_FILE_BYTES", 2_000)
    schema = pa.schema([("id", pa.int64()), ("text", pa.string())])
    rows = pa.table([range(400), [f"{number}" * 9 for number in range(400)]], schema=schema)
    writer = Writer(Target(str(tmp_path), schema, ("id",)))
    files = [file for part in rows.to_batches(7) for file in writer.add(part)]
    files += writer.close()
    assert list(writer.close()) == []
    assert len(files) > 3
    commit(tmp_path, files, schema, key=("id",), replace=False)
    table = DeltaTable(str(tmp_path))
    told = pa.table(table.get_add_actions(flatten=True))
    assert sum(told["num_records"].to_pylist()) == 400
    assert (min(told["min.id"].to_pylist()), max(told["max.id"].to_pylist())) == (0, 399)
    assert sorted(told["size_bytes"].to_pylist()) == sorted(
        (tmp_path / file.path).stat().st_size for file in files
    )
    assert local_tables.few_files(table, most=len(files)) is not None
    assert local_tables.few_files(table, most=len(files) - 1) is None


def test_values_that_repeat_are_in_dictionaries_and_others_are_not(tmp_path: Path) -> None:
    schema = pa.schema(
        [("id", pa.string()), ("kind", pa.string()), ("tags", pa.list_(pa.string()))]
    )
    rows = [(f"{number}", f"{number % 3}", ["sun", "sea"]) for number in range(100)]
    table = pa.record_batch([list(column) for column in zip(*rows, strict=True)], schema=schema)
    (file,) = Target(str(tmp_path), schema, ("id",)).write([table])
    group = pq.ParquetFile(tmp_path / file.path).metadata.row_group(0)
    columns = [group.column(place) for place in range(group.num_columns)]
    coded = {one.path_in_schema: one.has_dictionary_page for one in columns}
    assert coded == {"id": False, "kind": True, "tags.list.element": True}
    assert {one.path_in_schema for one in columns if one.is_stats_set} == {"id"}


def test_nothing_is_written_by_tasks_where_spark_is_to_write(
    spark: SparkSession, tmp_path: Path
) -> None:
    assert store_in(spark, tmp_path, direct=False).target(KINDS) is None
