"""The jobs train and score, on real tables, models and files."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.communities.tables import ACCOUNT_COMMUNITIES
from influencers.config import Config, ModelsConfig, PathsConfig
from influencers.errors import UserError
from influencers.features.images import FORMER_NAMES
from influencers.features.tables import POST_FEATURES
from influencers.images import shown
from influencers.images.tables import IMAGES, POST_IMAGES
from influencers.ingest.tables import POSTS
from influencers.measured.keys import as_json
from influencers.models import saved
from influencers.models.tables import PREDICTIONS_VIRALITY
from influencers.report.contents import sections
from influencers.report.frames import Frames
from influencers.report.headlines import headlines
from influencers.report.warnings import warnings
from influencers.run import metrics
from influencers.storage.store import Store
from jobs import duplicates, features, score, train

# Where the images of the fixture lie: one network of mirrors, as the pipeline has its sample.
IMAGE_HOST = "images.example"
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
    spark: SparkSession,
    posts: DataFrame,
    images: DataFrame,
    account_communities: DataFrame,
    quick: ModelsConfig,
) -> Config:
    output = str(tmp_path_factory.mktemp("models") / "out")
    settings = replace(quick, trees=3, depth=3, labels=("top_likes", "top_engagement_in_tier"))
    config = Config(
        paths=PathsConfig(output=output),
        models=settings,
    )
    store = Store(spark, config)
    store.write(posts, POSTS)
    features.run(spark, config)
    store.write(account_communities, ACCOUNT_COMMUNITIES)
    # As the job images of a pipeline has it for its own sample: no later job is told.
    store.write(shown.of_posts(posts, mirrors=(IMAGE_HOST,)), POST_IMAGES)
    store.write(images, IMAGES)
    duplicates.run(spark, config)
    return config


@pytest.fixture(scope="module")
def numbers(spark: SparkSession, config: Config) -> dict[str, Any]:
    """As metrics.json has them, but not rounded."""
    found: dict[str, Any] = as_json(train.run(spark, config).models)
    return found


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
        held_out = Store(spark, config).read(f"predictions_{model}").where("split != 'scored'")
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


@pytest.fixture(scope="module")
def files_of_posts(
    config: Config, posts: DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The posts of the fixture as a file."""
    folder = tmp_path_factory.mktemp("posts")
    named = posts.withColumn("created_at", F.unix_seconds("created_at")).drop(
        "hashtags", "hashtags_as_written", "mentions", "crawled_at", "source_file"
    )
    named.toPandas().to_csv(folder / "posts.csv", index=False)
    return folder / "posts.csv"


@pytest.mark.parametrize(
    ("model", "table"),
    [
        ("virality", "post_features"),
        ("influence", "accounts"),
        ("virality", "posts"),
        ("influence", "posts"),
        ("virality", ""),
        ("influence", ""),
    ],
)
def test_a_saved_model_says_what_it_said_when_it_was_measured(
    spark: SparkSession,
    config: Config,
    numbers: dict[str, Any],
    files_of_posts: Path,
    model: str,
    table: str,
) -> None:
    store = Store(spark, config)
    key, own = {"virality": ("shortcode", "post_features"), "influence": ("owner_id", "accounts")}[
        model
    ]
    source = store.location(table) if table else str(files_of_posts)
    asked = scored(config, source, model=model)
    score.run(spark, asked)
    score.run(spark, asked)
    found = store.read(f"predictions_{model}")
    again = found.where("split = 'scored'")
    assert again.count() == store.read(own).count()
    measured = found.where("split = 'by_account'").select(key, "probability")
    said = {row[key]: row["probability"] for row in again.collect()}
    was = {row[key]: row["probability"] for row in measured.collect()}
    assert len(was) > 10
    assert {name: said[name] for name in was} == pytest.approx(was, abs=1e-9)
    assert found.where("split = 'by_time'").count() > 0


