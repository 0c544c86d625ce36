"""Every figure of a model that was trained."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from influencers.explore import style
from influencers.models import curves, explained, importance
from influencers.models.results import SplitResult, kept


def pngs(trained: Sequence[Sequence[SplitResult]]) -> dict[str, bytes]:
    """The figures of a model as PNG, by file name; as for `figures`."""
    return {name: style.png(figure) for name, figure in figures(trained).items()}


def figures(trained: Sequence[Sequence[SplitResult]]) -> dict[str, Figure]:
    """The figures of a model, by file name.

    Args:
        trained: what came of every label of one model on every split, the label that is shown
            first.
    """
    shown = trained[0]
    return {
        importance.FIGURES[shown[0].label.model]: importance.figure_of(shown),
        **curves.figures(trained),
        **explained.figures(kept(shown) or shown[0]),
    }
