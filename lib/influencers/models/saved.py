"""Saved models: a pyspark.ml pipeline, and a card that says what it is and what it needs.

A model NAME is the folder NAME with `model.json`, the card, and the pipeline that the card names.
The card is written last and in one step: a run that dies leaves the model that was there.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from typing import Any

import pyspark
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.ml import PipelineModel
from pyspark.ml.classification import GBTClassificationModel
from pyspark.sql import SparkSession

from influencers import __version__, progress
from influencers.config import Config
from influencers.errors import UserError
from influencers.measured.keys import as_json
from influencers.models import explaining, pipeline_files, tracking
from influencers.models.declaration import BEFORE_POSTING, INFLUENCE, Feature
from influencers.models.estimators.ensemble import BOOSTED, ENSEMBLES, nodes
from influencers.models.evaluate.model_metrics import who_of
from influencers.models.explain.trees import Trees, trees_of
from influencers.models.results import Fitted, SplitResult, kept
from influencers.models.tuning import Tried
from influencers.storage import files

CARD = "model.json"
_FORMAT = 2

_OF_FOREST = (
    "estimator",
    "trees",
    "depth",
    "max_bins",
    "min_leaf",
    "feature_subset",
    "class_weights",
    "fit_rows",
    "partition_rows",
    "seed",
)
_OF_BOOSTED = (
    "estimator",
    "boosting_rounds",
    "boosting_learning_rate",
    "boosting_leaves",
    "depth",
    "max_bins",
    "min_leaf",
    "class_weights",
    "fit_rows",
    "partition_rows",
    "seed",
)


def model_name(model: str, label: str, variant: str = BEFORE_POSTING) -> str:
    """The folder of a model."""
    return f"{model}-{label}" + ("" if variant == BEFORE_POSTING else f"-{variant}")


def folder(config: Config) -> str:
    """Where models are read: `paths.models`, or OUTPUT/models."""
    return config.paths.models or files.join(config.paths.output, "models")


def asked_uri(config: Config) -> str:
    """Where the model is that the configuration asks for."""
    model = config.models.model
    if model == INFLUENCE:
        return files.join(folder(config), model_name(model, "top_followers"))
    name = model_name(model, config.models.label, config.models.variant)
    return files.join(folder(config), name)


def make_card(
    result: SplitResult,
    fitted: Fitted,
    tried: Sequence[SplitResult],
    config: Config,
    tuning: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """Everything a reader, or `score`, has to know of a model.

    Args:
        result: of the split whose model is saved.
        fitted: the model.
        tried: all splits of the label, for their metrics.
        config: the run's, with the settings that were chosen.
        tuning: the settings that were tried, the best first; none where nothing was.
    """
    settings = config.models
    return {
        "format": _FORMAT,
        "name": model_name(result.label.model, result.label.name, fitted.variant),
        "model": result.label.model,
        "variant": fitted.variant,
        "label": {
            "name": result.label.name,
            "definition": result.label.definition,
            "learnt": result.learnt,
            "tier_edges": list(config.features.tier_edges),
        },
        "features": [_described(feature) for feature in fitted.normaliser.features],
        "left_out": list(fitted.normaliser.dropped),
        "columns": list(fitted.normaliser.columns),
        "trained_on": {
            "split": result.split,
            "note": f"the training rows of {result.split}: its metrics are those of this very "
            "model",
            "held_out": result.rule,
            **result.train,
        },
        "metrics": {of_split.split: as_json(of_split.outcome()) for of_split in tried},
        "performance": as_json(result.performance.get(who_of(fitted.variant))),
        "calibration": {
            "votes": list(fitted.calibration.votes),
            "probabilities": list(fitted.calibration.probabilities),
        },
        "importances": fitted.importances,
        "notes": fitted.notes(),
        "forest": {
            name: getattr(settings, name)
            for name in (_OF_BOOSTED if settings.estimator == BOOSTED else _OF_FOREST)
        },
        "tuning": list(tuning),
        "history_posts": config.features.history_posts,
        "community_algorithm": settings.community_algorithm,
        "versions": {
            "influencers": __version__,
            "spark": pyspark.__version__,
            "python": platform.python_version(),
        },
    }  # fmt: skip


def keep(
    spark: SparkSession, config: Config, results: list[SplitResult], tried: Sequence[Tried]
) -> list[SplitResult]:
    """Save the models of a label below models/; returns its results with what explains them.

    Args:
        spark: the session.
        config: the run's.
        results: what came of the label on every split.
        tried: settings that were tried before, the best first.
    """
    result = kept(results)
    if result is None:
        return results
    # The card is written last.
    uris, folders = {}, {}
    for variant, fitted in result.fitted.items():
        name = model_name(result.label.model, result.label.name, variant)
        pipeline = fitted.pipeline()
        uris[variant] = files.join(config.paths.output, "models", name)
        folders[variant] = save(spark, pipeline, uris[variant])
        if variant == BEFORE_POSTING:
            asked = trees(pipeline)
            explanation = explaining.explain(result, fitted, asked, config.models)
            result = explaining.with_explanation(result, explanation)
    results = [result if other.split == result.split else other for other in results]
    tuning = [setting.numbers() for setting in tried]
    for variant, fitted in result.fitted.items():
        card = make_card(result, fitted, results, config, tuning)
        publish(spark, card, uris[variant], folders[variant])
        if config.models.mlflow_uri:
            progress.say(tracking.log(card, uris[variant], config.models))
    return results


def save(spark: SparkSession, pipeline: PipelineModel, uri: str) -> str:
    """Put a pipeline below `uri`, beside the one that its card names; returns its folder's name."""
    before = str(_former(spark, uri))
    number = int(before.rpartition("-")[2]) + 1 if before else 1
    now = f"pipeline-{number}"
    pipeline_files.write(spark, pipeline, files.join(uri, now))
    return now


