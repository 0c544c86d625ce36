"""Boosted trees say in Spark what LightGBM says of them."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.ml.classification import GBTClassificationModel
from pyspark.ml.functions import array_to_vector
from pyspark.sql import DataFrame, SparkSession

from influencers.config import ModelsConfig
from influencers.errors import UserError
from influencers.models.estimators import boosted, ensemble
from influencers.models.explain.trees import Trees, trees_of

CONFIG = ModelsConfig(
    estimator="boosted",
    boosting_rounds=12,
    boosting_learning_rate=0.2,
    boosting_leaves=9,
    depth=5,
    min_leaf=4,
    seed=3,
)
ROWS = 1_200


@pytest.fixture(scope="module")
def matrix() -> tuple[Any, Any]:
    random = np.random.default_rng(4)
    vectors = random.normal(size=(ROWS, 6))
    vectors[:, 1] = 2.0
    vectors[:, 2] = random.integers(0, 2, ROWS)
    truth = vectors[:, 0] * vectors[:, 2] - vectors[:, 3] + random.normal(size=ROWS) > 0.8
    return vectors, truth.astype("float64")


@pytest.fixture(scope="module")
def examples(spark: SparkSession, matrix: Any) -> DataFrame:
    vectors, truth = matrix
    table = [(n, float(y), x) for n, (y, x) in enumerate(zip(truth, vectors.tolist(), strict=True))]
    frame = spark.createDataFrame(table, "id int, label double, x array<double>")
    ordered = frame.repartition(3, "id").sortWithinPartitions("id").persist()
    return ordered.select("id", "label", array_to_vector("x").alias("features"))


@pytest.fixture(scope="module")
def fitted(examples: DataFrame) -> GBTClassificationModel:
    return ensemble.fit(examples, CONFIG, rows=ROWS)


def votes(model: ensemble.Ensemble, examples: DataFrame) -> Any:
    asked = ensemble.votes_of(model, examples, features="features", column="votes")
    return asked.select("id", "votes").toPandas().set_index("id")["votes"].sort_index().to_numpy()


def test_spark_scores_as_lightgbm_does(
    fitted: GBTClassificationModel, examples: DataFrame, matrix: Any
) -> None:
    library = boosted.lightgbm()
    asked = {
        "objective": "binary", "learning_rate": 0.2, "num_leaves": 9, "max_depth": 5,
        "min_data_in_leaf": 4, "max_bin": 128, "seed": 3, "verbosity": -1,
        "deterministic": True, "force_col_wise": True,
    }  # fmt: skip
    # Rows as they lie in partitions: bins are of the same values, whatever their order.
    order = [row["id"] for row in examples.select("id").collect()]
    vectors, truth = matrix
    booster = library.train(asked, library.Dataset(vectors[order], truth[order]), 12)
    found = votes(fitted, examples)
    assert found == pytest.approx(booster.predict(vectors), abs=1e-12)
    assert fitted.getNumTrees == 12
    gains = booster.feature_importance("gain")
    assert fitted.featureImportances.toArray() == pytest.approx(gains / gains.sum(), rel=1e-4)


def test_ranks_better_than_chance_and_more_rounds_fit_closer(
    fitted: GBTClassificationModel, examples: DataFrame, matrix: Any
) -> None:
    def loss(found: Any) -> float:
        right = np.where(matrix[1] == 1, found, 1 - found)
        return float(-np.log(right).mean())

    one = ensemble.fit(examples, replace(CONFIG, boosting_rounds=1), rows=ROWS)
    assert loss(votes(fitted, examples)) < 0.8 * loss(votes(one, examples))


def test_trees_as_arrays_say_the_same_and_contributions_add_up(
    fitted: GBTClassificationModel, examples: DataFrame, matrix: Any
) -> None:
    trees = trees_of(ensemble.nodes(fitted), boosted=True)
    vectors = matrix[0]
    found = trees.votes(vectors)
    assert found == pytest.approx(votes(fitted, examples), abs=1e-12)
    moved = trees.contributions(vectors)
    odds = trees.value[trees.roots].sum() + moved.sum(1)
    assert odds == pytest.approx(np.log(found / (1 - found)), abs=1e-9)
    # What does not vary is never split on.
    assert not moved[:, 1].any()


def test_the_same_rows_give_the_same_trees(
    fitted: GBTClassificationModel, examples: DataFrame
) -> None:
    again = ensemble.fit(examples, CONFIG, rows=ROWS)
    pd.testing.assert_frame_equal(ensemble.nodes(again), ensemble.nodes(fitted))
    other = ensemble.fit(examples, replace(CONFIG, boosting_leaves=3), rows=ROWS)
    assert len(ensemble.nodes(other)) < len(ensemble.nodes(fitted))


def test_weights_of_classes_raise_the_scores(
    fitted: GBTClassificationModel, examples: DataFrame
) -> None:
    heavy = ensemble.fit(examples, replace(CONFIG, class_weights=True), rows=ROWS)
    assert votes(heavy, examples).mean() > 1.2 * votes(fitted, examples).mean()


def test_where_nothing_can_be_split_all_rows_have_the_base_rate(
    spark: SparkSession,
) -> None:
    rows = [(n, float(n % 4 == 0), [1.0, 1.0]) for n in range(40)]
    frame = spark.createDataFrame(rows, "id int, label double, x array<double>").coalesce(1)
    examples = frame.select("id", "label", array_to_vector("x").alias("features"))
    model = ensemble.fit(examples, CONFIG, rows=40)
    assert votes(model, examples) == pytest.approx(np.full(40, 0.25))
    trees: Trees = trees_of(ensemble.nodes(model), boosted=True)
    assert trees.votes(np.ones((1, 2))) == pytest.approx([0.25])


def test_more_rows_than_the_driver_takes_are_refused(examples: DataFrame) -> None:
    with pytest.raises(UserError, match=r"at most 1,200,000 rows.*models\.fit_rows"):
        ensemble.fit(examples, CONFIG, rows=boosted.MOST_ROWS + 1)


def test_without_lightgbm_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(UserError, match="pip install lightgbm"):
        boosted.lightgbm()