def test_boosted_trees_are_trained_saved_and_scored_with_reasons(
    spark: SparkSession, config: Config, numbers: dict[str, Any], tmp_path: Path
) -> None:
    # Tables as they are, and models of its own.
    output = tmp_path / "out"
    shutil.copytree(config.paths.output, output, ignore=shutil.ignore_patterns("models"))
    other = replace(
        config,
        paths=replace(config.paths, output=str(output)),
        models=replace(
            config.models, model="virality", labels=("top_likes",), estimator="boosted",
            boosting_rounds=15, boosting_leaves=5, evaluation_folds=2,
        ),
    )  # fmt: skip
    found = as_json(train.run(spark, other).models)["virality"]["top_likes"]
    assert found["by_account"]["forest"]["average_precision"] > 0.3
    assert len(found["folds"]["forest"]["values"]) == 2
    card = json.loads((output / "models" / NAMES["virality"] / "model.json").read_text())
    assert card["forest"]["estimator"] == "boosted"
    assert (card["forest"]["boosting_rounds"], card["forest"]["boosting_leaves"]) == (15, 5)
    store = Store(spark, other)
    score.run(spark, scored(other, store.location(POST_FEATURES), model="virality"))
    table = store.read("predictions_virality")
    said = {
        row["shortcode"]: (row["probability"], row["reasons"])
        for row in table.where("split = 'scored'").collect()
    }
    measured = table.where("split = 'by_account'").select("shortcode", "probability").collect()
    assert len(measured) > 10
    for row in measured:
        assert said[row["shortcode"]][0] == pytest.approx(row["probability"], abs=1e-9)
    assert any(abs(one["effect"]) > 0.5 for _, reasons in said.values() for one in reasons)


def test_the_models_look_at_images_and_what_was_posted_before(
    config: Config, numbers: dict[str, Any]
) -> None:
    for name, features_of in (
        ("virality-top_likes", {"image_brightness", "copy_posts_before"}),
        ("influence-top_followers", {"median_image_brightness", "copied_share"}),
    ):
        card = json.loads((Path(config.paths.output) / "models" / name / "model.json").read_text())
        assert features_of <= {one["name"] for one in card["features"]}
        assert "mirrors" not in card
        if name.startswith("virality"):
            assert card["importances"]["image_brightness"] > 0


@pytest.mark.parametrize("table", ["post_features", "posts"])
def test_an_output_of_an_earlier_version_is_scored_by_the_mirrors_of_its_card(
    spark: SparkSession,
    config: Config,
    numbers: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    table: str,
) -> None:
    """It has images and no post_images, and a card said which mirrors the model had learnt by."""
    shutil.copytree(config.paths.output, tmp_path / "out")
    shutil.rmtree(tmp_path / "out" / "tables" / POST_IMAGES.name)
    old = replace(config, paths=PathsConfig(output=str(tmp_path / "out")))
    place = Path(saved.folder(old), "virality-top_likes", "model.json")
    place.write_text(json.dumps({**json.loads(place.read_text()), "mirrors": [IMAGE_HOST]}))
    said = []
    for one in (config, old):
        capsys.readouterr()
        store = Store(spark, one)
        score.run(spark, scored(one, store.location(table), model="virality"))
        found = store.read(PREDICTIONS_VIRALITY).where("split = 'scored'")
        rows = {row["shortcode"]: row["probability"] for row in found.collect()}
        said.append((rows, capsys.readouterr().err.count("left no table post_images")))
    assert [count for _, count in said] == [0, 1]
    assert said[0][0] == pytest.approx(said[1][0], abs=1e-9)