def publish(spark: SparkSession, card: dict[str, Any], uri: str, pipeline: str) -> None:
    """Make a saved pipeline the model at `uri`, in place of the one that is there."""
    before = _former(spark, uri)
    text = json.dumps({**card, "pipeline": pipeline}, indent=2, ensure_ascii=False, allow_nan=False)
    files.write_text(spark, files.join(uri, CARD), text + "\n")
    if before and before != pipeline:
        files.delete(spark, files.join(uri, before))


def trees(pipeline: PipelineModel) -> Trees:
    """The trees of a model."""
    ensemble = next(stage for stage in pipeline.stages if isinstance(stage, ENSEMBLES))
    return trees_of(nodes(ensemble), boosted=isinstance(ensemble, GBTClassificationModel))


def _former(spark: SparkSession, uri: str) -> str:
    """The folder that the card of a model names; empty without one."""
    if not files.exists(spark, files.join(uri, CARD)):
        return ""
    return str(_card(spark, uri).get("pipeline", ""))


def load(spark: SparkSession, uri: str) -> tuple[PipelineModel, dict[str, Any]]:
    """The model at `uri` and its card.

    Raises:
        UserError: there is no model, or it cannot be read.
    """
    if not files.exists(spark, files.join(uri, CARD)):
        raise UserError(f"no model at {uri}: train one, or say with --models where it is")
    card = _card(spark, uri)
    pipeline = files.join(uri, str(card.get("pipeline")))
    if card.get("format") != _FORMAT or not files.exists(spark, pipeline):
        raise UserError(f"the model at {uri} is not one this version can read: train it again")
    try:
        return PipelineModel.load(pipeline), card
    except (PySparkException, Py4JJavaError, ValueError) as error:
        why = str(error).splitlines()[0]
        raise UserError(
            f"the model at {uri} is damaged ({why}): restore it, or train it again"
        ) from error


def _card(spark: SparkSession, uri: str) -> dict[str, Any]:
    try:
        card = json.loads(files.read_text(spark, files.join(uri, CARD)))
    except ValueError:
        card = None
    if not isinstance(card, dict):
        raise UserError(f"the card {uri}/{CARD} is unreadable: train the model again")
    return card


def _described(feature: Feature) -> dict[str, str]:
    return {
        "name": feature.name,
        "group": feature.group,
        "table": feature.table,
        "type": feature.kind,
    }
