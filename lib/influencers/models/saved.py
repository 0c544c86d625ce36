"""Saved models: a pyspark.ml pipeline, and a card that says what it is and what it needs.

A model NAME is the folder NAME with `model.json`, the card, and the pipeline that the card names.
The card is written last and in one step: a run that dies leaves the model that was there.
"""

from __future__ import annotations

import json
import platform
from typing import Any

import pyspark
from pyspark.ml import PipelineModel
from pyspark.sql import SparkSession

from influencers import __version__, files
from influencers.config import Config
from influencers.errors import UserError
from influencers.models.declaration import Feature
from influencers.models.training import SplitResult

CARD = "model.json"
_FORMAT = 1


def model_name(model: str, label: str) -> str:
    """The folder of a model."""
    return f"{model}-{label}"


def folder(config: Config) -> str:
    """Where models are read: `paths.models`, or OUTPUT/models."""
    return config.paths.models or files.join(config.paths.output, "models")


def make_card(kept: SplitResult, tried: list[SplitResult], config: Config) -> dict[str, Any]:
    """Everything a reader, or `score`, has to know of a model.

    Args:
        kept: the split whose model is saved.
        tried: all splits of the label, for their metrics.
        config: the run's.
    """
    assert kept.fitted is not None
    settings = config.models
    return {
        "format": _FORMAT,
        "name": model_name(kept.label.model, kept.label.name),
        "model": kept.label.model,
        "label": {
            "name": kept.label.name,
            "definition": kept.label.definition,
            "learnt": kept.learnt,
            "tier_edges": list(config.features.tier_edges),
        },
        "features": [_described(feature) for feature in kept.fitted.features],
        "trained_on": {
            "split": kept.split,
            "note": f"the training rows of {kept.split}: its metrics are those of this very model",
            "held_out": kept.rule,
            **kept.train,
        },
        "metrics": {one.split: one.metrics for one in tried},
        "importances": kept.fitted.importances,
        "notes": kept.fitted.notes(),
        "forest": {
            "trees": settings.trees,
            "depth": settings.depth,
            "max_bins": settings.max_bins,
            "min_leaf": settings.min_leaf,
            "partition_rows": settings.partition_rows,
            "seed": settings.seed,
        },
        "history_posts": config.features.history_posts,
        "versions": {
            "influencers": __version__,
            "spark": pyspark.__version__,
            "python": platform.python_version(),
        },
    }


def save(spark: SparkSession, pipeline: PipelineModel, card: dict[str, Any], uri: str) -> None:
    """Put a model at `uri`, in place of the one that is there."""
    former = _card(spark, uri) if files.exists(spark, files.join(uri, CARD)) else {}
    before = str(former.get("pipeline", ""))
    number = int(before.rpartition("-")[2]) + 1 if before else 1
    now = f"pipeline-{number}"
    pipeline.write().overwrite().save(files.join(uri, now))
    text = json.dumps({**card, "pipeline": now}, indent=2, ensure_ascii=False, allow_nan=False)
    files.write_text(spark, files.join(uri, CARD), text + "\n")
    if before:
        files.delete(spark, files.join(uri, before))


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
    return PipelineModel.load(pipeline), card


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
