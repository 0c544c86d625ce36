from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.ml.functions import array_to_vector
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from influencers.models.evaluate.calibration import (
    CALIBRATED,
    as_voted,
    calibrate,
    calibration_stage,
    reliability,
)
from influencers.models.evaluate.metrics import ScoreCounts, brier

VOTED = st.lists(
    st.tuples(st.integers(0, 1_000_000), st.integers(1, 5), st.integers(0, 5)),
    min_size=1,
    max_size=40,
    unique_by=lambda one: one[0],
)


def counts_of(listed: list[tuple[int, int, int]]) -> ScoreCounts:
    falling = sorted(listed, reverse=True)
    rows = np.array([one[1] for one in falling], "int64")
    positives = np.minimum(np.array([one[2] for one in falling], "int64"), rows)
    return ScoreCounts(np.array([one[0] for one in falling], "int64"), rows, positives)


@given(VOTED)
def test_probabilities_rise_with_the_votes(listed: list[tuple[int, int, int]]) -> None:
    found = calibrate(counts_of(listed), least=0)
    assert found.note == ""
    assert (found.votes[0], found.votes[-1]) == (0, 1)
    assert (found.probabilities[0], found.probabilities[-1]) == (0, 1)
    for one in (found.votes, found.probabilities):
        assert all(a < b for a, b in itertools.pairwise(one))


def test_votes_that_are_too_timid_are_corrected() -> None:
    # Nobody votes above .4, and .4 is right nine times in ten.
    counts = counts_of([(400_000, 1000, 900), (200_000, 1000, 500), (100_000, 1000, 20)])
    found = calibrate(counts, least=10)
    assert found(np.array([0.4, 0.2, 0.1])) == pytest.approx([0.9, 0.5, 0.02], abs=0.02)
    said = found(counts.scores / 1_000_000)
    assert brier(counts, said) < brier(counts)  # type: ignore[operator]


def test_few_rows_are_followed_less_than_many() -> None:
    few, many = (
        calibrate(counts_of([(300_000, n, n // 2), (100_000, n, 0)]), least=1) for n in (40, 40_000)
    )
    at = np.array([0.3])
    assert 0.3 < few(at)[0] < 0.45 < many(at)[0] < 0.5


def test_too_few_of_a_class_calibrate_nothing() -> None:
    found = calibrate(counts_of([(400_000, 50, 3)]), least=10)
    assert "3 rows of the rarer class" in found.note
    assert found(np.array([0.0, 0.3, 1.0])).tolist() == [0.0, 0.3, 1.0]


def test_the_stage_says_what_the_calibration_says(spark: SparkSession) -> None:
    found = calibrate(
        counts_of([(900_000, 40, 30), (400_000, 90, 50), (300_000, 90, 60), (100_000, 500, 20)]),
        least=10,
    )
    votes = np.linspace(0, 1, 41)
    frame = spark.createDataFrame([(float(one),) for one in votes], "vote double").select(
        "vote", array_to_vector(F.array(1 - F.col("vote"), "vote")).alias("probability")
    )
    stage = calibration_stage(spark, found, "probability")
    rows = stage.transform(frame).sort("vote").select("vote", CALIBRATED).collect()
    assert [row[1] for row in rows] == pytest.approx(found(votes).tolist())


def test_reliability_is_of_bins_of_equal_size() -> None:
    counts = counts_of([(one * 10_000, 10, one // 10) for one in range(100)])
    bins = reliability(counts, as_voted(""), bins=10)
    assert [one.rows for one in bins] == [100] * 10
    assert bins[0].predicted == pytest.approx(0.045)
    assert bins[0].observed == 0
    assert bins[-1].observed == pytest.approx(0.9)
    assert reliability(counts_of([]), as_voted("")) == []
