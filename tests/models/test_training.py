from __future__ import annotations

import itertools
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
from influencers.measured.keys import as_json
from influencers.measured.models import Drop, Importance, Skipped
from influencers.models import training
from influencers.models.declaration import (
    BEFORE_POSTING,
    INFLUENCE,
    LABELS,
    VIRALITY,
    WITHOUT_HISTORY,
)
from influencers.models.estimators.normaliser import VECTOR
from influencers.models.explain.permutation import Explanation
from influencers.models.figures import explanations
from influencers.models.results import SplitResult, kept
from influencers.models.rows import frames
from influencers.models.rows.known import Known, with_known
from influencers.models.rows.split import BY_ACCOUNT, BY_TIME, FIT, SPARE, part_of

QUALITY = {"average_precision", "auc", "prevalence", "random_average_precision", "rows",
           "positives", "precision_at_top_decile", "lift_at_top_decile",
           "recall_at_precision_80", "intervals", "tiers"}  # fmt: skip
OF_FORESTS = QUALITY | {"brier", "brier_of_votes", "reliability", "over"}


def learn(
    table: DataFrame,
    label: str,
    split: str,
    config: ModelsConfig,
    account_communities: DataFrame | None = None,
) -> SplitResult:
    model = LABELS[label].model
    known = Known(account_communities=account_communities)
    rows = with_known(table, known, model=model)
    frame = frames.model_frame(rows, model=model, partitions=2)
    # Predictions are made of these rows, after this.
    (results,) = training.train_labels(frame.persist(), [LABELS[label]], config)
    return next(one for one in results if one.split == split)


def predictions(result: SplitResult) -> DataFrame:
    found = training.all_predictions([result])
    assert found is not None
    return found


@pytest.fixture(scope="module")
def viral(
    post_features: DataFrame, account_communities: DataFrame, quick: ModelsConfig
) -> SplitResult:
    return learn(post_features, "top_likes", BY_ACCOUNT, quick, account_communities)


@pytest.fixture(scope="module")
def influential(accounts: DataFrame, quick: ModelsConfig) -> SplitResult:
    return learn(accounts, "top_followers", BY_ACCOUNT, quick)


def test_the_forest_finds_what_was_planted(viral: SplitResult, influential: SplitResult) -> None:
    for result, baselines in (
        (viral, {"history_only", "followers_only", "likes_only"}),
        (influential, {"history_only", "likes_only"}),
    ):
        forests = ["forest", "without_history"] if result is viral else ["forest"]
        assert list(result.metrics)[: len(forests)] == forests
        assert set(result.metrics) == {*forests, *baselines}
        written = as_json(result.metrics)
        assert all(set(written[who]) == OF_FORESTS for who in forests)
        assert all(set(written[who]) == QUALITY for who in baselines)
        assert set(written["forest"]["over"]) == baselines
        assert written["forest"]["auc"] > 0.85
        assert written["forest"]["brier"] < 0.15


def test_predictions_are_of_held_out_accounts_only(
    viral: SplitResult, post_features: DataFrame
) -> None:
    found = predictions(viral)
    assert found.columns == [
        "shortcode",
        "owner_id",
        "label",
        "probability",
        "split",
        "reasons",
        "status",
        "source_file",
        "record",
    ]
    owners = {row["owner_id"] for row in found.select("owner_id").distinct().collect()}
    expected = post_features.where(F.col("owner_id").isin(*owners)).count()
    assert found.count() == expected == viral.metrics["forest"].rows
    calibration = viral.train["calibration"]
    assert viral.train["rows"] + calibration["rows"] == post_features.count() - expected
    assert viral.train["accounts"] + calibration["accounts"] == 60 - len(owners)
    assert calibration["rows"] > 0
    assert found.where("probability not between 0 and 1 or split != 'by_account'").count() == 0


