from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pyspark.ml.functions import vector_to_array
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.models.declaration import BOOLEAN, CATEGORICAL, NUMERIC, Feature
from influencers.models.estimators.normaliser import VECTOR, Normaliser, fit_normaliser
from influencers.models.rows.row_sample import take_sample

SCHEMA = "number double, count int, flag boolean, kind string, nothing double"
FEATURES = tuple(
    Feature(name, "g", "t", kind)
    for name, kind in (
        ("number", NUMERIC),
        ("count", NUMERIC),
        ("flag", BOOLEAN),
        ("kind", CATEGORICAL),
        ("nothing", NUMERIC),
    )
)


def vectors(normaliser: Normaliser, frame: DataFrame) -> np.ndarray:
    found = normaliser.model.transform(frame).select(vector_to_array(F.col(VECTOR)))
    return np.array([row[0] for row in found.collect()])


@pytest.fixture(scope="module")
def train(spark: SparkSession) -> DataFrame:
    rows = [
        (1.0, 10, True, "photo", None),
        (2.0, 20, False, "video", None),
        (None, 30, None, None, None),
        (9.0, 40, False, "photo", None),
        (float("nan"), 50, True, "photo", None),
    ]
    return spark.createDataFrame(rows, SCHEMA).coalesce(1)


def sample(train: DataFrame, *features: Feature) -> pd.DataFrame:
    keyed = train.withColumn("key", F.monotonically_increasing_id())
    return take_sample(keyed, "key", features or FEATURES, {}, count=5, limit=10)


@pytest.fixture(scope="module")
def normaliser(train: DataFrame) -> Normaliser:
    return fit_normaliser(sample(train), FEATURES)


def test_numbers_are_filled_with_the_median_and_standardised(
    normaliser: Normaliser, train: DataFrame
) -> None:
    found = vectors(normaliser, train)
    number = np.array([1.0, 2.0, 2.0, 9.0, 2.0])
    assert found[:, 0] == pytest.approx((number - number.mean()) / number.std(ddof=1))
    count = np.array([10, 20, 30, 40, 50])
    assert found[:, 1] == pytest.approx((count - count.mean()) / count.std(ddof=1))


def test_unknown_values_are_marked_and_columns_know_their_feature(
    normaliser: Normaliser, train: DataFrame
) -> None:
    found = vectors(normaliser, train)
    assert normaliser.columns == (
        *("number", "count", "flag"),
        *("number", "flag"),
        *("kind", "kind", "kind"),
    )
    assert found.shape == (5, len(normaliser.columns))
    assert found[:, 3].tolist() == [0, 0, 1, 0, 1]
    assert found[:, 4].tolist() == [0, 0, 1, 0, 0]
    # photo, video, unknown
    assert found[:, 5:].tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0], [1, 0, 0]]


def test_a_feature_of_which_nothing_is_known_is_dropped(normaliser: Normaliser) -> None:
    assert normaliser.dropped == ("nothing",)
    assert [f.name for f in normaliser.features] == ["number", "count", "flag", "kind"]


def test_new_rows_are_treated_as_training_learnt_it(
    normaliser: Normaliser, spark: SparkSession
) -> None:
    new = spark.createDataFrame([(None, None, None, "hologram", None)], SCHEMA)
    found = vectors(normaliser, new)[0]
    median = (2.0 - 3.2) / np.std([1, 2, 2, 9, 2], ddof=1)
    assert found[0] == pytest.approx(median)
    assert found[1] == 0  # the median is the mean
    assert found[5:].tolist() == [0, 0, 1]


def test_numbers_alone_and_categories_alone_will_do(train: DataFrame) -> None:
    numbers = fit_normaliser(sample(train), FEATURES[1:2])
    assert vectors(numbers, train).shape == (5, 1)
    kinds = fit_normaliser(sample(train), FEATURES[3:4])
    assert vectors(kinds, train).shape == (5, 3)


def test_categories_are_texts_whatever_they_hold(spark: SparkSession) -> None:
    kinds = ["a'b", "back\\slash", 'quote"', "", "naïve 😀", "' OR 1=1 --", None]
    frame = spark.createDataFrame([(one,) for one in kinds], "kind string").coalesce(1)
    fitted = fit_normaliser(sample(frame, FEATURES[3]), FEATURES[3:4])
    found = vectors(fitted, frame)
    assert found.shape == (7, 7)
    assert found.sum(axis=1).tolist() == [1] * 7
    assert len({tuple(row) for row in found}) == 7


def test_what_never_varies_is_nothing(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(3.0,), (3.0,)], "number double").coalesce(1)
    fitted = fit_normaliser(sample(frame, FEATURES[0]), FEATURES[:1])
    assert vectors(fitted, frame).tolist() == [[0.0], [0.0]]
