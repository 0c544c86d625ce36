"""Score: what a saved model says of posts or accounts it has never seen."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from influencers import files, progress, tables
from influencers.config import Config
from influencers.ingest import posts, sources
from influencers.models import frames, saved, scoring, unseen, worth
from influencers.models.declaration import BEFORE_POSTING, INFLUENCE, KEYS, VARIANTS
from jobs.command_line import INPUT, OUTPUT, Job, Option, main
from jobs.train import LABEL, communities, copies, pictures


def run(spark: SparkSession, config: Config) -> dict[str, Any]:
    """Write the probabilities of the input's rows, in place of those scored before."""
    model = config.models.model
    label = "top_followers" if model == INFLUENCE else config.models.label
    variant = BEFORE_POSTING if model == INFLUENCE else config.models.variant
    uri = files.join(saved.folder(config), saved.model_name(model, label, variant))
    pipeline, card = saved.load(spark, uri)
    for line in worth.warnings(card, force=config.models.force):
        progress.say(line)
    table = _features(spark, config, card)
    scoring.check_columns(table, card, ", ".join(config.paths.input))
    frame = frames.with_communities(table, communities(spark, config))
    frame = frames.with_pictures(frame, None, None, model=model)
    reasons = config.models.reasons
    folder = files.join(uri, card["pipeline"])
    forest = saved.trees(spark, pipeline, folder) if reasons else None
    tables.merge(
        scoring.score(frame, pipeline, card, forest, reasons=reasons),
        config,
        f"predictions_{model}",
        keys=[KEYS[model], "split"],
        update_when="true",
        replaces=("split", [scoring.SCORED]),
    )
    return {}


def _features(spark: SparkSession, config: Config, card: Mapping[str, Any]) -> DataFrame:
    paths = config.paths.input
    if len(paths) == 1 and tables.is_table(spark, paths[0]):
        return spark.read.format("delta").load(paths[0])
    listed = [one for path in paths for one in files.list_files(spark, path) if one.size > 0]
    if listed and all(sources.format_of(one.uri, config.ingest) == "parquet" for one in listed):
        table = files.read_parquet(spark, [one.path for one in listed])
        if scoring.has_features(table, card):
            return table
    return _features_of_posts(spark, config, card)


def _features_of_posts(spark: SparkSession, config: Config, card: Mapping[str, Any]) -> DataFrame:
    found = sources.find(spark, config.paths.input, config.ingest)
    records = posts.with_reasons(
        sources.read_records(spark, found, config.ingest), config.ingest, now=int(time.time())
    )
    old = tables.read(spark, config, "posts") if tables.exists(spark, config, "posts") else None
    # Features mean what they meant in training, whatever this run's configuration says.
    new = posts.with_tags(posts.latest(posts.good(records)))
    model = card["model"]
    described = unseen.features_of_new(
        new,
        old,
        model=model,
        config=replace(config.features, **scoring.feature_settings(card)),
    )
    of_model = unseen.with_earlier(new, old) if model == INFLUENCE else new
    return frames.with_pictures(
        described,
        pictures(spark, config, of_model, model),
        copies(spark, config, unseen.with_known(new, old), model),
        model=model,
    )


JOB = Job(
    name="score",
    summary="Apply a saved model to new posts, or to the features of posts or accounts.",
    reads="a model; posts (CSV, JSON lines, Parquet) or a table of features (Delta, Parquet); "
    "tables posts, account_communities, images, duplicate_pairs (if there)",
    writes="table predictions_influence or predictions_virality: the rows whose split is scored",
    run=run,
    options=(
        OUTPUT,
        replace(INPUT, required=True, help="new posts, or a table of features"),
        Option(
            "--model",
            "models.model",
            "which model to ask",
            required=True,
            choices=("influence", "virality"),
        ),
        LABEL,
        Option(
            "--variant",
            "models.variant",
            "what may be known of the author",
            choices=VARIANTS,
        ),
        Option("--models", "paths.models", "folder of the saved models", metavar="DIR"),
        Option(
            "--force",
            "models.force",
            "use a model that is not shown to be better than chance",
            switch=True,
        ),
    ),
)

if __name__ == "__main__":
    sys.exit(main(JOB))
