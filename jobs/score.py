"""Score: what a saved model says of posts or accounts it has never seen."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers import files, progress, tables
from influencers.config import Config
from influencers.errors import UserError
from influencers.ingest import sources
from influencers.models import rows, saved, scoring, unseen, worth
from influencers.models.asked import (
    PREDICTED,
    SCORED,
    Asked,
    asked,
    asked_of_table,
    is_posts,
    remark,
    with_left_out,
)
from influencers.models.declaration import BEFORE_POSTING, INFLUENCE
from influencers.models.rows import Known
from jobs.command_line import INPUT, OUTPUT, Job, Option, main
from jobs.train import LABEL, known


def run(spark: SparkSession, config: Config) -> dict[str, Any]:
    """Write the probabilities of the input's rows, in place of those scored before."""
    model = config.models.model
    label = "top_followers" if model == INFLUENCE else config.models.label
    variant = BEFORE_POSTING if model == INFLUENCE else config.models.variant
    uri = files.join(saved.folder(config), saved.model_name(model, label, variant))
    pipeline, card = saved.load(spark, uri)
    for line in worth.warnings(card, force=config.models.force):
        progress.say(line)
    reasons = config.models.reasons
    forest = saved.trees(spark, pipeline, files.join(uri, card["pipeline"])) if reasons else None
    with contextlib.ExitStack() as held:
        found = _read(spark, config, card, held)
        frame = _frame(spark, config, card, found)
        predictions = scoring.score(frame, pipeline, card, forest, reasons=reasons)
        if isinstance(found, Asked):
            predictions = with_left_out(predictions, found, model=model)
        name = f"predictions_{model}"
        tables.replace_rows(predictions, config, name, column="split", value=SCORED)
    _say(spark, config, model)
    return {}


def _frame(
    spark: SparkSession, config: Config, card: Mapping[str, Any], found: DataFrame | Asked
) -> DataFrame:
    """The rows to score: the same tables, joined in the same way, as the model has learnt from."""
    beside = replace(_known(spark, config, card), **scoring.joining(card, config))
    if isinstance(found, Asked):
        table, beside = _described(found.posts, beside, card, config)
    else:
        table = found
    scoring.check_columns(table, card, ", ".join(config.paths.input))
    return rows.with_known(table, beside, model=card["model"])


def _known(spark: SparkSession, config: Config, card: Mapping[str, Any]) -> Known:
    """What there is beside the input: the posts so far, and the tables that the model needs."""
    needed = scoring.needed_tables(card)
    of_images = {"images", "duplicate_pairs"}
    # What was posted before with an image is known of the images, too.
    return known(spark, config, {"posts", *needed, *(of_images if needed & of_images else ())})


def _read(
    spark: SparkSession, config: Config, card: Mapping[str, Any], held: contextlib.ExitStack
) -> DataFrame | Asked:
    """The input: a table of features, or posts, with the records that cannot be scored."""
    paths = config.paths.input
    if len(paths) == 1 and tables.is_table(spark, paths[0]):
        table = spark.read.format("delta").load(paths[0])
        return asked_of_table(table) if is_posts(table) else table
    listed = [one for path in paths for one in files.list_files(spark, path) if one.size > 0]
    if listed and all(sources.format_of(one.uri, config.ingest) == "parquet" for one in listed):
        table = files.read_parquet(spark, [one.path for one in listed])
        if scoring.has_features(table, card):
            return table
    found = sources.find(spark, paths, config.ingest)
    # They are gone through for the posts, for where each was read, and for what is left out.
    records = sources.read_records(spark, found, config.ingest).persist(StorageLevel.DISK_ONLY)
    held.callback(records.unpersist)
    return asked(records, config.ingest, now=int(time.time()))


def _described(
    new: DataFrame, beside: Known, card: Mapping[str, Any], config: Config
) -> tuple[DataFrame, Known]:
    """The features of new posts, or of who made them, and what is known with these posts."""
    # Features mean what they meant in training, whatever this run's configuration says.
    features = replace(config.features, **scoring.feature_settings(card))
    table = unseen.features_of_new(new, beside.posts, model=card["model"], config=features)
    return table, replace(beside, posts=unseen.with_known(new, beside.posts))


def _say(spark: SparkSession, config: Config, model: str) -> None:
    """How many rows have a prediction, and why the others have none.

    Raises:
        UserError: none has.
    """
    found = tables.read(spark, config, f"predictions_{model}").where(F.col("split") == SCORED)
    counts = {row["status"]: row["count"] for row in found.groupBy("status").count().collect()}
    line = remark(counts, model=model)
    if counts and PREDICTED not in counts:
        raise UserError(
            f"{', '.join(config.paths.input)}: {line}; see the column status of the table "
            f"predictions_{model} below {config.paths.output}"
        )
    progress.say(line)


JOB = Job(
    name="score",
    summary="Apply a saved model to new posts, or to the features of posts or accounts.",
    reads="a model; posts (CSV, JSON lines, Parquet, the table posts) or a table of features "
    "(Delta, Parquet); tables posts, account_communities, images, duplicate_pairs (if there)",
    writes="table predictions_influence or predictions_virality: the rows whose split is scored, a "
    "prediction or the reason why there is none",
    run=run,
    options=(
        OUTPUT,
        replace(INPUT, required=True, help="New posts, or a table of features."),
        Option(
            "--model",
            "models.model",
            "Model that predicts.",
            required=True,
            choices=("influence", "virality"),
        ),
        LABEL,
        Option("--variant", "models.variant"),
        Option("--models", "paths.models", metavar="DIR"),
        Option("--force", "models.force", switch=True),
    ),
)

if __name__ == "__main__":
    sys.exit(main(JOB))
