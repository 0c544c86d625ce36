"""Folds of accounts: each account once, all learnt anew, and what it says of a useless model."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.config import ModelsConfig
from influencers.models import folds, training
from influencers.models.declaration import LABELS, VIRALITY
from influencers.models.evaluate.performance import not_above_chance
from influencers.models.results import SplitResult
from influencers.models.rows import frames
from influencers.models.rows.known import Known, with_known
from influencers.models.rows.split import held_out_account


def train(table: DataFrame, config: ModelsConfig, *labels: str) -> list[list[SplitResult]]:
    rows = with_known(table, Known(), model=VIRALITY)
    frame = frames.model_frame(rows, model=VIRALITY, partitions=2).persist()
    return training.train_labels(frame, [LABELS[name] for name in labels], config)


@pytest.mark.parametrize("number", [1, 2, 5])
def test_every_account_is_held_out_once(spark: SparkSession, number: int) -> None:
    accounts = spark.range(4_000).select(F.when(F.col("id") > 0, F.col("id")).alias("owner_id"))
    owner = F.col("owner_id")
    found = accounts.select(
        folds.account_fold(owner, share=0.25, folds=number, seed=3).alias("fold"),
        held_out_account(owner, share=0.25, seed=3).alias("held_out"),
        owner,
    ).collect()
    sizes = Counter(row["fold"] for row in found if row["owner_id"] is not None)
    assert all((row["fold"] == 0) == bool(row["held_out"]) for row in found)
    assert next(row["fold"] for row in found if row["owner_id"] is None) is None
    assert sizes[0] == pytest.approx(1_000, rel=0.1)
    if number == 1:
        assert set(sizes) == {0, None}
    else:
        assert set(sizes) == set(range(number))
        share = 0.75 / (number - 1)
        assert all(sizes[one] == pytest.approx(4_000 * share, rel=0.15) for one in sizes if one)


def test_the_label_that_is_shown_has_a_mean_over_folds(
    post_features: DataFrame, quick: ModelsConfig
) -> None:
    # A quarter is viral: hardly a draw of a fold of twenty accounts is without a viral post.
    config = replace(quick, evaluation_folds=3, viral_share=0.25)
    labels = ("top_likes", "top_engagement_in_tier")
    shown, other = train(post_features, config, *labels)
    by_account, by_time = shown
    assert by_time.performance == {}
    worth = by_account.performance["forest"]
    assert (worth.folds, worth.split) == (3, "by_account")
    assert worth.values[0] == by_account.metrics["forest"].average_precision
    assert len(set(worth.values)) == 3
    # Every account is held out once, so that every post counts once.
    assert worth.rows == post_features.count()
    assert worth.average_precision == pytest.approx(sum(worth.values) / 3)
    assert worth.best_baseline is not None
    assert worth.best_baseline.name in LABELS["top_likes"].baselines
    assert worth.verdict in {"better", "no clear gain", "worse"}
    assert not not_above_chance(worth)
    # Of the others, and of other variants, the one split says what there is to say.
    for alone in (by_account.performance["without_history"], other[0].performance["forest"]):
        assert (alone.folds, alone.deviation) == (1, None)
    shuffled = post_features.orderBy(F.xxhash64("shortcode")).repartition(5)
    again, _ = train(shuffled, config, *labels)
    assert again[0].performance == by_account.performance


def test_a_fold_learns_nothing_of_the_accounts_that_it_holds_out(
    post_features: DataFrame, quick: ModelsConfig
) -> None:
    """Other likes of the accounts of a fold change no vote on it, only who is a positive."""
    config = replace(quick, evaluation_folds=3, trees=4)
    number = folds.account_fold(F.col("owner_id"), share=0.3, folds=3, seed=config.seed)
    changed = post_features.withColumn("likes", F.when(number == 2, 0).otherwise(F.col("likes")))
    plans = []
    for table in (post_features, changed):
        rows = with_known(table, Known(), model=VIRALITY)
        frame = frames.model_frame(rows, model=VIRALITY, partitions=1).persist()
        plans.append(folds._plan(frame, LABELS["top_likes"], [1, 2], config))
    sizes = [plan.sizes[2] for plan in plans]
    for what in ("fit_rows", "fit_positives", "test_rows"):
        assert sizes[0][what] == sizes[1][what]
    assert sizes[0]["test_positives"] > sizes[1]["test_positives"] == 0
    assert plans[0].sizes[1] != plans[1].sizes[1]


def test_a_label_of_chance_is_found_to_be_no_better(
    post_features: DataFrame, quick: ModelsConfig
) -> None:
    """Likes drawn anew for every post hang on nothing that is known."""
    drawn = F.pmod(F.xxhash64(F.lit(9), "shortcode"), F.lit(10_000)).cast("bigint")
    history = [name for name in post_features.columns if name.startswith("history_")]
    table = post_features.withColumns(
        {"likes": drawn, **{name: F.lit(None).cast(post_features.schema[name].dataType)
                            for name in history if name != "history_posts"}}
    )  # fmt: skip
    config = replace(quick, evaluation_folds=4, min_groups=20, trees=4)
    ((by_account, _),) = train(table, config, "top_likes")
    assert not_above_chance(by_account.performance["forest"])
