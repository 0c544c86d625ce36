"""The job on a file of hashes, as a user has it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from influencers.config import Config, load
from influencers.duplicates.tables import DUPLICATE_GROUPS, DUPLICATE_PAIRS
from influencers.errors import UserError, explain
from influencers.measured.keys import as_json
from influencers.storage.store import Store
from jobs import duplicates

LOW, NEAR, FAR = 0b1011, 0b1000, -1


def config_for(folder: Path, **columns: pa.Array) -> Config:
    pq.write_table(pa.table(columns), folder / "hashes.parquet")
    return load(None, [f"paths.output={folder}/out", f"duplicates.hashes={folder}/hashes.parquet"])


def test_a_file_of_hashes_with_rows_that_say_nothing(spark: SparkSession, tmp_path: Path) -> None:
    ids = pa.array(["a", "b", "c", "d", None, "f"])
    config = config_for(tmp_path, id=ids, phash=pa.array([LOW, NEAR, LOW, FAR, LOW, None]))
    store = Store(spark, config)

    numbers = as_json(duplicates.run(spark, config).duplicates)

    links = {
        (row.a, row.b): (row.distance, row.link) for row in store.read(DUPLICATE_PAIRS).collect()
    }
    assert links == {("a", "c"): (0, "same_hash"), ("a", "b"): (2, "near")}
    (group,) = (
        store.read(DUPLICATE_GROUPS)
        .groupBy("representative", "images", "diameter")
        .count()
        .collect()
    )
    assert tuple(group) == ("a", 3, 2, 3)
    expected = {"images": 4, "left_out": 2, "pairs": 2, "near": 1, "same_hash": 1, "groups": 1}
    assert {name: numbers[name] for name in expected} == expected


def test_more_pairs_than_the_driver_takes_are_joined_by_graphframes(
    spark: SparkSession, tmp_path: Path
) -> None:
    config = config_for(tmp_path, id=pa.array(["a", "b", "c"]), phash=pa.array([LOW, NEAR, FAR]))
    settings = dataclasses.replace(config.duplicates, driver_pairs=0)

    numbers = duplicates.run(spark, dataclasses.replace(config, duplicates=settings)).duplicates

    assert (numbers.near, numbers.groups) == (1, 1)
    # GraphFrames wants a folder for checkpoints: the job's own, and nothing of it stays.
    used = spark.sparkContext.getCheckpointDir() or ""
    assert f"{tmp_path}/out/checkpoints/" in used
    assert not (tmp_path / "out" / "checkpoints").exists()


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"id": pa.array(["a"]), "hash": pa.array([1])}, "has no column phash"),
        ({"id": pa.array([1]), "phash": pa.array([1])}, "has id as bigint"),
    ],
)
def test_columns_that_are_not_those_of_hashes(
    spark: SparkSession, tmp_path: Path, columns: dict[str, pa.Array], told: str
) -> None:
    with pytest.raises(UserError, match=f"hashes.parquet {told}"):
        duplicates.run(spark, config_for(tmp_path, **columns))


def test_a_file_that_is_no_parquet_is_named(spark: SparkSession, tmp_path: Path) -> None:
    config = config_for(tmp_path, id=pa.array(["a"]), phash=pa.array([1]))
    (tmp_path / "hashes.parquet").write_text("text")
    with pytest.raises(Exception) as caught:
        duplicates.run(spark, config)
    assert (explain(caught.value) or "").startswith(
        f"file:{tmp_path}/hashes.parquet cannot be read"
    )


def test_no_hashes_at_all(spark: SparkSession, tmp_path: Path) -> None:
    nothing = {"id": pa.array([], pa.string()), "phash": pa.array([], pa.int64())}
    numbers = duplicates.run(spark, config_for(tmp_path, **nothing)).duplicates
    assert numbers.images == numbers.pairs == numbers.groups == 0
