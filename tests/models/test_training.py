from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from chispa import assert_df_equality
from pyspark.ml.functions import vector_to_array
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.config import ModelsConfig
from influencers.errors import UserError
from influencers.models import frames, training
from influencers.models.declaration import INFLUENCE, LABELS, VIRALITY
from influencers.models.normaliser import VECTOR
from influencers.models.split import BY_ACCOUNT, BY_TIME
from influencers.models.training import SplitResult

QUALITY = {"average_precision", "auc", "prevalence", "rows", "positives", "precision_at_top_decile",
           "lift_at_top_decile", "recall_at_precision_80"}  # fmt: skip


def learn(
    table: DataFrame,
    label: str,
    split: str,
    config: ModelsConfig,
    communities: DataFrame | None = None,
) -> SplitResult:
    model = LABELS[label].model
    frame = frames.model_frame(table, communities, model=model, partitions=2)
    frame.persist()
    try:
        result = training.train_split(frame, LABELS[label], split, config)
        if result.predictions is not None:
            result.predictions.persist().count()
        return result
    finally:
        frame.unpersist()


@pytest.fixture(scope="module")
def viral(
    post_features: DataFrame, account_communities: DataFrame, quick: ModelsConfig
) -> SplitResult:
    communities = frames.community_features(account_communities)
    return learn(post_features, "top_likes", BY_ACCOUNT, quick, communities)


@pytest.fixture(scope="module")
def influential(accounts: DataFrame, quick: ModelsConfig) -> SplitResult:
    return learn(accounts, "top_followers", BY_ACCOUNT, quick)


def test_the_forest_finds_what_was_planted(viral: SplitResult, influential: SplitResult) -> None:
    for result, baselines in (
        (viral, {"history_only", "followers_only"}),
        (influential, {"history_only", "likes_only"}),
    ):
        assert set(result.metrics) == {"forest", *baselines}
        assert set(result.metrics["forest"]) == QUALITY | {"brier"}
        assert all(set(result.metrics[who]) == QUALITY for who in baselines)
        assert result.metrics["forest"]["auc"] > 0.85
        assert result.metrics["forest"]["brier"] < 0.15


def test_predictions_are_of_held_out_accounts_only(
    viral: SplitResult, post_features: DataFrame
) -> None:
    assert viral.predictions is not None
    found = viral.predictions
    assert found.columns == ["shortcode", "owner_id", "label", "probability", "split"]
    owners = {row["owner_id"] for row in found.select("owner_id").distinct().collect()}
    expected = post_features.where(F.col("owner_id").isin(*owners)).count()
    assert found.count() == expected == viral.metrics["forest"]["rows"]
    assert viral.train["rows"] == post_features.count() - expected
    assert viral.train["accounts"] == 60 - len(owners)
    assert found.where("probability not between 0 and 1 or split != 'by_account'").count() == 0