@pytest.mark.parametrize("model", list(NAMES))
def test_a_model_with_former_names_of_features_says_the_same(
    spark: SparkSession,
    config: Config,
    numbers: dict[str, Any],
    files_of_posts: Path,
    tmp_path: Path,
    model: str,
) -> None:
    """Card and pipeline with the names that earlier versions gave the features of images."""
    shutil.copytree(saved.folder(config), tmp_path / "models")
    renamed = [
        renamed_features(path)
        for path in (tmp_path / "models" / NAMES[model]).rglob("*")
        if path.name in ("model.json", "part-00000") or path.suffix == ".txt"
    ]
    assert sum(renamed) == 2, "the card, and the statement of the pipeline"
    key = {"virality": "shortcode", "influence": "owner_id"}[model]
    said = []
    for models in (saved.folder(config), str(tmp_path / "models")):
        score.run(spark, scored(config, str(files_of_posts), model=model, models=models))
        found = Store(spark, config).read(f"predictions_{model}").where("split = 'scored'")
        said.append({row[key]: row["probability"] for row in found.collect()})
    assert len(set(said[0].values())) > 3
    assert said[0] == said[1]


def renamed_features(path: Path) -> bool:
    """Rename the features of images in a file of a saved model; whether there are any."""
    text = path.read_text()
    renamed = text
    for former, name in FORMER_NAMES.items():
        renamed = renamed.replace(f'"{name}"', f'"{former}"').replace(f"`{name}`", f"`{former}`")
    path.write_text(renamed)
    # The checksum of the file as it was.
    path.with_name(f".{path.name}.crc").unlink(missing_ok=True)
    return renamed != text


def test_every_record_has_a_prediction_or_a_reason(
    spark: SparkSession, config: Config, numbers: dict[str, Any], tmp_path: Path
) -> None:
    """Planned posts, unreadable and hidden counts, records that cannot be used, a second crawl."""
    later = 4_000_000_000
    lines = [
        f"1000,planned,False,soon #tag,,,{later},500,",
        f"1000,counts,False,,-5,n.n.,{later},500,",
        "1001,hidden,False,,-1,-1,1493442000,900,",
        "1001,twice,False,,1,5,1493442000,900,",
        "1001,twice,False,,2,50,1493442000,900,",
        "1002,,False,,1,5,1493442000,900,",
        "1002,when,False,,1,5,,900,",
        "1002,year,False,,1,5,99999,900,",
        "1002,many,False,,1,5,1493442000,much,",
        "broken",
    ]
    names = "owner_id,shortcode,is_video,caption,comments,likes,created_at,followers,imageUrl"
    path = tmp_path / "asked.csv"
    path.write_text("\n".join([names, *lines]) + "\n")
    output = str(tmp_path / "out")
    models = saved.folder(config)
    for model in ("virality", "influence"):
        asked = scored(config, str(path), model=model, output=output, models=models)
        score.run(spark, asked)
        score.run(spark, asked)
    found = spark.read.format("delta").load(f"{output}/tables/predictions_virality").collect()
    assert {row["split"] for row in found} == {"scored"}
    assert sorted(row["record"] for row in found) == list(range(1, len(lines) + 1))
    assert {row["source_file"].rpartition("/")[2] for row in found} == {"asked.csv"}
    assert all((row["status"] == "ok") == (row["probability"] is not None) for row in found)
    assert {row["record"]: (row["shortcode"], row["status"]) for row in found} == {
        1: ("planned", "ok"),
        2: ("counts", "ok"),
        3: ("hidden", "ok"),
        4: ("twice", "duplicate"),
        5: ("twice", "ok"),
        6: (None, "missing:shortcode"),
        7: ("when", "missing:created_at"),
        8: ("year", "time_out_of_range:created_at"),
        9: ("many", "unreadable_number:followers"),
        10: (None, "field_count"),
    }
    accounts = spark.read.format("delta").load(f"{output}/tables/predictions_influence").collect()
    # A duplicate's account is predicted.
    assert {row["record"] for row in accounts if row["status"] != "ok"} == {6, 7, 8, 9, 10}
    assert sorted(row["owner_id"] for row in accounts if row["status"] == "ok") == [1000, 1001]


