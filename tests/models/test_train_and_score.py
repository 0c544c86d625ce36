"""The jobs train and score, on real tables, models and files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers import metrics, tables
from influencers.config import Config, ModelsConfig, PathsConfig
from influencers.errors import UserError
from influencers.models import saved
from influencers.report import sections
from jobs import score, train

CSV = (
    "owner_id,owner_username,shortcode,is_video,caption,comments,likes,created_at,location,"
    "imageUrl,multiple_images,username,followers,following\n"
    '1000,a,new1,False,"Two lines,\nand a #tag?",3,,1493442000,,,True,A,500000,10\n'
    "1001,b,new2,False,,,12,1493442000,Here,,False,B,900,10\n"
)


NAMES = {"virality": "virality-top_likes", "influence": "influence-top_followers"}


@pytest.fixture(scope="module")
def config(
    tmp_path_factory: pytest.TempPathFactory,
    post_features: DataFrame,
    accounts: DataFrame,
    account_communities: DataFrame,
    quick: ModelsConfig,
) -> Config:
    output = str(tmp_path_factory.mktemp("models") / "out")
    settings = replace(quick, trees=3, depth=3, labels=("top_likes", "top_engagement_in_tier"))
    config = Config(paths=PathsConfig(output=output), models=settings)
    tables.write(post_features, config, "post_features")
    tables.write(accounts, config, "accounts")
    tables.write(account_communities, config, "account_communities")
    return config


@pytest.fixture(scope="module")
def numbers(spark: SparkSession, config: Config) -> dict[str, Any]:
    return train.run(spark, config)["models"]


def scored(config: Config, *inputs: str, model: str, **paths: str) -> Config:
    return replace(
        config,
        paths=replace(config.paths, input=inputs, **paths),
        models=replace(config.models, model=model),
    )


def test_metrics_have_their_places(numbers: dict[str, Any]) -> None:
    assert set(numbers) == {"influence", "virality"}
    assert set(numbers["influence"]) == {"top_followers"}
    assert list(numbers["virality"]) == ["top_likes", "top_engagement_in_tier"]
    for labels in numbers.values():
        for splits in labels.values():
            assert list(splits) == ["by_account", "by_time", "folds"]
            assert set(splits["folds"]) <= {"forest", "without_history"}
    json.dumps(numbers, allow_nan=False)


def test_predictions_are_of_the_shown_label_and_both_splits(
    spark: SparkSession, config: Config, numbers: dict[str, Any]
) -> None:
    for model, label in (("influence", "top_followers"), ("virality", "top_likes")):
        # Other tests may have scored rows into the same table.
        held_out = tables.read(spark, config, f"predictions_{model}").where("split != 'scored'")
        found = held_out.groupBy("split").count()
        for row in found.collect():
            assert numbers[model][label][row["split"]]["forest"]["rows"] == row["count"]
        assert found.count() == 2


def test_figures_are_drawn(config: Config, numbers: dict[str, Any]) -> None:
    folder = Path(config.paths.output) / "figures"
    assert sorted(one.stem for one in folder.iterdir()) == [
        f"{model}_{figure}"
        for model in ("influential_users", "viral_content")
        for figure in (
            "feature_importance",
            "partial_dependence",
            "permutation_importance",
            "precision_recall",
            "reliability",
        )
    ]


def test_the_card_says_what_the_model_is(config: Config, numbers: dict[str, Any]) -> None:
    folder = Path(config.paths.output) / "models"
    assert sorted(one.name for one in folder.iterdir()) == [
        "influence-top_followers",
        "virality-top_engagement_in_tier",
        "virality-top_engagement_in_tier-without_history",
        "virality-top_likes",
        "virality-top_likes-without_history",
    ]
    card = json.loads((folder / "virality-top_likes" / "model.json").read_text())
    assert card["label"]["learnt"]["threshold"] > 0
    assert card["trained_on"]["split"] == "by_account"
    assert card["trained_on"]["from"] < card["trained_on"]["to"]
    assert {"name": "hour", "group": "timing", "table": "post_features", "type": "numeric"} in card[
        "features"
    ]
    measured = numbers["virality"]["top_likes"]
    assert card["metrics"] == {split: measured[split] for split in ("by_account", "by_time")}
    assert card["performance"] == measured["folds"]["forest"]
    assert card["forest"]["seed"] == 11


def test_a_saved_model_says_what_it_said_when_it_was_measured(
    spark: SparkSession, config: Config, numbers: dict[str, Any]
) -> None:
    for model, table in (("virality", "post_features"), ("influence", "accounts")):
        key = {"virality": "shortcode", "influence": "owner_id"}[model]
        asked = scored(config, tables.location(config, table), model=model)
        score.run(spark, asked)
        score.run(spark, asked)
        found = tables.read(spark, config, f"predictions_{model}")
        again = found.where("split = 'scored'")
        assert again.count() == tables.read(spark, config, table).count()
        measured = found.where("split = 'by_account'").select(key, "probability")
        assert_df_equality(
            again.join(measured, key, "left_semi").select(key, "probability"),
            measured,
            ignore_row_order=True,
        )
        assert found.where("split = 'by_time'").count() > 0


def test_a_skipped_label_is_told_in_the_report_under_its_own_name(
    spark: SparkSession, config: Config, tmp_path: Path
) -> None:
    """No earlier post is known, so that none beats its author's history."""
    features = tables.read(spark, config, "post_features")
    broken = replace(
        config,
        paths=replace(config.paths, output=str(tmp_path / "out")),
        models=replace(
            config.models, model="virality", label="beats_own_history", labels=("top_likes",)
        ),
    )
    unknown = features.withColumn("history_median_likes", F.lit(None).cast("double"))
    tables.write(unknown, broken, "post_features")
    metrics.update(spark, broken, train.run(spark, broken))
    found = metrics.read(spark, broken)
    assert found["models"]["virality"]["top_likes"]["folds"]["forest"]["average_precision"] > 0
    told = [line for line in sections.warnings(found) if "skipped" in line]
    assert told == [
        f"Virality, beats own history, {where}: skipped, no training row has a label."
        for where in ("unseen accounts", "a later time")
    ]
    nothing = pd.DataFrame()
    frames = sections.Frames(nothing, nothing, nothing, nothing, ())
    (shown,) = (one for one in sections.headlines(found, frames) if "precision" in one.label)
    assert shown.value == "–"
    assert "beats own history; unseen accounts: skipped, no training row" in shown.note
    (table,) = (
        table
        for section in sections.sections(found, frames, {})
        for table in section.tables
        if "virality" in section.anchor and table.title.startswith("What the models are worth")
    )
    assert [row[0] for row in table.rows] == ["top likes", "top likes"]
    assert "beats own history, by account: skipped, no training row has a label." in table.note


