"""Train: models of influence and virality, measured on what they have not seen, and saved."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from threading import Lock

from pyspark.sql import SparkSession

from influencers import progress
from influencers.config import Config
from influencers.figures import style
from influencers.images import shown
from influencers.ingest.tables import POSTS
from influencers.measured.metrics import Metrics
from influencers.models import known_tables, saved, training, tuning
from influencers.models.estimators import boosted
from influencers.models.estimators.ensemble import BOOSTED
from influencers.models.figures.declarations import figures_of
from influencers.models.results import SplitResult, metrics_by_label
from influencers.models.rows.known import Known, computed_once
from influencers.models.tables import PREDICTIONS
from influencers.run import persisted, side_by_side, stages
from influencers.storage import files
from influencers.storage.store import Store
from jobs.command_line import LABEL, OUTPUT, Job, Option, main


def run(spark: SparkSession, config: Config) -> Metrics:
    """Train what is asked for; returns models.MODEL.LABEL.SPLIT.WHO, and LABEL.folds.WHO."""
    if config.models.estimator == BOOSTED:
        boosted.lightgbm()
    store = Store(spark, config)
    models = training.models_to_train(config.models)
    progress.say(*stages.remarks(store, config), *shown.remarks(store, config))
    with persisted.flat_frames() as keep:
        known = computed_once(known_tables.read_known(store, config), keep)
        drawing = Lock()
        trained = side_by_side.run_all(
            spark, [partial(_train, store, config, model, known, drawing) for model in models]
        )
    return Metrics(models=dict(zip(models, map(metrics_by_label, trained), strict=True)))


def _train(
    store: Store, config: Config, model: str, known: Known, drawing: Lock
) -> list[list[SplitResult]]:
    """The results by label, the one that is shown first; all that is kept of them is written.

    Args:
        store: of the output.
        config: the run's.
        model: influence or virality.
        known: what both models know.
        drawing: held while figures are drawn: matplotlib knows one thread.
    """
    frame, cut = known_tables.read_frame(store, config, model, known)
    with persisted.flat_frames() as keep:
        frame = keep(frame)
        labels = training.labels_to_train(config.models, model)
        tuned = tuning.tune_if_asked(frame, labels[0], config.models, cut=cut)
        progress.say(*tuning.lines(tuned))
        config = replace(config, models=tuned.config)
        trained = training.train_labels(frame, labels, config.models, cut=cut)
        progress.say(*training.remarks(trained))
        # The label that is shown comes first; of the others, models and metrics are kept.
        table, predictions = PREDICTIONS[model], training.all_predictions(trained[0])
        if predictions is None:
            predictions = store.spark.createDataFrame([], table.schema)
        few = store.has_few(POSTS)
        with side_by_side.started(store.spark) as start:
            written = start(partial(store.write, predictions, table, few=few))
            calls = [
                partial(saved.keep, store.spark, config, results, tuned.tried)
                for results in trained
            ]
            described = [future.result() for future in [start(call) for call in calls]]
            # The other model may still be fitted, and the table written.
            with drawing:
                drawn = {one.png: style.png(one.draw(described)) for one in figures_of(model)}
            files.replace_all(store.spark, config.paths.output, drawn)
            written.result()
    return described


JOB = Job(
    name="train",
    summary="Train random forests (or boosted trees) for influence and virality, and measure "
    "them on held-out data.",
    reads="tables accounts, post_features; account_communities, post_images, images, "
    "duplicate_pairs, posts (if there)",
    writes="models/NAME; tables predictions_influence, predictions_virality; figures",
    run=run,
    options=(OUTPUT, Option("--model", "models.model"), LABEL,
             Option("--tune", "models.tune", switch=True)),
)  # fmt: skip

if __name__ == "__main__":
    sys.exit(main(JOB))
