"""What an earlier run has left is not read as if it were of this one."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from influencers.catalog import TABLES
from influencers.communities.tables import COMMUNITY_PROFILES
from influencers.config import Config, load
from influencers.measured.metrics import Metrics
from influencers.measured.models import LabelMetrics
from influencers.models import known_tables
from influencers.report.figures import current_figures, figures_in
from influencers.run import metrics, stages
from influencers.storage.store import Store
from jobs import report


@pytest.fixture
def config(spark: SparkSession, tmp_path: Path) -> Config:
    """An output with the tables of all stages, and no metrics.json."""
    config = load(None, [f"paths.output={tmp_path}"])
    store = Store(spark, config)
    for name in (
        "posts",
        "post_images",
        "images",
        "duplicate_pairs",
        "duplicate_groups",
        "account_communities",
        "community_profiles",
    ):
        store.write(spark.createDataFrame([], TABLES[name].schema), TABLES[name])
    return config


def read(spark: SparkSession, config: Config) -> dict[str, bool]:
    """Which of them the models and the report read."""
    store = Store(spark, config)
    known = known_tables.read_known(store, config)
    found = {
        "images": known.images,
        "which image a post shows": known.post_images,
        "duplicates": known.duplicate_pairs,
        "communities": known.account_communities,
        "the most copied": report._copied(store, config),
        "profiles": stages.read(store, config, COMMUNITY_PROFILES),
    }
    return {name: frame is not None for name, frame in found.items()}


def test_tables_are_taken_as_they_are_where_nothing_is_known(
    spark: SparkSession, config: Config
) -> None:
    assert all(read(spark, config).values())
    assert stages.remarks(Store(spark, config), config) == []


def test_images_that_are_switched_off_are_not_read(spark: SparkSession, config: Config) -> None:
    off = load(None, ["images.enabled=false"], config)
    metrics.update(
        spark, off, Metrics(seconds={"communities": 1.0, "images": 1.0, "duplicates": 1.0})
    )
    shown = {name for name, is_read in read(spark, off).items() if is_read}
    assert shown == {"communities", "profiles"}
    assert stages.remarks(Store(spark, config), off) == [
        "images: tables of an earlier run are not read, as images.enabled is false",
        "duplicates: tables of an earlier run are not read, as images.enabled is false",
    ]


def test_a_later_job_knows_what_the_pipeline_left_out(spark: SparkSession, config: Config) -> None:
    metrics.update(spark, config, Metrics(seconds={"images": 1.0, "duplicates": 1.0}))
    metrics.start(spark, config)  # as a pipeline begins
    metrics.update(spark, config, Metrics(seconds={"communities": 1.0}))
    shown = {name for name, is_read in read(spark, config).items() if is_read}
    assert shown == {"communities", "profiles"}
    metrics.update(spark, config, Metrics(seconds={"images": 1.0, "duplicates": 1.0}))
    assert all(read(spark, config).values())


def test_figures_of_a_model_that_was_not_trained_are_not_shown() -> None:
    trained = Metrics(models={"influence": {"x": LabelMetrics()}})
    shown = {figure.name for figure in current_figures(trained)}
    assert not [name for name in shown if name.startswith("viral_content")]
    assert {name for name in shown if name.startswith("influential")} == {
        figure.name for figure in figures_in("influence")
    }
    assert "community_structure" in shown and "likes_distribution" in shown
