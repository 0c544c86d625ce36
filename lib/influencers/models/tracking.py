"""Models in MLflow, for those who keep theirs there. Nothing else needs it."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import Any

from influencers.config import ModelsConfig


def log(card: Mapping[str, Any], uri: str, config: ModelsConfig) -> str:
    """Log a saved model's settings, metrics and card as a run; returns what came of it, in words.

    A model is not lost because its entry is: whatever goes wrong is told, and the job goes on.

    Args:
        card: the model's card.
        uri: where the model is, a tag of the run.
        config: where MLflow keeps its entries, and the experiment, made if there is none.
    """
    try:
        mlflow: Any = importlib.import_module("mlflow")
    except ImportError:
        return (
            "models.mlflow_uri is set, but mlflow is not installed: nothing was logged "
            "(pip install mlflow-skinny)"
        )
    try:
        mlflow.set_tracking_uri(config.mlflow_uri)
        mlflow.set_experiment(config.mlflow_experiment)
        with mlflow.start_run(run_name=card["name"]):
            mlflow.log_params(dict(card["forest"]))
            mlflow.log_metrics(dict(_numbers(card["metrics"])))
            mlflow.set_tags({"model": uri, "label": card["label"]["name"]})
            mlflow.log_dict(dict(card), "model.json")
    except Exception as error:
        reason = " ".join(str(error).split())
        return f"{card['name']} was not logged to MLflow at {config.mlflow_uri}: {reason}"
    return f"{card['name']} logged to MLflow at {config.mlflow_uri}"


def _numbers(metrics: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """`SPLIT.WHO.METRIC` of every single number."""
    for split, whos in metrics.items():
        for who, numbers in whos.items():
            for name, value in numbers.items() if isinstance(numbers, Mapping) else ():
                if isinstance(value, int | float):
                    yield f"{split}.{who}.{name}", float(value)
