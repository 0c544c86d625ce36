"""Forests that are fitted on the driver are Spark's own, node by node."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from pyspark.ml.classification import RandomForestClassificationModel
from pyspark.ml.functions import array_to_vector
from pyspark.sql import DataFrame, SparkSession

from influencers.config import ModelsConfig
from influencers.models.estimators import local_forest
from influencers.models.estimators.forest import fit_forest
from influencers.models.estimators.local_forest import MOST_ROWS

SCHEMA = "id int, label double, x array<double>"


def examples(spark: SparkSession, rows: int, *, places: int = 9, parts: int = 1) -> DataFrame:
    """Numbers, small whole numbers, flags, nothing but zeros, and a constant."""
    random = np.random.default_rng(rows)
    x = random.normal(size=(rows, places))
    x[:, 1] = random.integers(-2, 3, rows)
    x[:, 2] = random.integers(0, 2, rows)
    x[:, 3] = 0.0
    x[:, 4] = 7.5
    truth = x[:, 0] + x[:, 2] + random.normal(size=rows) > 1.5
    table = [(n, float(y), row.tolist()) for n, (y, row) in enumerate(zip(truth, x, strict=True))]
    frame = spark.createDataFrame(table, SCHEMA)
    laid = frame.repartition(parts, "id").sortWithinPartitions("id").persist()
    return laid.select("label", array_to_vector("x").alias("features"))


def nodes(model: RandomForestClassificationModel) -> list[tuple[Any, ...]]:
    """All that a node says, tree by tree."""
    found = []
    open_nodes = [tree._call_java("rootNode") for tree in reversed(model.trees)]
    while open_nodes:
        node = open_nodes.pop()
        stats = node.impurityStats()
        about = (node.prediction(), node.impurity(), stats.toString(), stats.rawCount())
        if node.getClass().getSimpleName() == "LeafNode":
            found.append(about)
            continue
        split = node.split()
        found.append((*about, node.gain(), split.featureIndex(), split.threshold()))
        open_nodes += [node.rightChild(), node.leftChild()]
    return found


CASES = {
    "several trees, as usual": (700, {"trees": 7}, 1),
    "a tree": (700, {"trees": 1}, 1),
    "all features": (400, {"trees": 4, "feature_subset": "all"}, 1),
    "the root of the features": (400, {"trees": 5, "feature_subset": "sqrt"}, 1),
    "their logarithm": (400, {"trees": 5, "feature_subset": "log2"}, 1),
    "little memory: few nodes at a time": (700, {"trees": 25, "memory_mb": 1, "max_bins": 256}, 1),
    "three partitions": (700, {"trees": 6}, 3),
    "leaves of one row": (60, {"trees": 9, "min_leaf": 1, "depth": 30}, 1),
    "more rows than Spark finds thresholds by": (12_000, {"trees": 2, "max_bins": 12}, 1),
    "the same in partitions": (12_000, {"trees": 2, "max_bins": 12}, 2),
    "fewer rows than bins": (20, {"trees": 3, "min_leaf": 2}, 1),
    "a row": (1, {"trees": 2}, 1),
}


@pytest.mark.parametrize("case", CASES)
def test_is_the_forest_that_tasks_fit(case: str, spark: SparkSession) -> None:
    rows, settings, parts = CASES[case]
    frame = examples(spark, rows, parts=parts)
    config = ModelsConfig(seed=11, **settings)
    here = fit_forest(frame, config, rows=rows)
    there = fit_forest(frame, config, rows=MOST_ROWS + 1)
    assert nodes(here) == nodes(there)
    assert here.featureImportances == there.featureImportances
    assert {p.name: v for p, v in here.extractParamMap().items()} == {
        p.name: v for p, v in there.extractParamMap().items()
    }


def test_rows_that_are_read_in_passes_give_the_same(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = examples(spark, 12_000, parts=3)
    config = ModelsConfig(trees=2, max_bins=12, seed=11)
    at_once = nodes(fit_forest(frame, config, rows=12_000))
    monkeypatch.setattr(local_forest, "FEW_ROWS", 0)
    assert nodes(fit_forest(frame, config, rows=12_000)) == at_once
    few = examples(spark, 300)
    monkeypatch.undo()
    at_once = nodes(fit_forest(few, config, rows=300))
    monkeypatch.setattr(local_forest, "FEW_ROWS", 0)
    assert nodes(fit_forest(few, config, rows=300)) == at_once


def test_more_bins_than_a_byte_has_are_left_to_spark(spark: SparkSession) -> None:
    frame = examples(spark, 700)
    config = ModelsConfig(trees=2, max_bins=600)
    here, there = (fit_forest(frame, config, rows=n) for n in (700, MOST_ROWS + 1))
    assert nodes(here) == nodes(there)


def test_has_room_for_what_takes_a_small_part_of_the_heap(spark: SparkSession) -> None:
    room = partial(local_forest.has_room, spark, bins=128)
    assert room(rows=50_000, trees=64)
    assert not room(rows=50_000, trees=1_000_000)
    assert not room(rows=MOST_ROWS + 1, trees=1)
    assert not local_forest.has_room(spark, rows=9, trees=1, bins=257)


def test_takes_one_job(spark: SparkSession) -> None:
    frame = examples(spark, 300)
    frame.count()
    spark.sparkContext.setJobGroup("local forest", "counted")
    fit_forest(frame, ModelsConfig(trees=3), rows=300)
    jobs = spark.sparkContext.statusTracker().getJobIdsForGroup("local forest")
    spark.sparkContext.setLocalProperty("spark.jobGroup.id", None)
    assert len(jobs) == 1


def test_weights_are_left_to_spark(spark: SparkSession) -> None:
    frame = examples(spark, 300)
    model = fit_forest(frame, ModelsConfig(trees=3, class_weights=True), rows=300)
    assert model.getWeightCol() == "weight"
