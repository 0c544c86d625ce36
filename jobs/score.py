"""Score: what a saved model says of posts or accounts it has never seen."""

from __future__ import annotations

import sys
from dataclasses import replace

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from influencers import progress
from influencers.config import Config
from influencers.images import shown
from influencers.measured.metrics import Metrics
from influencers.models import known_tables, saved, scoring, worth
from influencers.models.asked import SCORED, Asked, outcome, with_left_out
from influencers.models.score_input import read_input
from influencers.models.tables import PREDICTIONS
from influencers.run import persisted
from influencers.storage.store import Store
from jobs.command_line import INPUT, LABEL, OUTPUT, Job, Option, main


def run(spark: SparkSession, config: Config) -> Metrics:
    """Write the probabilities of the input's rows, in place of those scored before."""
    store = Store(spark, config)
    model, reasons = config.models.model, config.models.reasons
    table, uri = PREDICTIONS[model], saved.asked_uri(config)
    pipeline, card = saved.load(spark, uri)
    progress.say(*worth.warnings(card, force=config.models.force))
    trees = saved.trees(pipeline) if reasons else None
    with persisted.frames() as keep:
        given = read_input(spark, config, card, keep=keep)
        mirrored, needed = scoring.with_mirrors(config, card), scoring.needed_beside(card)
        beside = known_tables.read_known(store, mirrored, needed)
        if beside.post_images is not None:
            progress.say(*shown.remarks(store, mirrored))
        frame = scoring.rows_to_score(given, beside, card, config)
        predictions = scoring.score(frame, pipeline, card, trees, reasons=reasons)
        if isinstance(given, Asked):
            predictions = with_left_out(predictions, given, model=model)
        store.replace_rows(predictions, table, column="split", value=SCORED)
    scored = store.read(table).where(F.col("split") == SCORED)
    inputs = ", ".join(config.paths.input)
    progress.say(outcome(scored, model=model, where=inputs, output=config.paths.output))
    return Metrics()


JOB = Job(
    name="score",
    summary="Apply a saved model to new posts, or to the features of posts or accounts.",
    reads="a model; posts (CSV, JSON lines, Parquet, the table posts) or a table of features "
    "(Delta, Parquet); tables posts, account_communities, post_images, images, "
    "duplicate_pairs (if there)",
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
