"""Posts that tasks write into the table themselves: the same as Spark writes, from any files."""

from __future__ import annotations

import dataclasses
import gzip
import json
import random
from pathlib import Path

import pytest
from chispa import assert_df_equality
from pyspark.sql import SparkSession

from influencers.config import Config, IngestConfig, PathsConfig, StorageConfig
from influencers.ingest import direct
from influencers.ingest.tables import POSTS, QUARANTINE
from influencers.measured.metrics import Metrics
from influencers.storage.store import Store
from jobs import features, ingest
from tests.ingest.test_sources import NAMES, line, write


def record(luck: random.Random, place: int, *, plain: bool) -> str:
    """A line of CSV: of one of a few posts, else of a post of its own."""
    code = f"C{luck.randrange(40)}xyz" if luck.random() < 0.2 else f"D{place}_-ab"
    caption = luck.choice(["", "sun #Été #sun @Ann", '"a,\n""b"" 😀?"', "what?? #x"])
    likes = luck.choice(["", "-1", "7", "31"] if plain else ["many", "1,234", "1.2K", "-5"])
    at = luck.choice(["1500000000", "1500000060.0"] if plain else ["2017-07-14 02:40:00", "soon"])
    owner = luck.choice("123")
    return f"{owner},ann,{code},False,{caption},2,{likes},{at},,http://i/x.jpg,True,Ann,100,5"


def files(folder: Path, luck: random.Random) -> None:
    folder.mkdir()
    lines = [record(luck, place, plain=place % 9 > 0) for place in range(300)]
    write(folder / "a.csv", *lines[:150], '1,"open', *lines[150:200])
    write(folder / "b.csv", *lines[100:250])
    plain = write(folder / "c.csv", *lines[240:])
    (folder / "d.csv.gz").write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    write(folder / "empty.csv")
    post = dict(
        zip(NAMES.split(","), "1,ann,Dj_son,0,#a,1,2,1500000000,,,0,A,9,8".split(","), strict=True)
    )
    (folder / "e.jsonl").write_text(f"{json.dumps(post)}\n{{\n")


def config(folder: Path, output: Path, *, is_direct: bool, split_bytes: int = 1 << 20) -> Config:
    return dataclasses.replace(
        Config(),
        paths=PathsConfig(input=(str(folder),), output=str(output)),
        ingest=IngestConfig(split_bytes=split_bytes, max_record_chars=1_024),
        storage=StorageConfig(direct=is_direct),
    )


def ingested(spark: SparkSession, chosen: Config) -> tuple[Store, Metrics]:
    metrics = ingest.run(spark, chosen)
    features.run(spark, chosen)
    return Store(spark, chosen), metrics


@pytest.fixture(scope="module")
def by_spark(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Store, Metrics]:
    """Input files, and what Spark makes of them."""
    folder = tmp_path_factory.mktemp("direct")
    files(folder / "in", random.Random(5))
    store, told = ingested(spark, config(folder / "in", folder / "a", is_direct=False))
    assert (told.rows.quarantined or 0) > 20
    assert (told.rows.duplicates or 0) > 50
    return folder / "in", store, told


@pytest.mark.parametrize("split_bytes", [900, 1 << 20])
def test_tables_are_those_that_spark_writes(
    spark: SparkSession, tmp_path: Path, by_spark: tuple[Path, Store, Metrics], split_bytes: int
) -> None:
    folder, expected, told = by_spark
    by_tasks, same = ingested(
        spark, config(folder, tmp_path / "b", is_direct=True, split_bytes=split_bytes)
    )
    assert same == told
    for table in (POSTS, QUARANTINE, "post_features", "accounts"):
        first, second = (
            store.spark.read.format("delta").load(store.location(table))
            for store in (expected, by_tasks)
        )
        assert first.count() > 0
        assert_df_equality(first, second, ignore_row_order=True, ignore_nullable=True)


def test_what_is_ingested_later_is_merged_into_what_tasks_have_written(
    spark: SparkSession, tmp_path: Path, by_spark: tuple[Path, Store, Metrics]
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    lines = [record(random.Random(9), place, plain=True) for place in range(200, 400)]
    write(other / "z.csv", *lines)
    stores = []
    for name, is_direct in (("a", False), ("b", True)):
        for folder in (by_spark[0], other, other):
            chosen = config(folder, tmp_path / name, is_direct=is_direct)
            ingest.run(spark, chosen)
        stores.append(Store(spark, chosen))
    for table in (POSTS, QUARANTINE):
        first, second = (store.read(table) for store in stores)
        assert_df_equality(first, second, ignore_row_order=True, ignore_nullable=True)


def test_posts_that_nearly_all_occur_again_go_through_spark(
    spark: SparkSession,
    tmp_path: Path,
    by_spark: tuple[Path, Store, Metrics],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(direct, "MOST_EVERYWHERE", 3)
    folder, _, told = by_spark
    chosen = config(folder, tmp_path / "b", is_direct=True)
    same = ingest.run(spark, chosen)
    assert same == told
    # Nothing was left by tasks.
    posts = tmp_path / "b" / "tables" / "posts"
    assert {file.name for file in posts.glob("*.parquet")} == set(Store(spark, chosen).files(POSTS))


def test_posts_lie_where_none_of_the_records_can_be_used(
    spark: SparkSession, tmp_path: Path
) -> None:
    write(tmp_path / "a.csv", line("Aa_-9").replace("1500000000", "soon"))
    chosen = config(tmp_path / "a.csv", tmp_path / "out", is_direct=True)
    with pytest.raises(Exception, match="no usable post among 1 records"):
        ingest.run(spark, chosen)
    assert Store(spark, chosen).read(POSTS).count() == 0
