"""Explain a model that was kept, and put it beside its metrics."""

from __future__ import annotations

from dataclasses import replace

from influencers.config import ModelsConfig
from influencers.models.evaluate.model_metrics import who_of
from influencers.models.explain.permutation import (
    Explanation,
    partial_dependences,
    permutation_importance,
)
from influencers.models.explain.trees import Trees
from influencers.models.results import Fitted, SplitResult

# Features whose partial dependence is drawn.
FOREMOST = 6


def explain(result: SplitResult, fitted: Fitted, trees: Trees, config: ModelsConfig) -> Explanation:
    """What a model makes of its features, on held-out rows.

    Args:
        result: the split that the model is of, with its sheet.
        fitted: the model, of the default variant.
        trees: of the model.
        config: how often to shuffle, and the seed.
    """
    assert result.sheet is not None
    normaliser = fitted.normaliser
    importance = permutation_importance(
        trees,
        result.sheet,
        result.label.name,
        normaliser.columns,
        normaliser.features,
        times=config.permutations,
        seed=config.seed,
        min_groups=config.min_groups,
    )
    ranked = fitted.importances if importance is None else importance.features
    dependences = partial_dependences(
        trees, result.sheet, normaliser, fitted.calibration, list(ranked), most=FOREMOST
    )
    return Explanation(importance, dependences)


def with_explanation(result: SplitResult, explanation: Explanation) -> SplitResult:
    """The result with its explanation, and the importance among the model's metrics."""
    importance = explanation.importance
    if importance is None:
        return replace(result, explanation=explanation)
    who = who_of(next(iter(result.fitted)))
    metrics = {**result.metrics, who: replace(result.metrics[who], importance=importance)}
    return replace(result, explanation=explanation, metrics=metrics)
