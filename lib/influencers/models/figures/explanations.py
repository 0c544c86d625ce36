"""Figures of permutation importance and partial dependence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from influencers.figures import style
from influencers.measured.models import Drop, Importance
from influencers.models.declaration import Label, declared
from influencers.models.evaluate.model_metrics import who_of
from influencers.models.explain.permutation import Dependence, Explanation
from influencers.models.figures.importance import COLOURS
from influencers.models.results import SplitResult
from influencers.models.titles import split_title

_MOST_FEATURES = 14

# Values that span more than this factor are drawn on a logarithmic axis.
_WIDE = 50.0


def draw_permutation(result: SplitResult) -> Figure:
    """Groups and foremost features, by the average precision that is lost without them.

    Args:
        result: the kept split of a label.
    """
    title = f"Permutation importance: {result.label.title}"
    importance = None if result.explanation is None else result.explanation.importance
    if importance is None:
        return style.no_data(title, "No model was trained, or its held-out rows are of one class.")
    figure, (left, right) = style.new_figure(
        title,
        subtitle="Loss of average precision when a group of features (left) or a single one "
        "(right) is shuffled among held-out rows. Correlated features lose little one by one.",
        caption=f"{_sample_sentence(result, importance)} Lines are 95 % intervals over accounts: "
        "one that reaches 0 is no clear gain.",
        size=(9.0, 5.2),
        columns=2,
    )
    known = declared(result.label.model)
    foremost = dict(list(importance.features.items())[:_MOST_FEATURES])
    with style.applied():
        _bars(left, importance.groups, list(importance.groups), list(importance.groups))
        titles = [known[name].title for name in foremost]
        _bars(right, foremost, titles, [known[name].group for name in foremost])
    return figure


def _sample_sentence(result: SplitResult, importance: Importance) -> str:
    """Which rows were asked, and why their average precision is another than elsewhere."""
    asked = style.counted(importance.rows, "rows")
    reached = f"average precision {importance.average_precision:.3f}"
    forest = result.metrics[who_of(next(iter(result.fitted)))]
    where = split_title(result.split)
    if importance.rows >= forest.rows:
        return f"All {asked} of {where}; {reached}."
    return (
        f"A sample of {asked}, out of {style.count(forest.rows)} of {where}; {reached} on the "
        f"sample, so that it differs from the {forest.average_precision:.3f} of all these rows, "
        "and from the mean over folds of the report."
    )


def _bars(
    axes: Axes, drops: Mapping[str, Drop], titles: Sequence[str], groups: Sequence[str]
) -> None:
    places = range(len(drops))
    axes.barh(
        places,
        [drop.mean for drop in drops.values()],
        color=[COLOURS.get(group, style.GREY) for group in groups],
        height=0.7,
    )
    for place, drop in zip(places, drops.values(), strict=True):
        if drop.interval is not None:
            axes.plot(drop.interval, [place, place], color=style.INK, linewidth=1.2)
    axes.axvline(0, color=style.GREY, linewidth=0.8)
    style.category_axis(axes.yaxis, titles)
    style.linear_axis(axes.xaxis)
    axes.yaxis.grid(False)
    axes.set(ylim=(len(drops) - 0.5, -0.5), xlabel="loss of average precision")


def draw_dependence(result: SplitResult) -> Figure:
    """The probability along each of the foremost features.

    Args:
        result: the kept split of a label.
    """
    title = f"Partial dependence: {result.label.title}"
    explanation: Explanation | None = result.explanation
    if explanation is None or not explanation.dependences:
        return style.no_data(title, "No model was trained, or no feature varies.")
    shown = explanation.dependences
    columns = min(3, len(shown))
    rows = -(-len(shown) // columns)
    figure, axes = style.new_figure(
        title,
        subtitle="The mean predicted probability of held-out rows when the feature is set to a "
        "value in all of them and all else stays as it is. It shows the model, not the effect of "
        "a change.",
        caption="Points lie between the 2nd and the 98th percentile of the feature.",
        size=(8.0, 1.6 + 2.3 * rows),
        rows=rows,
        columns=columns,
    )
    top = max(max(dependence.probabilities) for dependence in shown) * 1.08
    with style.applied():
        for place, panel in enumerate(axes):
            if place < len(shown):
                _line(panel, shown[place], result.label, top)
            else:
                panel.set_axis_off()
    return figure


def _line(axes: Axes, dependence: Dependence, label: Label, top: float) -> None:
    axes.plot(dependence.grid, dependence.probabilities, "o-", color=style.BLUE, markersize=3)
    axes.set_title(declared(label.model)[dependence.name].title, fontsize=9)
    axes.set_ylim(0, top)
    style.linear_axis(axes.yaxis, unit="percent")
    if min(dependence.grid) > 0 and max(dependence.grid) / min(dependence.grid) > _WIDE:
        style.log_axis(axes.xaxis, dependence.grid)
    else:
        style.linear_axis(axes.xaxis, unit="short")
        axes.locator_params(axis="x", nbins=5)
