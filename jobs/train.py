"""Train: forests for influence and virality, measured on what they have not seen, and saved."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers import files, progress, side_by_side, stages, tables
from influencers.config import Config
from influencers.explore import style
from influencers.models import curves, explained, frames, importance, keeping, training, tuning
from influencers.models.declaration import INFLUENCE, TABLES, Label
from influencers.models.periods import cut_of
from influencers.models.results import SplitResult
from influencers.models.rows import Known, account_rows, with_known
from influencers.models.split import held_out_account
from influencers.report import sections
from influencers.schemas import SCHEMAS
from jobs.command_line import OUTPUT, Job, Option, main

# The tables beside a model's own, as `Known` has them.
BESIDE = ("posts", "account_communities", "images", "duplicate_pairs")
# The stages that make them: what one of these left in an earlier run is not of this one.
_STAGES_OF = {
    "account_communities": ("communities",),
    "images": ("images",),
    "duplicate_pairs": ("images", "duplicates"),
}

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


def known(spark: SparkSession, config: Config, names: Collection[str] = BESIDE) -> Known:
    """The tables beside a model's own that there are; those of stages that have not run are not."""
    found = {
        name: tables.read(spark, config, name)
        for name in BESIDE
        if name in names
        and tables.exists(spark, config, name)
        and all(stages.has(spark, config, stage) for stage in _STAGES_OF.get(name, ()))
    }
    return Known(
        **found, algorithm=config.models.community_algorithm, mirrors=config.images.mirrors
    )


def _numbers(trained: Sequence[Results]) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {}
    for results in trained:
        numbers = {one.split: one.metrics for one in results}
        worth = next((one.performance for one in results if one.performance), None)
        found[results[0].label.name] = {**numbers, **({"folds": worth} if worth else {})}
    return found


def frame_of(spark: SparkSession, config: Config, model: str) -> tuple[DataFrame, int | None]:
    """The rows of a model, and for accounts the Unix microsecond that parts their posts."""
    table = tables.read(spark, config, TABLES[model])
    partitions = training.partitions_for(table.count(), config.models)
    cut = None
    if model == INFLUENCE:
        rows, cut = _accounts(spark, config, table)
    else:
        # The author's community is of all time: no label of a post may use it.
        beside = known(spark, config, [name for name in BESIDE if name != "account_communities"])
        rows = with_known(table, beside, model=model)
    return frames.model_frame(rows, None, model=model, partitions=partitions), cut


def _accounts(
    spark: SparkSession, config: Config, table: DataFrame
) -> tuple[DataFrame, int | None]:
    beside = known(spark, config)
    if beside.posts is None or not tables.exists(spark, config, "post_features"):
        progress.say(
            "influence, by_time: skipped, as accounts cannot be described at a time without the "
            "tables posts and post_features"
        )
        return with_known(table, beside, model=INFLUENCE), None
    described = tables.read(spark, config, "post_features")
    cut = cut_of(described, share=config.models.time_share)
    if cut is None:
        return with_known(table, beside, model=INFLUENCE), None
    held_out = held_out_account(
        F.col("owner_id"), share=config.models.account_share, seed=config.models.seed
    )
    rows = account_rows(
        table, described, beside, cut=cut, held_out=held_out, tier_edges=config.features.tier_edges
    )
    return rows, cut


def _train(spark: SparkSession, config: Config, model: str) -> list[Results]:
    """The results by label, the one that is shown first; models and predictions are written."""
    frame, cut = frame_of(spark, config, model)
    frame.persist()
    try:
        labels = training.labels_to_train(config.models, model)
        config, tuned = _tuned(frame, labels[0], config, cut)
        trained = training.train_labels(frame, labels, config.models, cut=cut)
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


def _tuned(
    frame: DataFrame, label: Label, config: Config, cut: int | None
) -> tuple[Config, Sequence[tuning.Tried]]:
    """The configuration with the best settings for the label that is shown, and all tried."""
    if not config.models.tune:
        return config, ()
    found = tuning.tune(frame, label, config.models, cut=cut)
    for line in tuning.lines(found):
        progress.say(line)
    return replace(config, models=found.config), found.tried


def _write_predictions(spark: SparkSession, config: Config, model: str, results: Results) -> None:
    name = f"predictions_{model}"
    predictions = training.all_predictions(results)
    if predictions is None:
        predictions = spark.createDataFrame([], SCHEMAS[name])
    tables.write(predictions, config, name)


LABEL = Option("--label", "models.label")
JOB = Job(
    name="train",
    summary="Train random forests for influence and virality, and measure them honestly.",
    reads="tables accounts, post_features; account_communities, images, duplicate_pairs, posts "
    "(if there)",
    writes="models/NAME; tables predictions_influence, predictions_virality; figures",
    run=run,
    options=(
        OUTPUT,
        Option("--model", "models.model"),
        LABEL,
        Option("--tune", "models.tune", switch=True),
    ),
)

if __name__ == "__main__":
    sys.exit(main(JOB))
