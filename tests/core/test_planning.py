"""Stages of few posts are planned at once, all others step by step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from influencers.config import Config, load
from influencers.ingest.tables import POSTS
from influencers.run import planning
from influencers.run.planning import planned
from influencers.storage.store import Store

PARTITIONS, ADAPTIVE = "spark.sql.shuffle.partitions", "spark.sql.adaptive.enabled"
# Spark has 200 where nobody says otherwise; the session has a parallelism of 3.
AS_THEY_ARE, AT_ONCE = ("true", "200"), ("false", "3")


@pytest.fixture(autouse=True)
def usual_partitions(spark: SparkSession) -> Iterator[None]:
    before = spark.conf.get(PARTITIONS)
    spark.conf.set(PARTITIONS, "200")
    yield
    spark.conf.set(PARTITIONS, str(before))


@pytest.fixture
def config(spark: SparkSession, tmp_path: Path) -> Config:
    """Of an output with a post."""
    config = load(None, [f"paths.output={tmp_path / 'out'}"])
    post = {"shortcode": "abcde", "owner_id": 1}
    rows = [tuple(post.get(name) for name in POSTS.schema.fieldNames())]
    Store(spark, config).write(spark.createDataFrame(rows, POSTS.schema), POSTS)
    return config


def found(spark: SparkSession, config: Config, name: str) -> tuple[str | None, ...]:
    """What the settings are within a stage; they are as before afterwards."""
    before = tuple(spark.conf.get(key) for key in (ADAPTIVE, PARTITIONS))
    with planned(Store(spark, config), name, posts=POSTS):
        within = tuple(spark.conf.get(key) for key in (ADAPTIVE, PARTITIONS))
    assert tuple(spark.conf.get(key) for key in (ADAPTIVE, PARTITIONS)) == before
    return within


def test_few_posts_are_planned_at_once(spark: SparkSession, config: Config) -> None:
    assert found(spark, config, "explore") == AT_ONCE
    spark.conf.set(PARTITIONS, "1")
    assert found(spark, config, "explore") == ("false", "1")
    spark.conf.set(PARTITIONS, "200")
    with (
        pytest.raises(OSError, match="full"),
        planned(Store(spark, config), "train", posts=POSTS),
    ):
        raise OSError("full")
    assert spark.conf.get(ADAPTIVE) == "true"


def test_many_posts_are_planned_step_by_step(
    spark: SparkSession, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "MOST_POSTS", 0)
    assert found(spark, config, "explore") == AS_THEY_ARE


def test_what_reads_other_files_is_planned_step_by_step(
    spark: SparkSession, config: Config, tmp_path: Path
) -> None:
    edges = replace(config, communities=replace(config.communities, edges="edges.csv"))
    hashes = replace(config, duplicates=replace(config.duplicates, hashes="hashes"))
    assert found(spark, edges, "communities") == AS_THEY_ARE
    assert found(spark, edges, "duplicates") == AT_ONCE
    assert found(spark, hashes, "duplicates") == AS_THEY_ARE
    for name in ("ingest", "score", "forget"):
        assert found(spark, config, name) == AS_THEY_ARE
    empty = load(None, [f"paths.output={tmp_path / 'none'}"])
    assert found(spark, empty, "explore") == AS_THEY_ARE
