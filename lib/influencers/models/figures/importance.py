"""The figures of what the forests look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.patches import Patch

from influencers.figures import style
from influencers.measured.models import Skipped, SplitMetrics
from influencers.models.declaration import declared
from influencers.models.results import SplitResult, kept
from influencers.models.titles import split_title, who_title

# One colour a group, the same in both figures where they share it.
COLOURS = {
    "history": style.BLUE,
    "engagement": style.BLUE,
    "author": style.ORANGE,
    "activity": style.ORANGE,
    "text": style.GREEN,
    "content": style.GREEN,
    "timing": style.PURPLE,
    "cadence": style.PURPLE,
    "format": style.SKY,
    "community": style.VERMILION,
    "image": style.YELLOW,
    "duplicates": style.BLACK,
}
_OTHER = style.GREY


@dataclass(frozen=True)
class Bar:
    """A feature's share of the forest's gain."""

    title: str
    group: str
    share: float


def bars(model: str, importances: Mapping[str, float]) -> list[Bar]:
    """Readable bars of a model's importances, the longest first."""
    known = declared(model)
    unsorted = [
        Bar(known[name].title, known[name].group, share) for name, share in importances.items()
    ]
    return sorted(unsorted, key=lambda bar: (-bar.share, bar.title))


def draw(
    shown: Sequence[Bar],
    *,
    title: str,
    metrics: Mapping[str, SplitMetrics],
    left_out: Sequence[str] = (),
) -> Figure:
    """Horizontal bars of feature importance, coloured by group, with the metrics below.

    Args:
        shown: the bars, the longest first.
        title: what is predicted.
        metrics: by split, then by who; or why it was skipped.
        left_out: features of which nothing was known.
    """
    caption = metrics_sentence(metrics)
    if left_out:
        caption += f" Left out, nothing being known of them: {', '.join(left_out)}."
    if not shown:
        return style.no_data(title, "No model was trained: see below.", caption=caption)
    figure, (axes,) = style.new_figure(
        title,
        subtitle="Share of the model's total gain that each feature brings (all shares make "
        "100 %): what the model looks at, not what causes success.",
        caption=caption,
        size=(8.0, 2.6 + 0.24 * max(len(shown), 6)),
    )
    with style.applied():
        rows = range(len(shown))
        axes.barh(
            rows,
            [bar.share for bar in shown],
            color=[COLOURS.get(bar.group, _OTHER) for bar in shown],
            height=0.72,
        )
        style.category_axis(axes.yaxis, [bar.title for bar in shown])
        style.linear_axis(axes.xaxis, unit="percent")
        axes.yaxis.grid(False)
        axes.set(ylim=(len(shown) - 0.5, -0.5), xlabel="share of the gain")
        groups = dict.fromkeys(bar.group for bar in shown)
        handles = [Patch(color=COLOURS.get(group, _OTHER), label=group) for group in groups]
        axes.legend(
            handles=handles,
            title="group of features",
            loc="lower right",
            frameon=True,
            edgecolor="none",
            framealpha=1,
        )
    return figure


def figure_of(results: Sequence[SplitResult]) -> Figure:
    """The figure of a label: the importances of the model that is kept, the metrics of all.

    Args:
        results: what came of the label on every split; at least one.
    """
    label, chosen = results[0].label, kept(results)
    fitted = None if chosen is None else next(iter(chosen.fitted.values()))
    known = {} if fitted is None else fitted.importances
    return draw(
        bars(label.model, known),
        title=f"Feature importance: {label.title}",
        metrics={result.split: result.outcome() for result in results},
        left_out=[]
        if fitted is None
        else [declared(label.model)[n].title for n in fitted.normaliser.dropped],
    )


def metrics_sentence(metrics: Mapping[str, SplitMetrics]) -> str:
    """Held-out performance of the forest and the baselines, with the prevalence."""
    return " ".join(_split_sentence(split, of_split) for split, of_split in metrics.items())


def _split_sentence(split: str, metrics: SplitMetrics) -> str:
    name = split_title(split)
    if isinstance(metrics, Skipped):
        return f"{name.capitalize()}: not measured, {metrics.skipped}."
    forest = metrics["forest"]
    ranked = ", ".join(
        f"{who_title(who)} {_number(model.average_precision)} ({_number(model.auc)})"
        for who, model in metrics.items()
    )
    return (
        f"{name.capitalize()}, {style.count(forest.rows)} rows, "
        f"{style.percent(forest.prevalence or 0.0)} positive: average precision (AUC) of {ranked}."
    )


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"