def test_the_threshold_is_learnt_without_the_held_out_rows(
    viral: SplitResult, post_features: DataFrame, quick: ModelsConfig
) -> None:
    held_out = predictions(viral).select("shortcode")
    likes = [
        row["likes"] for row in post_features.join(held_out, "shortcode", "left_anti").collect()
    ]
    rank = -(-len(likes) // 10)
    assert viral.learnt["threshold"] == sorted(likes, reverse=True)[rank - 1]


def test_every_feature_of_the_model_is_open_to_its_label(
    viral: SplitResult, influential: SplitResult
) -> None:
    for result in (viral, influential):
        for fitted in result.fitted.values():
            features = fitted.normaliser.features
            assert {f.group for f in features} <= result.label.groups
            assert set(fitted.importances) == {f.name for f in features}
            assert sum(fitted.importances.values()) == pytest.approx(1)
    # What the author's community is, posts of all time say, the post itself among them.
    importances = set(viral.fitted[BEFORE_POSTING].importances)
    assert "content_type" in importances
    assert not importances & {"community_size", "community_share"}


def test_without_history_knows_nothing_of_the_authors_posts(
    viral: SplitResult, influential: SplitResult
) -> None:
    assert list(viral.fitted) == [BEFORE_POSTING, WITHOUT_HISTORY]
    assert list(influential.fitted) == [BEFORE_POSTING]
    groups = {
        variant: {f.group for f in fitted.normaliser.features}
        for variant, fitted in viral.fitted.items()
    }
    assert groups[BEFORE_POSTING] - groups[WITHOUT_HISTORY] == {"history"}


def test_calibration_changes_no_order(viral: SplitResult) -> None:
    calibration = viral.fitted[BEFORE_POSTING].calibration
    assert calibration.note == ""
    assert len(calibration.votes) > 2
    assert all(a < b for a, b in itertools.pairwise(calibration.votes))
    assert all(a < b for a, b in itertools.pairwise(calibration.probabilities))


def test_the_same_rows_give_the_same_probabilities_however_they_lie(
    viral: SplitResult,
    post_features: DataFrame,
    account_communities: DataFrame,
    quick: ModelsConfig,
) -> None:
    shuffled = post_features.orderBy(F.xxhash64("shortcode")).repartition(5)
    shuffled_too = account_communities.repartition(4)
    again = learn(shuffled, "top_likes", BY_ACCOUNT, quick, shuffled_too)
    assert again.metrics == viral.metrics
    for variant, fitted in viral.fitted.items():
        other = again.fitted[variant]
        assert (
            fitted.ensemble.toDebugString.split("\n", 1)[1]
            == (other.ensemble.toDebugString.split("\n", 1)[1])
        )
        assert fitted.calibration == other.calibration
    assert_df_equality(predictions(viral), predictions(again), ignore_row_order=True)


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
    pipeline = result.fitted[BEFORE_POSTING].pipeline()
    inputs = []
    for one in (table, perturbed(table, sources)):
        rows = with_known(one, Known(), model=model)
        frame = frames.model_frame(rows, model=model, partitions=1)
        inputs.append(
            pipeline.transform(frame).select(
                "owner_id",
                vector_to_array(F.col(VECTOR)).alias("vector"),
                "calibrated",
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
    held = post_features.join(predictions(result).select("shortcode"), "shortcode")
    oldest = held.agg(F.min("created_at").cast("string")).head()
    assert oldest is not None
    assert result.train["to"] < oldest[0]
    assert 0.19 < held.count() / post_features.count() < 0.3
    assert {"forest", "history_only", "followers_only", "likes_only"} <= set(result.metrics)


def test_a_forbidden_feature_stops_the_training(
    post_features: DataFrame, quick: ModelsConfig
) -> None:
    config = replace(quick, virality_features=("hour", "engagement_rate"))
    with pytest.raises(UserError, match="engagement_rate"):
        learn(post_features, "top_likes", BY_ACCOUNT, config)


def test_a_feature_that_tells_all_is_named(post_features: DataFrame, quick: ModelsConfig) -> None:
    leaking = post_features.withColumn("hour", F.col("likes").cast("int"))
    result = learn(leaking, "top_likes", BY_ACCOUNT, replace(quick, trees=1, depth=1))
    assert result.fitted[BEFORE_POSTING].suspects == {"hour": 1.0}
    (said,) = (one for one in training.remarks([[result]]) if "hour alone" in one)
    assert "top_likes, by_account: hour alone reaches an AUC of 1.000" in said


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
    assert result.fitted == {}
    assert result.metrics == {} and result.skipped is not None
    assert re.search(reason, result.skipped)
    assert "top_likes, by_account: skipped" in training.remarks([[result]])[0]


def test_one_class_on_a_side_is_skipped(post_features: DataFrame, quick: ModelsConfig) -> None:
    same = post_features.withColumn("likes", F.lit(5).cast("bigint"))
    result = learn(same, "top_likes", BY_ACCOUNT, quick)
    assert "rows have the same label" in (result.skipped or "")


def test_one_label_that_cannot_be_learnt_leaves_the_others(
    post_features: DataFrame, quick: ModelsConfig
) -> None:
    # No median, so nothing to beat; an all-null feature, too.
    broken = post_features.withColumns(
        {
            "history_median_likes": F.lit(None).cast("double"),
            "emoji_count": F.lit(None).cast(post_features.schema["emoji_count"].dataType),
        }
    )
    rows = with_known(broken, Known(), model=VIRALITY)
    frame = frames.model_frame(rows, model=VIRALITY, partitions=1).persist()
    chosen = [LABELS[name] for name in ("top_likes", "beats_own_history")]
    trained = training.train_labels(frame, chosen, replace(quick, trees=2, depth=2))
    assert all("forest" in one.metrics for one in trained[0])
    assert [one.outcome() for one in trained[1]] == [Skipped("no training row has a label")] * 2
    said = training.remarks(trained)
    assert any(
        "virality: unknown in all training rows" in one and "emoji_count" in one for one in said
    )
    assert "beats_own_history, by_time: skipped, no training row has a label" in said
    assert kept(trained[1]) is None


def test_forests_are_fitted_to_a_sample_of_accounts_and_measured_on_all_rows(
    post_features: DataFrame, viral: SplitResult, quick: ModelsConfig
) -> None:
    limited = replace(quick, trees=2, depth=2, fit_rows=viral.train["rows"] // 3)
    rows = with_known(post_features, Known(), model=VIRALITY)
    frame = frames.model_frame(rows, model=VIRALITY, partitions=1).persist()
    (results,) = training.train_labels(frame, [LABELS["top_likes"]], limited)
    for result in results:
        assert result.rows is not None
        part = F.col(part_of(result.split))
        found = result.rows.where(part.isin(FIT, SPARE)).groupBy("owner_id", part.alias("part"))
        sizes = {(row["owner_id"], row["part"]): row["count"] for row in found.count().collect()}
        # No account is on both sides, and both have some.
        owners = [owner for owner, _ in sizes]
        assert len(set(owners)) == len(owners)
        fitted, spare = (
            sum(size for (_, one), size in sizes.items() if one == part) for part in (FIT, SPARE)
        )
        assert (fitted, spare) == (result.train["rows"], result.train["spare"])
        assert fitted == pytest.approx(limited.fit_rows, rel=0.4)
        said = f"fitted to {fitted:,} of {fitted + spare:,} rows"
        assert any(said in one for one in training.remarks([results]))
    by_account = results[0]
    assert by_account.train["rows"] + by_account.train["spare"] == viral.train["rows"]
    assert by_account.learnt == viral.learnt
    assert by_account.metrics["forest"].rows == viral.metrics["forest"].rows
    assert by_account.metrics["history_only"].rows == viral.metrics["history_only"].rows


def test_too_few_to_calibrate_on_are_told(post_features: DataFrame, quick: ModelsConfig) -> None:
    config = replace(quick, trees=2, depth=2, min_calibration=10_000)
    result = learn(post_features, "top_likes", BY_ACCOUNT, config)
    assert result.fitted[BEFORE_POSTING].calibration.votes == (0.0, 1.0)
    assert any("to calibrate on, fewer than 10000" in one for one in training.remarks([[result]]))
    assert result.metrics["forest"].brier == result.metrics["forest"].brier_of_votes


def test_few_accounts_have_neither_intervals_nor_verdicts(
    post_features: DataFrame, quick: ModelsConfig
) -> None:
    """Hundreds of posts of some eighteen accounts are held out: fewer than are asked for."""
    found = learn(
        post_features, "top_likes", BY_ACCOUNT, replace(quick, trees=2, depth=2, min_groups=30)
    )
    for measured in found.metrics.values():
        assert measured.rows > 150
        assert set(measured.intervals.values()) == {None}
        assert all(gain.interval is None for gain in (measured.over or {}).values())
    assert found.performance["forest"].verdict == "too few accounts"


def test_a_permutation_figure_says_that_it_is_of_a_sample(viral: SplitResult) -> None:
    forest = viral.metrics["forest"]
    for rows, told in (
        (40, f"A sample of 40 rows, out of {forest.rows} of unseen accounts; average "
             f"precision 0.512 on the sample, so that it differs from the "
             f"{forest.average_precision:.3f} of all"),
        (forest.rows, f"All {forest.rows} rows of unseen accounts; average precision 0.512."),
    ):  # fmt: skip
        drops = {"hour": Drop(0.1, (0.05, 0.2))}
        explanation = Explanation(Importance(rows, 0.512, drops, {"timing": drops["hour"]}), ())
        figure = explanations.draw_permutation(replace(viral, explanation=explanation))
        said = " ".join(" ".join(text.get_text().split()) for text in figure.texts)
        assert told in said


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
    config = ModelsConfig(partition_rows=40_000)
    found = [training.partitions_for(rows, config) for rows in (0, 40_000, 50_001, 200_001)]
    assert found == [1, 1, 2, 6]
