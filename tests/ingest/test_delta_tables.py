"""Delta tables as an input."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from influencers.config import IngestConfig
from influencers.errors import UserError
from influencers.ingest import sources
from influencers.storage import input_files

CONFIG = IngestConfig()
COLUMNS = (
    "owner_id bigint, shortcode string, is_video boolean, caption string, comments bigint, "
    "likes bigint, created_at bigint, image_url string, followers bigint, day string"
)
POSTS = [
    (1, code, False, "hi", 2, 30, 1_500_000_000, "http://i/x.jpg", 100, "a day")
    for code in ("A", "B")
]


def test_the_latest_version_is_read(spark: SparkSession, tmp_path: Path) -> None:
    folder = str(tmp_path / "a table")
    posts = spark.createDataFrame(POSTS, COLUMNS).coalesce(1)
    posts.write.format("delta").partitionBy("day").save(folder)
    spark.sql(f"DELETE FROM delta.`{folder}` WHERE shortcode = 'A'")
    assert len(list(Path(folder).rglob("part-*.parquet"))) == 2
    config = IngestConfig()
    records = sources.read_records(spark, sources.find(spark, [folder], config), config)
    assert [row.shortcode for row in records.collect()] == ["B"]


def read(spark: SparkSession, pattern: str) -> list[tuple[str, str]]:
    """The posts, each with its likes."""
    records = sources.read_records(spark, sources.find(spark, [pattern], CONFIG), CONFIG)
    return sorted((row.shortcode, row.likes) for row in records.collect())


def test_tables_within_a_folder_and_behind_globs(spark: SparkSession, tmp_path: Path) -> None:
    folder = str(tmp_path / "lake" / "a table")
    posts = spark.createDataFrame(POSTS, COLUMNS).coalesce(1)
    posts.write.format("delta").partitionBy("likes", "day").save(folder)
    spark.sql(f"DELETE FROM delta.`{folder}` WHERE shortcode = 'A'")
    posts.limit(1).write.parquet(str(tmp_path / "lake" / "plain"))
    in_table, plain = ("B", "30"), ("A", "30")
    assert read(spark, str(tmp_path)) == [plain, in_table]
    for part in ("lake/*table", "lake/a table/likes=30", "lake/a table/*/*/*.parquet"):
        assert read(spark, str(tmp_path / part)) == [in_table]
    (removed,) = {
        file.path
        for file in input_files.list_files(spark, folder)
        if file.path not in {one.file.path for one in sources.find(spark, [folder], CONFIG)}
    }
    with pytest.raises(UserError, match="no longer"):
        sources.find(spark, [removed], CONFIG)


@pytest.mark.parametrize(
    ("partition", "properties", "told"),
    [
        ("created_at", {}, "partition column created_at"),
        ("day", {"delta.enableDeletionVectors": "true"}, "deletion vectors"),
        ("day", {"delta.columnMapping.mode": "name"}, "column mapping"),
    ],
)
def test_what_is_not_in_the_files_is_refused(
    spark: SparkSession, tmp_path: Path, partition: str, properties: dict[str, str], told: str
) -> None:
    folder = str(tmp_path / "table")
    writer = spark.createDataFrame(POSTS, COLUMNS).coalesce(1).write.format("delta")
    writer.partitionBy(partition).options(**properties).save(folder)
    with pytest.raises(UserError, match=told):
        sources.find(spark, [folder], IngestConfig())
