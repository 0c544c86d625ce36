"""How followers and likes are distributed: one log-scaled histogram each."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from influencers.explore.bins import log_bin, whole_edges
from influencers.explore.cells import Cells, Groups
from influencers.explore.exclusions import SHOWN, first_of, left_out, named, rows_shown
from influencers.explore.rows import Rows
from influencers.features.tiers import TIERS
from influencers.figures import style


def count_followers(cells: Cells, accounts: Rows, *, bins_per_decade: int) -> None:
    """Count accounts by followers."""
    _count(cells, "followers", accounts, bins_per_decade)


def count_likes(cells: Cells, posts: Rows, *, bins_per_decade: int) -> None:
    """Count posts by likes."""
    _count(cells, "likes", posts, bins_per_decade)


def follower_distribution(groups: Groups, *, bins_per_decade: int) -> pd.DataFrame:
    """How many accounts have how many followers.

    Args:
        groups: of what `count_followers` has counted.
        bins_per_decade: as they were counted.

    Returns:
        A row a log bin (`part` is `shown`), and one each for accounts that have no place on the
        axis; every row repeats the median and the 90th percentile of all known values, zeros too.
    """
    return _histogram(groups, "followers", "accounts", bins_per_decade)


def likes_distribution(groups: Groups, *, bins_per_decade: int) -> pd.DataFrame:
    """How many posts have how many likes; as `follower_distribution`, for posts."""
    return _histogram(groups, "likes", "posts", bins_per_decade)


def draw_follower_distribution(table: pd.DataFrame, *, tier_edges: Sequence[int]) -> Figure:
    """Draw the table of `follower_distribution`, with the tiers' edges."""
    with style.applied():
        figure, axes = _draw(
            table, "followers", "accounts",
            title="Accounts by followers",
            subtitle="Accounts by followers, on a logarithmic scale: each gap between labels is "
            "a factor of ten.",
            notes="Half and top 10 %: of all accounts with known followers, as of the crawl.",
        )  # fmt: skip
        if axes is not None:
            axes.set(xlabel="Followers (log scale)", ylabel="Accounts")
            _mark_tiers(axes, tier_edges)
    return figure


def draw_likes_distribution(table: pd.DataFrame) -> Figure:
    """Draw the table of `likes_distribution`."""
    with style.applied():
        figure, axes = _draw(
            table, "likes", "posts",
            title="Posts by likes",
            subtitle="Posts by likes, on a logarithmic scale: each gap between labels is a "
            "factor of ten.",
            notes="Half and top 10 %: of all posts with known likes.",
        )  # fmt: skip
        if axes is not None:
            axes.set(xlabel="Likes (log scale)", ylabel="Posts")
    return figure


def _count(cells: Cells, name: str, rows: Rows, per_decade: int) -> None:
    value = rows.floats(name)
    part = first_of(np.isnan(value), value <= 0)
    cells.count(name, part=part, x=log_bin(value, per_decade), number=1)
    cells.count_values(f"{name}/typical", value)


def _histogram(groups: Groups, value: str, things: str, per_decade: int) -> pd.DataFrame:
    counted, typical = groups.of(value), groups.of(f"{value}/typical")
    reasons = (SHOWN, f"{value} unknown", f"no {value}")
    bins = counted["x"].to_numpy(float)
    return pd.DataFrame(
        {
            "part": named(counted["part"], reasons),
            f"{value}_from": whole_edges(bins, per_decade),
            f"{value}_to": whole_edges(bins + 1, per_decade),
            things: counted["number"],
            **{name: typical[name].max() for name in ("median", "p90")},
        }
    )


def _draw(
    table: pd.DataFrame, value: str, things: str, *, title: str, subtitle: str, notes: str
) -> tuple[Figure, Axes | None]:
    """The histogram; the axes are None where there is nothing to draw."""
    shown = rows_shown(table, f"{value}_from")
    caption = style.counts_caption(int(shown[things].sum()), things, left_out(table, things))
    if shown.empty:
        return style.no_data(title, caption), None
    figure, (axes,) = style.new_figure(title, subtitle=subtitle, caption=f"{caption} {notes}")
    start, end = shown[f"{value}_from"], shown[f"{value}_to"]
    axes.bar(
        start, shown[things], width=end - start, align="edge", color=style.BLUE,
        edgecolor="white", linewidth=0.8,
    )  # fmt: skip
    style.log_axis(axes.xaxis, [*start, *end])
    style.linear_axis(axes.yaxis)
    axes.yaxis.set_major_locator(MaxNLocator("auto", integer=True))
    axes.set_ylim(0, float(shown[things].max()) * 1.3)  # the labels stand in the upper quarter
    _mark_typical(axes, shown, things)
    return figure, axes


def _mark_typical(axes: Axes, shown: pd.DataFrame, things: str) -> None:
    """Lines at the median and the 90th percentile, named beside them."""
    median, p90 = float(shown["median"].iloc[0]), float(shown["p90"].iloc[0])
    left = _place(axes, median) > 0.25  # of the line, unless the words would leave the axes
    _mark(axes, median, 0.9, left, f"half of the {things}:\n{style.short(median)} or fewer")
    if p90 > median:
        also_left = _place(axes, p90) > 0.8
        height = 0.9 if left and not also_left else 0.78  # words on one side stand on each other
        _mark(axes, p90, height, also_left, f"top 10 %:\n{style.short(p90)} or more")


def _mark(axes: Axes, at: float, height: float, left: bool, words: str) -> None:
    """A line up to `height` of the axes; none at 0, which a log axis does not have."""
    if at <= 0:
        return
    axes.axvline(at, ymax=height, color=style.VERMILION, linewidth=1.4)
    axes.annotate(
        words, (at, height), (-5 if left else 5, 0),
        xycoords=("data", "axes fraction"), textcoords="offset points",
        ha="right" if left else "left", va="top",
        fontsize=9, color=style.INK, path_effects=style.outlined(),
    )  # fmt: skip


def _place(axes: Axes, value: float) -> float:
    """Where a value lies on the log x axis, from 0 (left) to 1; 0 for what it cannot show."""
    low, high = axes.get_xlim()
    return math.log(value / low) / math.log(high / low) if value > 0 else 0.0


def _mark_tiers(axes: Axes, edges: Sequence[int]) -> None:
    """Dotted lines at the tiers' edges, and the tiers' names between them, at the top."""
    low, high = axes.get_xlim()
    bounds = [low, *[min(max(edge, low), high) for edge in edges], high]
    for edge in edges:
        if low < edge < high:
            axes.axvline(edge, color=style.GREY, linewidth=0.8, linestyle=(0, (2, 2)))
    for name, start, end in zip(TIERS, bounds, bounds[1:], strict=False):
        if math.log(end / start) > 0.06 * math.log(high / low):  # room enough for the name
            axes.annotate(
                name, ((start * end) ** 0.5, 0.99), xycoords=("data", "axes fraction"),
                ha="center", va="top", fontsize=9, color=style.GREY,
            )  # fmt: skip
