"""Scores coarsened by rank: bounded, in order, and hardly another metric."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.models.evaluate import rank_bins, score_counts
from influencers.models.evaluate.metrics import ScoreCounts, ranking_metrics
from influencers.models.evaluate.model_metrics import measure
from influencers.models.evaluate.performance import WORSE, verdict
from influencers.models.evaluate.score_counts import Counts, Ranking, count_scores
from influencers.models.rows.row_sample import GROUPS


def average_precision(counts: ScoreCounts) -> float:
    found = ranking_metrics(counts).average_precision
    assert found is not None
    return float(found)


def coarsened(spark: SparkSession, rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The cells of each ranking with their old scores beside the new ones."""
    cells = spark.createDataFrame(rows).withColumn("before", F.col("score"))
    found = rank_bins.coarse_scores(cells, by=("name",)).toPandas()
    return {str(name): one for name, one in found.groupby("name")}


def counts_of(cells: pd.DataFrame, score: str) -> ScoreCounts:
    found = cells.groupby(score)[["rows", "positives"]].sum().sort_index(ascending=False)
    return ScoreCounts(found.index.to_numpy("int64"), *(
        found[name].to_numpy("int64") for name in ("rows", "positives")
    ))  # fmt: skip


def cells_of(name: str, scores: np.ndarray, labels: np.ndarray) -> pd.DataFrame:  # type: ignore[type-arg]
    frame = pd.DataFrame({"score": scores.astype("int64"), "positives": labels.astype("int64")})
    found = frame.groupby("score")["positives"].agg(["size", "sum"]).reset_index()
    found.columns = pd.Index(["score", "rows", "positives"])
    return found.assign(name=name)


def bound(exact: ScoreCounts, coarse: ScoreCounts) -> float:
    """How far ties within each bin can move average precision at most.

    The precision at a row's own score and that at the end of its bin differ by no more than the
    share of the bin among all rows until its end.
    """
    total = exact.positives.sum()
    shared = ~np.isin(coarse.scores, exact.scores) | (coarse.rows > 1)
    widths = coarse.rows / coarse.rows.cumsum()
    return float((coarse.positives / total * widths * shared).sum())


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=st.integers(0, 10_000),
    prevalence=st.sampled_from([0.003, 0.1, 0.6]),
    strength=st.floats(0, 3),
)
def test_average_precision_moves_less_than_the_bound(
    spark: SparkSession, seed: int, prevalence: float, strength: float
) -> None:
    random = np.random.default_rng(seed)
    size = 40_000
    labels = random.random(size) < prevalence
    labels[:2] = True, False
    latent = random.normal(size=size) + strength * labels
    rankings = {
        "spread": np.round(latent * 1e5),
        # The scale of a baseline: all values within a few percent of each other.
        "narrow": np.round(np.log1p(np.exp(latent / 50) * 1e6) * 1e4),
        "ties": np.round(latent * 3),
        "one": np.zeros(size),
    }
    cells = pd.concat([cells_of(name, scores, labels) for name, scores in rankings.items()])
    found = coarsened(spark, cells)
    for name, one in found.items():
        exact, coarse = counts_of(one, "before"), counts_of(one, "score")
        assert len(coarse.scores) <= 2 * rank_bins.UNITS + 1
        assert coarse.rows.sum() == size
        assert coarse.positives.sum() == labels.sum()
        # The order stays: what was above is above, or beside.
        ordered = one.sort_values("before")
        assert ordered["score"].is_monotonic_increasing
        moved = abs(average_precision(exact) - average_precision(coarse))
        assert moved <= bound(exact, coarse) + 1e-12
        assert moved < 2 / rank_bins.UNITS
        bins = ordered.groupby("score")
        shared = bins["before"].max() > bins["before"].min()
        sums = bins[["rows", "positives"]].sum()[shared]
        assert (sums["positives"] < 2 * labels.sum() / rank_bins.UNITS).all()
        assert (sums["rows"] < 2 * size / rank_bins.UNITS).all()
        if name == "one":
            assert coarse.scores.tolist() == exact.scores.tolist()


