"""How followers and likes are distributed: one log-scaled histogram each."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.explore.bins import edges, log_bin, quantile, significant
from influencers.explore.exclusions import SHOWN, left_out, rows_shown
from influencers.figures import style

_TIERS = ("nano", "micro", "mid", "macro", "mega")


def follower_distribution(accounts: DataFrame, *, bins_per_decade: int) -> DataFrame:
    """How many accounts have how many followers.

    Returns:
        A row a log bin (`part` is `shown`), and one each for accounts that have no place on the
        axis; every row repeats the median and the 90th percentile of all known values, zeros too.
    """
    return _histogram(accounts, "followers", "accounts", bins_per_decade)


def likes_distribution(post_features: DataFrame, *, bins_per_decade: int) -> DataFrame:
    """How many posts have how many likes; as `follower_distribution`, for posts."""
    return _histogram(post_features, "likes", "posts", bins_per_decade)


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


def _histogram(frame: DataFrame, value: str, things: str, per_decade: int) -> DataFrame:
    reason = (
        F.when(F.col(value).isNull(), f"{value} unknown")
        .when(F.col(value) <= 0, f"no {value}")
        .otherwise(SHOWN)
    )
    cells = frame.groupBy(
        reason.alias("part"),
        log_bin(F.col(value), per_decade).alias("bin"),
        significant(F.col(value)).alias("rounded"),
    ).agg(F.count(F.lit(1)).alias(things))
    typical = cells.agg(
        *[
            quantile(F.col("rounded"), share, F.col(things)).alias(name)
            for name, share in (("median", 0.5), ("p90", 0.9))
        ]
    )
    counted = cells.groupBy("part", "bin").agg(F.sum(things).alias(things))

    start, end = edges(F.col("bin"), per_decade, whole=True)
    return counted.crossJoin(F.broadcast(typical)).select(
        "part", start.alias(f"{value}_from"), end.alias(f"{value}_to"), things, "median", "p90"
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
    for name, start, end in zip(_TIERS, bounds, bounds[1:], strict=False):
        if math.log(end / start) > 0.06 * math.log(high / low):  # room enough for the name
            axes.annotate(
                name, ((start * end) ** 0.5, 0.99), xycoords=("data", "axes fraction"),
                ha="center", va="top", fontsize=9, color=style.GREY,
            )  # fmt: skip