def test_a_weak_model_is_told_of_and_one_of_chance_is_refused(
    spark: SparkSession,
    config: Config,
    numbers: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pipeline, card = saved.load(spark, f"{saved.folder(config)}/virality-top_likes")
    uri = f"{tmp_path}/models/virality-top_likes"
    folder = saved.save(spark, pipeline, uri)

    def ask(changes: dict[str, Any], *, force: bool = False) -> str:
        changed = {**card, "performance": {**card["performance"], **changes}}
        saved.publish(spark, changed, uri, folder)
        asked = scored(
            config,
            tables.location(config, "post_features"),
            model="virality",
            models=str(tmp_path / "models"),
            output=str(tmp_path / "out"),
        )
        capsys.readouterr()
        score.run(spark, replace(asked, models=replace(asked.models, reasons=0, force=force)))
        return capsys.readouterr().err

    assert "warning" not in ask({"verdict": "no clear gain"})
    behind = {"average_precision": -0.1, "interval": [-0.2, -0.05]}
    told = ask({"verdict": "worse", "over_best": behind})
    assert told.count("warning: virality-top_likes: average precision") == 1
    assert "is behind that of" in told
    by_chance = {"over_prevalence": {"average_precision": 0.01, "interval": [-0.02, 0.04]}}
    with pytest.raises(UserError, match="--force"):
        ask(by_chance)
    assert "is not shown to be above the prevalence" in ask(by_chance, force=True)


@pytest.mark.parametrize(
    ("model", "keys"), [("virality", {"new1", "new2"}), ("influence", {1000, 1001})]
)
def test_posts_are_scored_as_they_come(
    spark: SparkSession,
    config: Config,
    numbers: dict[str, Any],
    tmp_path: Path,
    model: str,
    keys: set[Any],
) -> None:
    (tmp_path / "posts.csv").write_text(CSV)
    elsewhere = str(tmp_path / "scored")
    models = saved.folder(config)
    score.run(
        spark,
        scored(config, str(tmp_path / "posts.csv"), model=model, output=elsewhere, models=models),
    )
    found = spark.read.format("delta").load(f"{elsewhere}/tables/predictions_{model}").collect()
    assert {row[0] for row in found} == keys
    assert {(row["label"], row["split"]) for row in found} == {(None, "scored")}
    assert all(0 <= row["probability"] <= 1 for row in found)
    _, card = saved.load(spark, f"{models}/{NAMES[model]}")
    names = {one["name"] for one in card["features"]}
    for row in found:
        effects = [abs(one["effect"]) for one in row["reasons"]]
        assert 0 < len(effects) <= 3
        assert effects == sorted(effects, reverse=True)
        assert {one["feature"] for one in row["reasons"]} <= names


def test_a_new_account_is_asked_without_its_history(
    spark: SparkSession, config: Config, numbers: dict[str, Any], tmp_path: Path
) -> None:
    asked = scored(config, tables.location(config, "post_features"), model="virality")
    output = str(tmp_path / "out")
    found = []
    for variant in ("before_posting", "without_history"):
        # Three trees and eighteen accounts show no variant to be better than chance.
        models = replace(asked.models, variant=variant, reasons=0, force=True)
        paths = replace(asked.paths, output=output, models=saved.folder(config))
        score.run(spark, replace(asked, models=models, paths=paths))
        rows = spark.read.format("delta").load(f"{output}/tables/predictions_virality")
        assert rows.where("reasons is not null").count() == 0
        found.append({row["shortcode"]: row["probability"] for row in rows.collect()})
    assert found[0].keys() == found[1].keys()
    assert found[0] != found[1]


def test_missing_and_mistyped_columns_are_named(
    spark: SparkSession, config: Config, numbers: dict[str, Any], tmp_path: Path
) -> None:
    features = tables.read(spark, config, "post_features")
    features.drop("hour", "followers").write.parquet(str(tmp_path / "narrow.parquet"))
    with pytest.raises(UserError, match="lacks hour, followers") as caught:
        score.run(spark, scored(config, str(tmp_path / "narrow.parquet"), model="virality"))
    assert "virality-top_likes" in str(caught.value)
    as_text = features.withColumn("hour", F.col("hour").cast("string"))
    as_text.write.parquet(str(tmp_path / "text.parquet"))
    with pytest.raises(UserError, match=r"hour \(string, not numeric\)"):
        score.run(spark, scored(config, str(tmp_path / "text.parquet"), model="virality"))


def test_what_is_no_model_is_said(spark: SparkSession, config: Config, tmp_path: Path) -> None:
    def ask(models: Path) -> None:
        score.run(spark, scored(config, "x.csv", model="virality", models=str(models)))

    with pytest.raises(UserError, match=r"no model at .*virality-top_likes"):
        ask(tmp_path)
    card = tmp_path / "virality-top_likes" / "model.json"
    card.parent.mkdir()
    card.write_text("{")
    with pytest.raises(UserError, match="unreadable"):
        ask(tmp_path)
    card.write_text('{"format": 2, "pipeline": "pipeline-1"}')
    with pytest.raises(UserError, match="train it again"):
        ask(tmp_path)


def test_a_run_that_dies_leaves_the_model_that_was_there(
    spark: SparkSession,
    config: Config,
    numbers: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pipeline, card = saved.load(spark, f"{saved.folder(config)}/influence-top_followers")
    uri = str(tmp_path / "model")
    saved.publish(spark, card, uri, saved.save(spark, pipeline, uri))

    def die(*_: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as broken:
        broken.setattr(saved.files, "write_text", die)
        with pytest.raises(OSError, match="no space left"):
            saved.publish(spark, card, uri, saved.save(spark, pipeline, uri))
    assert saved.load(spark, uri)[1]["pipeline"] == "pipeline-1"
    saved.publish(spark, card, uri, saved.save(spark, pipeline, uri))
    assert sorted(one.name for one in (tmp_path / "model").iterdir()) == [
        "model.json",
        "pipeline-2",
    ]
