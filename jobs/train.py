"""Train: forests for influence and virality, measured on what they have not seen, and saved."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from influencers import files, progress, side_by_side, stages, tables
from influencers.config import Config
from influencers.explore import style
from influencers.models import curves, explained, frames, importance, keeping, training, tuning
from influencers.models.copies import account_copies, copy_features
from influencers.models.declaration import INFLUENCE, TABLES, Label
from influencers.models.pictures import account_pictures, picture_features
from influencers.models.results import SplitResult
from influencers.report import sections
from influencers.schemas import SCHEMAS
from jobs.command_line import OUTPUT, Job, Option, main

# Of one label, on every split.
Results = list[SplitResult]


def run(spark: SparkSession, config: Config) -> dict[str, Any]:
    """Train what is asked for; returns models.MODEL.LABEL.SPLIT.WHO, and LABEL.folds.WHO."""
    models = training.models_to_train(config.models)
    for line in stages.remarks(spark, config):
        progress.say(line)
    trained = side_by_side.run_all(
        spark, [partial(_train, spark, config, model) for model in models]
    )
    for model, results in zip(models, trained, strict=True):
        # Drawn one by one: matplotlib knows one thread.
        drawn = {
            importance.FIGURES[model]: importance.figure_of(results[0]),
            **curves.figures(results),
            **explained.figures(training.kept(results[0]) or results[0][0]),
        }
        folder = files.join(config.paths.output, "figures")
        for name, figure in drawn.items():
            files.write_bytes(spark, files.join(folder, name), style.png(figure))
        # What could not be drawn this time is not shown as it was at another.
        for name in sections.figures_of(model):
            if f"{name}.png" not in drawn:
                files.delete(spark, files.join(folder, f"{name}.png"))
    return {"models": dict(zip(models, map(_numbers, trained), strict=True))}


def communities(spark: SparkSession, config: Config) -> DataFrame | None:
    """The accounts' communities as features; None where the stage has not run."""
    if not stages.has(spark, config, "communities"):
        return None
    found = tables.read(spark, config, "account_communities")
    return frames.community_features(found, algorithm=config.models.community_algorithm)


def pictures(spark: SparkSession, config: Config, posts: DataFrame, model: str) -> DataFrame | None:
    """The pictures of posts or accounts as features; None where the stage has not run."""
    if not stages.has(spark, config, "images"):
        return None
    found = tables.read(spark, config, "images")
    of_posts = picture_features(posts, found, mirrors=config.images.mirrors)
    return account_pictures(posts, of_posts) if model == INFLUENCE else of_posts


def copies(spark: SparkSession, config: Config, posts: DataFrame, model: str) -> DataFrame | None:
    """What was posted before with the same pictures; None where the stage has not run."""
    if not (stages.has(spark, config, "images") and stages.has(spark, config, "duplicates")):
        return None
    images, pairs = (tables.read(spark, config, name) for name in ("images", "duplicate_pairs"))
    of_posts = copy_features(posts, images, pairs, mirrors=config.images.mirrors)
    return account_copies(posts, of_posts) if model == INFLUENCE else of_posts


def _numbers(trained: Sequence[Results]) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {}
    for results in trained:
        numbers = {one.split: one.metrics for one in results}
        worth = next((one.performance for one in results if one.performance), None)
        found[results[0].label.name] = {**numbers, **({"folds": worth} if worth else {})}
    return found


def _train(spark: SparkSession, config: Config, model: str) -> list[Results]:
    """The results by label, the one that is shown first; models and predictions are written."""
    table = tables.read(spark, config, TABLES[model])
    posts = _posts(spark, config)
    frame = frames.model_frame(
        table,
        communities(spark, config),
        None if posts is None else pictures(spark, config, posts, model),
        None if posts is None else copies(spark, config, posts, model),
        model=model,
        partitions=training.partitions_for(table.count(), config.models),
    ).persist()
    try:
        labels = training.labels_to_train(config.models, model)
        config, tuned = _tuned(frame, labels[0], config)
        trained = training.train_labels(frame, labels, config.models)
        for line in training.remarks(trained):
            progress.say(line)
        # The label that is shown comes first; of the others, models and metrics are kept.
        with side_by_side.started(spark) as start:
            written = start(partial(_write_predictions, spark, config, model, trained[0]))
            calls = [partial(keeping.keep, spark, config, results, tuned) for results in trained]
            saving = [start(call) for call in calls]
            described = [future.result() for future in saving]
            written.result()
    finally:
        frame.unpersist()
    return described


def _posts(spark: SparkSession, config: Config) -> DataFrame | None:
    return tables.read(spark, config, "posts") if tables.exists(spark, config, "posts") else None


def _tuned(frame: DataFrame, label: Label, config: Config) -> tuple[Config, Sequence[tuning.Tried]]:
    """The configuration with the best settings for the label that is shown, and all tried."""
    if not config.models.tune:
        return config, ()
    found = tuning.tune(frame, label, config.models)
    for line in tuning.lines(found):
        progress.say(line)
    return replace(config, models=found.config), found.tried


def _write_predictions(spark: SparkSession, config: Config, model: str, results: Results) -> None:
    name = f"predictions_{model}"
    predictions = training.all_predictions(results)
    if predictions is None:
        predictions = spark.createDataFrame([], SCHEMAS[name])
    tables.write(predictions, config, name)


LABEL = Option(
    "--label",
    "models.label",
    "what virality means",
    choices=("top_likes", "top_engagement_in_tier", "beats_own_history"),
)
JOB = Job(
    name="train",
    summary="Train random forests for influence and virality, and measure them honestly.",
    reads="tables accounts, post_features; account_communities, images, duplicate_pairs, posts "
    "(if there)",
    writes="models/NAME; tables predictions_influence, predictions_virality; figures",
    run=run,
    options=(
        OUTPUT,
        Option(
            "--model",
            "models.model",
            "what to train",
            choices=("influence", "virality", "both"),
        ),
        LABEL,
        Option("--tune", "models.tune", "search the forest's settings first", switch=True),
    ),
)

if __name__ == "__main__":
    sys.exit(main(JOB))