def test_where_nothing_can_be_scored_the_reasons_are_said(
    spark: SparkSession, config: Config, numbers: dict[str, Any], tmp_path: Path
) -> None:
    names = "owner_id,shortcode,is_video,caption,comments,likes,created_at,followers,imageUrl"
    (tmp_path / "bad.csv").write_text(f"{names}\n1,,False,,1,5,1493442000,9,\n")
    asked = scored(
        config,
        str(tmp_path / "bad.csv"),
        model="virality",
        output=str(tmp_path / "out"),
        models=saved.folder(config),
    )
    with pytest.raises(UserError, match=r"scored 0 posts; left out 1 records: missing:shortcode 1"):
        score.run(spark, asked)


def test_predictions_of_an_older_table_are_replaced(
    spark: SparkSession, config: Config, numbers: dict[str, Any], tmp_path: Path
) -> None:
    """Tables that were written without status, source_file and record."""
    output = str(tmp_path / "out")
    old = Store(spark, config).read(PREDICTIONS_VIRALITY).drop("status", "source_file", "record")
    old.where("split = 'by_time'").unionByName(
        old.where("split = 'by_time'").limit(3).withColumn("split", F.lit("scored"))
    ).write.format("delta").save(f"{output}/tables/predictions_virality")
    (tmp_path / "posts.csv").write_text(CSV)
    asked = scored(
        config,
        str(tmp_path / "posts.csv"),
        model="virality",
        output=output,
        models=saved.folder(config),
    )
    score.run(spark, asked)
    found = spark.read.format("delta").load(f"{output}/tables/predictions_virality")
    scored_now = found.where("split = 'scored'").collect()
    assert {row["shortcode"] for row in scored_now} == {"new1", "new2"}
    assert found.where("split = 'by_time'").count() == old.where("split = 'by_time'").count()


def test_a_skipped_label_is_told_in_the_report_under_its_own_name(
    spark: SparkSession, config: Config, tmp_path: Path
) -> None:
    """No earlier post is known, so that none beats its author's history."""
    features = Store(spark, config).read(POST_FEATURES)
    broken = replace(
        config,
        paths=replace(config.paths, output=str(tmp_path / "out")),
        models=replace(
            config.models, model="virality", label="beats_own_history", labels=("top_likes",)
        ),
    )
    unknown = features.withColumn("history_median_likes", F.lit(None).cast("double"))
    Store(spark, broken).write(unknown, POST_FEATURES)
    metrics.update(spark, broken, train.run(spark, broken))
    found = metrics.read(spark, broken)
    assert found.models["virality"]["top_likes"].folds["forest"].average_precision > 0
    told = [line for line in warnings(found) if "skipped" in line]
    assert told == [
        f"Virality, beats own history, {where}: skipped, no training row has a label."
        for where in ("unseen accounts", "later posts")
    ]
    nothing = pd.DataFrame()
    frames = Frames(nothing, nothing, nothing, nothing, ())
    (shown,) = (one for one in headlines(found, frames) if "precision" in one.label)
    assert shown.value == "–"
    assert "beats own history; unseen accounts: skipped, no training row" in shown.note
    (table,) = (
        table
        for section in sections(found, frames, {})
        for table in section.tables
        if "virality" in section.anchor
        and table.title == "Held-out performance beside the best baseline"
    )
    assert [row[0] for row in table.rows] == ["top likes", "top likes"]
    assert "beats own history, unseen accounts: skipped, no training row has a label." in table.note


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
            Store(spark, config).location(POST_FEATURES),
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
    by_chance = {"over_random": {"average_precision": 0.01, "interval": [-0.02, 0.04]}}
    with pytest.raises(UserError, match="--force"):
        ask(by_chance)
    assert "is not shown to be above that of a random order" in ask(by_chance, force=True)


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
    asked = scored(config, Store(spark, config).location(POST_FEATURES), model="virality")
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
    features = Store(spark, config).read(POST_FEATURES)
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
