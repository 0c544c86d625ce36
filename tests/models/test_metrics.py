from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from itertools import permutations
from math import ceil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.models.evaluate import metrics
from influencers.models.evaluate.metrics import ScoreCounts
from influencers.models.evaluate.score_counts import Ranking, count_scores
from influencers.models.explain import permutation

# Few different scores, so that ties are common.
RANKED = st.lists(st.tuples(st.integers(-3, 4), st.booleans()), min_size=1, max_size=40)


def counts_of(rows: Sequence[tuple[int, bool]]) -> ScoreCounts:
    scores = sorted({score for score, _ in rows}, reverse=True)
    return ScoreCounts(
        np.array(scores, "int64"),
        np.array([sum(s == score for s, _ in rows) for score in scores], "int64"),
        np.array([sum(s == score and y for s, y in rows) for score in scores], "int64"),
    )


def slow_average_precision(rows: Sequence[tuple[int, bool]]) -> float:
    """Over all thresholds: how much recall each adds, times the precision there."""
    positives = sum(label for _, label in rows)
    total, reached = 0.0, 0.0
    for threshold in sorted({score for score, _ in rows}, reverse=True):
        chosen = [label for score, label in rows if score >= threshold]
        recall = sum(chosen) / positives
        total += (recall - reached) * sum(chosen) / len(chosen)
        reached = recall
    return total


def slow_auc(rows: Sequence[tuple[int, bool]]) -> float:
    """Over all pairs of a positive and a negative: who wins."""
    duels = [
        1.0 if high > low else 0.5 if high == low else 0.0
        for high, label in rows
        if label
        for low, other in rows
        if not other
    ]
    return sum(duels) / len(duels)


def slow_recall(rows: Sequence[tuple[int, bool]]) -> float:
    positives = sum(label for _, label in rows)
    best = 0.0
    for threshold in {score for score, _ in rows}:
        chosen = [label for score, label in rows if score >= threshold]
        if sum(chosen) * 5 >= len(chosen) * 4:
            best = max(best, sum(chosen) / positives)
    return best


def slow_top_precision(rows: Sequence[tuple[int, bool]]) -> float:
    """Every row stands for the expectation of a row with its score."""
    size = ceil(len(rows) / 10)
    expected = [
        np.mean([label for other, label in rows if other == score])
        for score, _ in sorted(rows, reverse=True)
    ]
    return float(np.mean(expected[:size]))


@given(RANKED)
def test_ranking_metrics_equal_their_definitions(rows: list[tuple[int, bool]]) -> None:
    found = metrics.ranking_metrics(counts_of(rows))
    positives = sum(label for _, label in rows)
    assert (found.rows, found.positives) == (len(rows), positives)
    if positives == 0:
        assert found.average_precision is None
        assert found.lift_at_top_decile is None
        assert found.auc is None
        return
    assert found.average_precision == pytest.approx(slow_average_precision(rows))
    assert found.recall_at_precision_80 == pytest.approx(slow_recall(rows))
    assert found.precision_at_top_decile == pytest.approx(slow_top_precision(rows))
    assert found.lift_at_top_decile == pytest.approx(
        slow_top_precision(rows) / (positives / len(rows))
    )
    if positives == len(rows):
        assert found.auc is None
    else:
        assert found.auc == pytest.approx(slow_auc(rows))


def test_average_precision_by_hand() -> None:
    # +, a tie of + and -, -, +: a third of recall at each + times 1, 2/3 and 3/5.
    lines = np.array([[1, 2, 1, 1], [2, 4, 2, 2]])
    positives = np.array([[1, 1, 0, 1], [2, 2, 0, 2]])
    expected = (1 + 2 / 3 + 3 / 5) / 3
    assert metrics.average_precision(lines, positives).tolist() == pytest.approx([expected] * 2)
    assert np.isnan(metrics.average_precision(lines[0], np.zeros(4)))


