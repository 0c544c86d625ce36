"""The figures of each model: what they are called, and how each is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib import figure as matplotlib_figure

from influencers.figures.figure import Figure
from influencers.models.declaration import INFLUENCE, VIRALITY
from influencers.models.figures import curves, explanations, importance
from influencers.models.results import SplitResult, kept

# What came of every label of one model, the one that is shown first, on every split.
Trained = Sequence[Sequence[SplitResult]]
Draw = Callable[[Trained], matplotlib_figure.Figure]

# How the names of a model's figures begin.
_PREFIXES = {INFLUENCE: "influential_users", VIRALITY: "viral_content"}


@dataclass(frozen=True, kw_only=True)
class ModelFigure(Figure):
    """A figure of one model: `draw` draws what came of its labels."""

    draw: Draw


def _of_each_model(kind: str, draw: Draw, **titles: str) -> tuple[ModelFigure, ...]:
    """A kind of figure, for each model that has a title for it."""
    return tuple(
        ModelFigure(
            name=f"{_PREFIXES[model]}_{kind}", title=title, section=model, model=model, draw=draw
        )
        for model, title in titles.items()
    )


def _kept(trained: Trained) -> SplitResult:
    """The split of the first label whose model is kept; the first one where none is."""
    return kept(trained[0]) or trained[0][0]


FIGURES: tuple[ModelFigure, ...] = (
    *_of_each_model(
        "feature_importance",
        lambda trained: importance.figure_of(trained[0]),
        influence="Feature importance: influential accounts",
        virality="Feature importance: viral posts",
    ),
    *_of_each_model(
        "permutation_importance",
        lambda trained: explanations.draw_permutation(_kept(trained)),
        influence="Permutation importance: influential accounts",
        virality="Permutation importance: viral posts",
    ),
    *_of_each_model(
        "partial_dependence",
        lambda trained: explanations.draw_dependence(_kept(trained)),
        influence="Partial dependence: influential accounts",
        virality="Partial dependence: viral posts",
    ),
    *_of_each_model(
        "precision_recall",
        curves.draw_precision_recall,
        influence="Precision and recall: influential accounts",
        virality="Precision and recall: viral posts",
    ),
    *_of_each_model(
        "reliability",
        curves.draw_reliability,
        influence="Calibration: influential accounts",
        virality="Calibration: viral posts",
    ),
)


def figures_of(model: str) -> tuple[ModelFigure, ...]:
    """The figures of a model, in the order of the report."""
    return tuple(figure for figure in FIGURES if figure.model == model)