def test_few_rows_keep_their_scores(spark: SparkSession) -> None:
    scores = np.array([-5, -5, 3, 70_000, 2**40])
    (found,) = coarsened(spark, cells_of("a", scores, np.array([0, 1, 0, 1, 1]))).values()
    assert found["score"].tolist() == found["before"].tolist()
    (found,) = coarsened(spark, cells_of("a", scores, np.zeros(5))).values()
    assert found["score"].tolist() == found["before"].tolist()


def near_equals(spark: SparkSession, rows: int = 120_000, accounts: int = 300) -> DataFrame:
    """Held-out rows whose baseline lies within 10 %, and tells the label a little better."""
    ids = spark.range(rows)

    def normal(name: str) -> F.Column:  # type: ignore[name-defined]
        """About normal, by a hash of the row's key."""
        parts = [F.pmod(F.xxhash64(F.lit(f"{name}{n}"), "id"), F.lit(1_000)) for n in range(6)]
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        return (total - 2_997) / 707.0

    latent = normal("latent")
    return ids.select(
        F.pmod("id", F.lit(accounts)).alias("owner_id"),
        (latent + normal("noise") > 2.0).cast("double").alias("label"),
        # Votes of a forest: spread over all of 0..1. A little noisier than the baseline.
        F.round((F.tanh((latent + 0.55 * normal("forest")) / 2) + 1) * 500_000)
        .cast("bigint")
        .alias("forest"),
        # ln x 10^4 of numbers between 95 and 105, as `magnitude_score` has them.
        F.round(F.log1p((100 + (latent + 0.5 * normal("baseline"))) * 1e6) * 1e4)
        .cast("bigint")
        .alias("baseline"),
    )


def counted(frame: DataFrame, rows: int) -> Counts:
    rankings = [
        Ranking(f"label/{name}", F.col("label"), F.col(name)) for name in ("forest", "baseline")
    ]
    return count_scores(frame, rankings, part=F.lit("test"), tier=F.lit("nano"), rows=rows)


@pytest.fixture(scope="module")
def held_out(spark: SparkSession) -> DataFrame:
    return near_equals(spark).persist()


def test_a_verdict_above_the_limit_is_that_of_the_exact_counts(held_out: DataFrame) -> None:
    """A baseline of near values keeps its lead: ties of its scale do not hide it."""
    found = {}
    for rows in (1, 120_000):
        counts = counted(held_out, rows)
        metrics, _, fold = measure(
            counts, "label", {}, ["forest", "baseline"], part="test", seed=1, min_groups=20
        )
        gain = fold.gain("forest", "baseline", 20)
        assert gain.average_precision is not None and gain.interval is not None
        assert gain.average_precision < 0
        low, high = gain.interval
        assert low < gain.average_precision < high
        assert verdict(gain.interval) == WORSE
        for who in ("forest", "baseline"):
            for metric, (low, high) in metrics[who].intervals.items():
                assert low <= getattr(metrics[who], metric) <= high
        found[rows] = gain.average_precision
    assert found[120_000] == pytest.approx(found[1], abs=0.002)


def test_what_reaches_the_driver_does_not_grow_with_the_rows(
    held_out: DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(score_counts, "_EXACT_ROWS", 10)
    monkeypatch.setattr(rank_bins, "UNITS", 16)
    sizes = []
    for share in (4, 1):
        table = counted(held_out.where(F.col("owner_id") % share == 0), 1_000).table
        sizes.append(len(table))
        assert table.groupby(["place", "of_groups"])["score"].nunique().max() <= 33
    # Two rankings; scores by one tier, and by group of accounts.
    assert max(sizes) <= 2 * 33 * (1 + GROUPS)
    assert sizes[1] < 4 * sizes[0]


def test_the_same_rows_have_the_same_coarse_counts_however_they_lie(held_out: DataFrame) -> None:
    tables = [
        counted(frame, 1_000_000).table.sort_values(
            ["place", "of_groups", "account_group", "score"]
        )
        for frame in (held_out, held_out.repartition(5).sort(F.xxhash64("forest")))
    ]
    pd.testing.assert_frame_equal(*(one.reset_index(drop=True) for one in tables))