def test_the_threshold_is_learnt_without_the_held_out_rows(
    viral: SplitResult, post_features: DataFrame, quick: ModelsConfig
) -> None:
    assert viral.predictions is not None
    held_out = viral.predictions.select("shortcode")
    likes = [
        row["likes"] for row in post_features.join(held_out, "shortcode", "left_anti").collect()
    ]
    rank = -(-len(likes) // 10)
    assert viral.learnt["threshold"] == sorted(likes, reverse=True)[rank - 1]


def test_every_feature_of_the_model_is_open_to_its_label(
    viral: SplitResult, influential: SplitResult
) -> None:
    for result in (viral, influential):
        assert result.fitted is not None
        assert {f.group for f in result.fitted.features} <= result.label.groups
        assert set(result.fitted.importances) == {f.name for f in result.fitted.features}
        assert sum(result.fitted.importances.values()) == pytest.approx(1)
    assert viral.fitted is not None
    assert {"community_size", "content_type"} <= set(viral.fitted.importances)


def test_the_same_rows_give_the_same_probabilities_however_they_lie(
    viral: SplitResult,
    post_features: DataFrame,
    account_communities: DataFrame,
    quick: ModelsConfig,
) -> None:
    shuffled = post_features.orderBy(F.xxhash64("shortcode")).repartition(5)
    communities = frames.community_features(account_communities.repartition(4))
    again = learn(shuffled, "top_likes", BY_ACCOUNT, quick, communities)
    assert viral.predictions is not None
    assert again.predictions is not None
    assert again.metrics == viral.metrics
    assert_df_equality(viral.predictions, again.predictions, ignore_row_order=True)


def perturbed(table: DataFrame, names: Sequence[str]) -> DataFrame:
    """The table with other values in some columns: larger, unknown, or another category."""
    changes: dict[str, Any] = {}
    for name, kind in table.select(*names).dtypes:
        column = F.col(name)
        changes[name] = (
            F.lit("nano")
            if kind == "string"
            else F.when(F.xxhash64(column) % 3 != 0, (column * 7 + 13).cast(kind))
        )
    return table.withColumns(changes)


@pytest.mark.parametrize(
    ("model", "sources"),
    [
        (
            INFLUENCE,
            ["followers", "tier", "mean_engagement_rate", "median_engagement_rate",
             "follower_following_ratio"],
        ),
        (VIRALITY, ["likes", "comments", "engagement", "engagement_rate", "post_age_days"]),
    ],
)  # fmt: skip
def test_what_makes_the_label_cannot_change_a_feature(
    model: str,
    sources: list[str],
    accounts: DataFrame,
    post_features: DataFrame,
    viral: SplitResult,
    influential: SplitResult,
) -> None:
    table, result = (accounts, influential) if model == INFLUENCE else (post_features, viral)
    assert result.fitted is not None
    inputs = []
    for one in (table, perturbed(table, sources)):
        frame = frames.model_frame(one, None, model=model, partitions=1)
        inputs.append(
            result.fitted.pipeline.transform(frame).select(
                "owner_id",
                vector_to_array(F.col(VECTOR)).alias("vector"),
                vector_to_array(F.col("probability")).alias("probability"),
            )
        )
    changed = table.select(*sources).exceptAll(perturbed(table, sources).select(*sources))
    assert changed.count() > table.count() / 2
    assert_df_equality(*inputs, ignore_row_order=True)


def test_a_split_by_time_holds_out_the_newest(
    post_features: DataFrame, quick: ModelsConfig
) -> None:
    config = replace(quick, trees=2, depth=2)
    result = learn(post_features, "beats_own_history", BY_TIME, config)
    assert result.predictions is not None
    held = post_features.join(result.predictions.select("shortcode"), "shortcode")
    oldest = held.agg(F.min("created_at").cast("string")).head()
    assert oldest is not None
    assert result.train["to"] < oldest[0]
    assert 0.19 < held.count() / post_features.count() < 0.3
    assert set(result.metrics) == {"forest", "history_only", "followers_only"}


def test_a_forbidden_feature_stops_the_training(
    post_features: DataFrame, quick: ModelsConfig
) -> None:
    config = replace(quick, virality_features=("hour", "engagement_rate"))
    with pytest.raises(UserError, match="engagement_rate"):
        learn(post_features, "top_likes", BY_ACCOUNT, config)


def test_a_feature_that_tells_all_is_named(post_features: DataFrame, quick: ModelsConfig) -> None:
    leaking = post_features.withColumn("hour", F.col("likes").cast("int"))
    result = learn(leaking, "top_likes", BY_ACCOUNT, replace(quick, trees=1, depth=1))
    assert result.fitted is not None
    assert result.fitted.suspects == {"hour": 1.0}
    assert "top_likes: hour alone reaches an AUC of 1.000" in training.remarks([result])[-1]


@pytest.mark.parametrize(
    ("rows", "options", "reason"),
    [
        ("likes is null", {}, "no training row has a label"),
        ("false", {}, "no training row has a label"),
        ("true", {"min_positives": 400}, "positives among .* at least 400"),
    ],
)
def test_what_cannot_be_learnt_is_skipped_with_the_reason(
    post_features: DataFrame, quick: ModelsConfig, rows: str, options: dict[str, int], reason: str
) -> None:
    unknown = post_features.withColumn("likes", F.expr(f"if({rows}, likes, null)"))
    result = learn(unknown, "top_likes", BY_ACCOUNT, replace(quick, **options))
    assert result.fitted is None
    assert list(result.metrics) == ["skipped"]
    assert re.search(reason, result.metrics["skipped"])
    assert "top_likes, by_account: skipped" in training.remarks([result])[0]


def test_one_class_on_a_side_is_skipped(post_features: DataFrame, quick: ModelsConfig) -> None:
    same = post_features.withColumn("likes", F.lit(5).cast("bigint"))
    result = learn(same, "top_likes", BY_ACCOUNT, quick)
    assert "rows have the same label" in result.metrics["skipped"]


def test_labels_to_train_start_with_the_one_that_is_shown() -> None:
    config = ModelsConfig(label="beats_own_history", labels=("top_likes", "beats_own_history"))
    assert [one.name for one in training.labels_to_train(config, VIRALITY)] == [
        "beats_own_history",
        "top_likes",
    ]
    assert [one.name for one in training.labels_to_train(config, INFLUENCE)] == ["top_followers"]
    assert training.models_to_train(config) == (INFLUENCE, VIRALITY)
    assert training.models_to_train(ModelsConfig(model=VIRALITY)) == (VIRALITY,)


def test_partitions_follow_the_rows() -> None:
    config = ModelsConfig(partition_rows=1_000)
    assert [training.partitions_for(rows, config) for rows in (0, 2_000, 2_001, 9_000)] == [
        *(2, 2),
        *(3, 9),
    ]