@given(st.lists(st.tuples(st.integers(-3, 4), st.booleans(), st.integers(0, 3)), min_size=1))
def test_weighted_rows_are_rows_that_come_several_times(
    rows: list[tuple[int, bool, int]],
) -> None:
    scores, truth, weights = (np.array(column, "float64") for column in zip(*rows, strict=True))
    repeated = [(score, label) for score, label, weight in rows for _ in range(weight)]
    (own,) = permutation._average_precision(scores, truth, weights[np.newaxis])
    if any(label for _, label in repeated):
        assert own == pytest.approx(slow_average_precision(repeated))
    else:
        assert np.isnan(own)


def test_no_rows_have_no_metrics() -> None:
    empty = np.array([], "int64")
    found = asdict(metrics.ranking_metrics(ScoreCounts(empty, empty, empty)))
    assert found.pop("rows") == found.pop("positives") == 0
    assert set(found.values()) == {None}
    assert metrics.brier(ScoreCounts(empty, empty, empty)) is None


@given(st.lists(st.tuples(st.integers(0, 1_000_000), st.booleans()), min_size=1, max_size=30))
def test_brier_is_the_mean_squared_distance(rows: list[tuple[int, bool]]) -> None:
    expected = np.mean([(score / 1_000_000 - label) ** 2 for score, label in rows])
    assert metrics.brier(counts_of(rows)) == pytest.approx(expected)


def scored(spark: SparkSession) -> DataFrame:
    rows = [
        ("a", 1.0, 900_000, 5),
        ("b", 1.0, 900_000, None),
        ("c", 0.0, 900_000, 5),
        ("d", 0.0, 100_000, -2),
        ("e", None, 100_000, -2),
    ]
    return spark.createDataFrame(rows, "key string, label double, forest bigint, other bigint")


def test_scores_are_counted_without_unknown_labels_and_scores(spark: SparkSession) -> None:
    for frame in (scored(spark), scored(spark).orderBy(F.desc("key")).repartition(3)):
        counts = count_scores(
            frame.withColumn("owner_id", F.ascii("key")),
            [Ranking(name, F.col("label"), F.col(name)) for name in ("forest", "other")],
            part=F.lit("test"),
            tier=F.lit("nano"),
            rows=5,
        )
        found = {name: counts.by_score("test", name) for name in ("forest", "other")}
        assert found["forest"].scores.tolist() == [900_000, 100_000]
        assert found["forest"].rows.tolist() == [3, 1]
        assert found["forest"].positives.tolist() == [2, 0]
        assert found["other"].scores.tolist() == [5, -2]
        assert found["other"].rows.tolist() == [2, 1]
        assert found["other"].positives.tolist() == [1, 0]


def test_magnitudes_keep_their_order_and_near_ones_their_difference(spark: SparkSession) -> None:
    values = [-3e9, -2.0, 0.0, 2e-6, 0.0301, 0.0302, 1.0, 999.0, 1e6, 1.001e6, 3e9]
    frame = spark.createDataFrame([(one,) for one in [*values, None]], "value double")
    found = [row[0] for row in frame.select(metrics.magnitude_score(F.col("value"))).collect()]
    assert found[-1] is None
    assert found[:-1] == sorted(set(found[:-1]))
    assert max(found[:-1]) < 1_000_000
    expected = [round(math.copysign(math.log1p(abs(one) * 1e6) * 1e4, one)) for one in values]
    assert found[:-1] == expected


def test_a_probability_becomes_millionths(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(0.25,), (1.0,), (0.1234567,)], "p double")
    found = frame.select(metrics.probability_score(F.col("p")).alias("score")).collect()
    assert [row["score"] for row in found] == [250_000, 1_000_000, 123_457]


@pytest.mark.parametrize(("rows", "positives"), [(1, 1), (2, 1), (5, 2), (6, 5), (6, 6)])
def test_a_random_order_has_the_mean_over_all_orders(rows: int, positives: int) -> None:
    labels = [place < positives for place in range(rows)]
    orders = [
        slow_average_precision([(-place, label) for place, label in enumerate(order)])
        for order in permutations(labels)
    ]
    found = metrics.measures(np.array([rows]), np.array([positives]))
    assert found["random_average_precision"] == pytest.approx(sum(orders) / len(orders))


def test_without_positives_no_order_is_a_random_one() -> None:
    found = metrics.measures(np.array([4]), np.array([0]))
    assert np.isnan(found["random_average_precision"])
