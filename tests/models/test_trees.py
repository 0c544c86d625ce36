"""The trees in the driver's memory against Spark's own forest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pyspark.ml import PipelineModel
from pyspark.ml.functions import array_to_vector
from pyspark.sql import DataFrame, SparkSession

from influencers.config import ModelsConfig
from influencers.models import saved
from influencers.models.declaration import CATEGORICAL, Feature
from influencers.models.estimators.ensemble import votes_of
from influencers.models.estimators.forest import fit_forest
from influencers.models.estimators.normaliser import Normaliser, Scale
from influencers.models.evaluate.calibration import as_voted
from influencers.models.explain.permutation import partial_dependences, permutation_importance
from influencers.models.explain.trees import Trees, trees_of
from influencers.models.rows.row_sample import Sheet

PLACES = ("telling", "telling", "twin", "noise")
FEATURES = (
    Feature("telling", "good", "t"),
    Feature("twin", "good", "t"),
    Feature("noise", "bad", "t"),
)


@pytest.fixture(scope="module")
def matrix() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    random = np.random.default_rng(4)
    vectors = random.normal(size=(900, 4))
    vectors[:, 1] = 0.0
    vectors[:, 2] = vectors[:, 0] + random.normal(scale=0.05, size=900)
    truth = (vectors[:, 0] + random.normal(scale=0.5, size=900) > 0.8).astype("float64")
    return vectors, truth


@pytest.fixture(scope="module")
def asked(spark: SparkSession, matrix: Any) -> tuple[Trees, DataFrame]:
    vectors, truth = matrix
    rows = [
        (int(n), float(y), x.tolist()) for n, (x, y) in enumerate(zip(vectors, truth, strict=True))
    ]
    frame = (
        spark.createDataFrame(rows, "id int, label double, x array<double>")
        .coalesce(1)
        .select("id", "label", array_to_vector("x").alias("features"))
    )
    model = fit_forest(frame, ModelsConfig(trees=12, depth=6, seed=3), rows=len(vectors))
    pipeline = PipelineModel([model])
    scored = votes_of(model, frame, features="features", column="votes")
    return saved.trees(pipeline), scored


def test_votes_are_those_of_spark(asked: tuple[Trees, DataFrame], matrix: Any) -> None:
    forest, scored = asked
    expected = [row["votes"] for row in scored.sort("id").collect()]
    assert len(forest.roots) == 12
    assert len(set(expected)) > 100
    assert forest.votes(matrix[0]) == pytest.approx(expected, abs=1e-12)


def test_contributions_sum_to_the_votes(asked: tuple[Trees, DataFrame], matrix: Any) -> None:
    forest, _ = asked
    vectors = matrix[0][:200]
    moved = forest.contributions(vectors)
    base = forest.value[forest.roots].mean()
    assert base + moved.sum(1) == pytest.approx(forest.votes(vectors), abs=1e-12)
    # What does not vary is never split on.
    assert not moved[:, 1].any()
    assert abs(moved[:, [0, 2]]).sum() > 5 * abs(moved[:, 3]).sum()


def test_a_forest_of_leaves_votes_the_base_rate() -> None:
    import pandas as pd

    nodes = pd.DataFrame(
        {
            "tree": [0, 1], "id": [0, 0], "left": [-1, -1], "right": [-1, -1],
            "feature": [-1, -1], "threshold": [None, None], "stat_0": [3.0, 1.0],
            "stat_1": [1.0, 1.0],
        }
    )  # fmt: skip
    forest = trees_of(nodes)
    assert forest.depth == 0
    assert forest.votes(np.zeros((2, 3))).tolist() == [0.375, 0.375]


@pytest.fixture(scope="module")
def sheet(matrix: Any) -> Sheet:
    vectors, truth = matrix
    labels = truth.copy()
    labels[:30] = np.nan
    return Sheet(vectors, {"it": labels, "same": np.ones(900)}, np.arange(900) % 60)


def test_shuffling_finds_what_the_forest_needs(
    asked: tuple[Trees, DataFrame], sheet: Sheet
) -> None:
    found = permutation_importance(
        asked[0], sheet, "it", PLACES, FEATURES, times=3, seed=1, min_groups=10
    )
    assert found is not None
    assert found.rows == 870
    groups = found.groups
    assert list(groups) == ["good", "bad"]
    assert groups["good"].mean > 0.3
    assert groups["good"].interval is not None and groups["good"].interval[0] > 0.1
    assert abs(groups["bad"].mean) < groups["good"].mean / 4
    # Each of the twins stands in for the other, so that one alone is worth less than both.
    assert groups["good"].mean > found.features["telling"].mean
    assert groups["good"].mean > found.features["twin"].mean
    again = permutation_importance(
        asked[0], sheet, "it", PLACES, FEATURES, times=3, seed=1, min_groups=10
    )
    assert again == found


def test_of_one_class_nothing_can_be_said(asked: tuple[Trees, DataFrame], sheet: Sheet) -> None:
    assert (
        permutation_importance(
            asked[0], sheet, "same", PLACES, FEATURES, times=1, seed=1, min_groups=10
        )
        is None
    )


def test_dependence_rises_with_what_tells_in_its_own_unit(
    asked: tuple[Trees, DataFrame], sheet: Sheet
) -> None:
    normaliser = Normaliser(
        PipelineModel([]),
        (*FEATURES, Feature("kind", "k", "t", CATEGORICAL)),
        (*PLACES, "kind"),
        {name: Scale(0, 100, 10) for name in ("telling", "twin", "noise")},
        (),
    )
    # The first place of `telling` is its value, the second says whether it is unknown.
    found = partial_dependences(
        asked[0], sheet, normaliser, as_voted(""), ["kind", "telling", "noise", "twin"], most=2
    )
    assert [one.name for one in found] == ["telling", "noise"]
    telling, noise = found
    assert 70 < telling.grid[0] < 90 < 110 < telling.grid[-1] < 130
    assert telling.probabilities[-1] > telling.probabilities[0] + 0.2
    assert max(noise.probabilities) - min(noise.probabilities) < 0.1


def test_zeros_stay_zeros(asked: tuple[Trees, DataFrame], sheet: Sheet) -> None:
    scale = Scale(0, 49.9, 33.1)
    nothing = -scale.mean * (1 / scale.deviation)  # as Spark scales
    assert 0 < nothing * scale.deviation + scale.mean < 1e-14
    vectors = sheet.vectors.copy()
    vectors[::2, 0] = nothing
    normaliser = Normaliser(PipelineModel([]), FEATURES[:1], PLACES, {"telling": scale}, ())
    (found,) = partial_dependences(
        asked[0], replace(sheet, vectors=vectors), normaliser, as_voted(""), ["telling"], most=1
    )
    assert found.grid[0] == 0
