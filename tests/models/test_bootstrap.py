from __future__ import annotations

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.models.evaluate import bootstrap
from influencers.models.evaluate.bootstrap import interval_of, metric_draws
from influencers.models.evaluate.metrics import ranking_metrics
from influencers.models.evaluate.score_counts import Counts, GroupedCounts, Ranking, count_scores
from influencers.models.rows.row_sample import account_group


def grouped(accounts: int, rows: int, alike: float, seed: int = 5) -> GroupedCounts:
    """Rows of accounts whose labels hang together as `alike` (0..1) says; scores tell a little."""
    random = np.random.default_rng(seed)
    usual = random.random(accounts) < 0.3
    same = random.random((accounts, rows)) < alike
    positive = np.where(same, usual[:, None], random.random((accounts, rows)) < 0.3)
    score = np.where(
        positive, random.normal(1, 1, positive.shape), random.normal(0, 1, positive.shape)
    )
    order = np.argsort(-score, axis=None)
    owner = np.repeat(np.arange(accounts), rows)[order]
    matrix = np.zeros((accounts * rows, accounts), "int64")
    matrix[np.arange(len(owner)), owner] = 1
    hits = matrix * positive.ravel()[order][:, None]
    return GroupedCounts(-np.arange(len(owner)), matrix, hits)


def interval(counts: GroupedCounts, metric: str, *, least: int = 10) -> tuple[float, float] | None:
    drawn = metric_draws(counts, seed=3)[metric]
    return interval_of(drawn, groups=counts.rows.shape[1], least=least)


def test_the_same_groups_give_the_same_draws() -> None:
    first, again = bootstrap.draws(7, seed=1), bootstrap.draws(7, seed=1)
    assert (first == again).all()
    assert (first.sum(1) == 7).all()
    assert (first != bootstrap.draws(7, seed=2)).any()


def test_an_interval_holds_the_metric_and_narrows_with_more_accounts() -> None:
    widths = []
    for accounts in (40, 160):
        counts = grouped(accounts, 10, alike=0.5)
        found = interval(counts, "average_precision")
        assert found is not None
        rows, positives = counts.rows.sum(1), counts.positives.sum(1)
        precision = positives.cumsum() / rows.cumsum()
        whole = (positives * precision).sum() / positives.sum()
        assert found[0] < whole < found[1]
        widths.append(found[1] - found[0])
    assert widths[1] < 0.75 * widths[0]


def test_posts_of_an_account_are_not_witnesses_of_their_own() -> None:
    """Where all posts of an account are alike, ten of them say little more than one."""
    widths = []
    for alike in (0.0, 1.0):
        found = interval(grouped(60, 12, alike), "prevalence")
        assert found is not None
        widths.append(found[1] - found[0])
    # Of independent posts the interval is some sqrt(12) times as narrow.
    assert 2 < widths[1] / widths[0] < 5.5


def test_too_few_accounts_have_no_interval() -> None:
    counts = grouped(19, 8, alike=0.5)
    for metric in metric_draws(counts, seed=1):
        assert interval(counts, metric, least=20) is None
        assert interval(counts, metric, least=19) is not None


@pytest.fixture(scope="module")
def scored(spark: SparkSession) -> DataFrame:
    return spark.range(3_000).select(
        F.col("id"),
        (F.col("id") % 97).alias("owner_id"),
        F.element_at(
            F.array(F.lit("nano"), F.lit("mid"), F.lit(None)), (F.col("id") % 3 + 1).cast("int")
        ).alias("tier"),
        F.when(F.col("id") % 2 == 0, "test").otherwise("calibration").alias("part"),
        (F.pmod(F.xxhash64("id"), F.lit(4)) == 0).cast("double").alias("label"),
        F.pmod(F.xxhash64(F.lit(1), "id"), F.lit(50)).alias("score"),
    )


def counted(frame: DataFrame) -> Counts:
    ranking = Ranking("one", F.col("label"), F.col("score"))
    return count_scores(frame, [ranking], part=F.col("part"), tier=F.col("tier"), rows=3_000)


def test_grouped_counts_sum_to_the_exact_ones(scored: DataFrame) -> None:
    counts = counted(scored)
    for part in ("test", "calibration"):
        exact, by_group = counts.by_score(part, "one"), counts.grouped(part, "one")
        assert exact.rows.sum() == by_group.rows.sum() == 1_500
        assert exact.positives.sum() == by_group.positives.sum() > 0
        assert exact.scores.tolist() == by_group.scores.tolist() == list(range(49, -1, -1))
        assert exact.rows.tolist() == by_group.rows.sum(1).tolist()
        assert exact.positives.tolist() == by_group.positives.sum(1).tolist()
        by_tier = counts.by_tier(part, "one")
        assert set(by_tier) == {"nano", "mid", ""}
        assert sum(int(one.positives.sum()) for one in by_tier.values()) == exact.positives.sum()
        owners = scored.where(F.col("part") == part).select(account_group(F.col("owner_id")))
        assert by_group.rows.shape[1] == owners.distinct().count()


def test_one_draw_of_every_group_is_the_metric_itself(
    scored: DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = counted(scored)
    monkeypatch.setattr(bootstrap, "draws", lambda groups, seed: np.ones((1, groups), "int64"))
    found = metric_draws(counts.grouped("test", "one"), seed=1)
    whole = ranking_metrics(counts.by_score("test", "one"))
    for name, values in found.items():
        assert values[0] == pytest.approx(getattr(whole, name))


def test_scores_that_mean_nothing_are_seldom_above_a_random_order() -> None:
    """180 posts of 15 accounts in each of four folds, as often as a forest of noise is measured."""
    above = {"prevalence": 0, "random_average_precision": 0}
    for seed in range(30):
        folds = [grouped(15, 12, 0.0, seed=100 * seed + fold) for fold in range(4)]
        for counts in folds:  # the scores tell nothing: rows in an order of their own
            order = np.random.default_rng(seed).permutation(len(counts.rows))
            counts.rows[:], counts.positives[:] = counts.rows[order], counts.positives[order]
        # Folds share no account: each has draws of its own.
        drawn = [metric_draws(counts, seed=fold) for fold, counts in enumerate(folds)]
        for base in above:
            gains = np.mean([one["average_precision"] - one[base] for one in drawn], axis=0)
            low_high = interval_of(gains, groups=60, least=20)
            above[base] += low_high is not None and low_high[0] > 0
    assert above["random_average_precision"] <= 5
    assert above["prevalence"] > 8
