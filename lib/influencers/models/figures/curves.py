"""Figures of held-out performance: precision and recall, and calibration."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from influencers.figures import style
from influencers.models.declaration import INFLUENCE, VIRALITY
from influencers.models.evaluate.metrics import ScoreCounts
from influencers.models.results import SplitResult
from influencers.models.titles import split_title, who_title

_ABOUT = {INFLUENCE: "influential accounts", VIRALITY: "viral posts"}

_COLOURS = {
    "forest": style.BLUE,
    "without_history": style.SKY,
    "history_only": style.VERMILION,
    "followers_only": style.ORANGE,
    "likes_only": style.GREEN,
}

# Points of a curve that are drawn: a page shows no more.
_POINTS = 400

# A precision of a handful of rows is noise, and its steps would hide the curves.
_LEAST_ROWS = 10


def precision_recall_curve(counts: ScoreCounts) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Recall and precision over falling thresholds, from the first `_LEAST_ROWS` rows on."""
    seen, hits = counts.rows.cumsum(), counts.positives.cumsum()
    enough = np.flatnonzero(seen >= min(_LEAST_ROWS, seen[-1] if len(seen) else 0))
    shown = enough[np.unique(np.linspace(0, len(enough) - 1, _POINTS).astype(int))]
    return hits[shown] / max(int(hits[-1]), 1), hits[shown] / seen[shown]


def draw_precision_recall(trained: Sequence[Sequence[SplitResult]]) -> Figure:
    """A panel for each label (across) and split (down): forests, baselines and prevalence.

    Args:
        trained: what came of every label of one model on every split.
    """
    model = trained[0][0].label.model
    title = f"Precision and recall: {_ABOUT[model]}"
    if not any(result.curves for results in trained for result in results):
        return style.no_data(title, "No model was trained.")
    figure, panels = _panels(
        trained,
        title,
        "Precision: the share of positives among the rows that are ranked highest. Recall: their "
        "share of all positives. Dotted: prevalence, what a random order reaches.",
        "Held-out rows. In brackets: average precision. The first "
        f"{_LEAST_ROWS} rows are not drawn.",
    )
    with style.applied():
        for axes, result in panels:
            for who, curve in result.curves.items():
                recall, precision = precision_recall_curve(curve.counts)
                quality = result.metrics[who].average_precision
                name = f"{who_title(who)} ({quality:.3f})"
                wide = 2.0 if who == "forest" else 1.1
                axes.plot(recall, precision, color=_COLOURS[who], linewidth=wide, label=name)
            axes.axhline(
                result.metrics["forest"].prevalence or 0.0, color=style.GREY, linestyle=":"
            )
            axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="recall", ylabel="precision")
            axes.legend(fontsize=7, loc="best", frameon=True, edgecolor="none", framealpha=0.8)
    return figure


def draw_reliability(trained: Sequence[Sequence[SplitResult]]) -> Figure:
    """A panel for each label and split: predicted probability against observed share.

    Args:
        trained: what came of every label of one model on every split.
    """
    model = trained[0][0].label.model
    title = f"Calibration: {_ABOUT[model]}"
    if not any(result.curves for results in trained for result in results):
        return style.no_data(title, "No model was trained.")
    figure, panels = _panels(
        trained,
        title,
        "Rows in ten bins of rising probability: the mean predicted probability against the "
        "observed share of positives. Dotted: perfect calibration.",
        "Held-out rows. In brackets: the Brier score (0 is perfect) after calibration, and before.",
    )
    with style.applied():
        for axes, result in panels:
            reach = 0.05
            for who, curve in result.curves.items():
                if not curve.bins:
                    continue
                said = [bin_.predicted for bin_ in curve.bins]
                came = [bin_.observed for bin_ in curve.bins]
                reach = max(reach, *said, *came)
                metrics = result.metrics[who]
                name = f"{who_title(who)} ({metrics.brier:.3f}, {metrics.brier_of_votes:.3f})"
                axes.plot(said, came, "o-", color=_COLOURS[who], markersize=4, label=name)
            axes.plot([0, 1], [0, 1], color=style.GREY, linestyle=":", zorder=0)
            axes.set(xlim=(0, reach * 1.05), ylim=(0, reach * 1.05))
            axes.set(xlabel="predicted probability", ylabel="observed share of positives")
            axes.legend(fontsize=7, loc="upper left")
    return figure


def _panels(
    trained: Sequence[Sequence[SplitResult]], title: str, subtitle: str, caption: str
) -> tuple[Figure, list[tuple[Axes, SplitResult]]]:
    """A grid of labels and splits, and those of its axes that have something to show."""
    labels, splits = len(trained), len(trained[0])
    # One label lies down, so that the page stays in its width.
    rows, columns = (splits, labels) if labels > 1 else (1, splits)
    figure, axes = style.new_figure(
        title,
        subtitle=subtitle,
        caption=caption,
        size=(max(4.0 * columns, 8.0), 1.5 + 3.2 * rows),
        rows=rows,
        columns=columns,
    )
    ordered = [results[place] for place in range(splits) for results in trained]
    shown: list[tuple[Axes, SplitResult]] = []
    with style.applied():
        for panel, result in zip(axes, ordered, strict=True):
            panel.set_title(f"{result.label.title}: {split_title(result.split)}", fontsize=9)
            if result.curves:
                shown.append((panel, result))
                continue
            panel.set_axis_off()
            panel.text(
                0.5, 0.5, result.skipped or "", ha="center", wrap=True, transform=panel.transAxes
            )
    return figure, shown
