"""Two counts against each other: engagement against followers, comments against likes.

Each is a grid of log-scaled cells with the number of posts in every cell, and the quartiles of
every column of cells: what a million dots would show, without the dots.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.explore.bins import edges, log_bin, quartiles, significant
from influencers.explore.exclusions import SHOWN, left_out, rows_shown
from influencers.figures import style

Floats = NDArray[np.float64]

# Quartiles of fewer posts than this say more about the posts than about the column.
_MIN_COLUMN_POSTS = 20


def engagement_vs_followers(post_features: DataFrame, *, bins_per_decade: int) -> DataFrame:
    """How many posts have which engagement rate at how many followers.

    Returns:
        A row a cell (`part` is `shown`), and one for each reason to leave posts out.
        `likes_only` of the posts have unknown comments, so that their engagement is the likes
        alone. The quartiles are those of all posts in the cell's column of followers with a known
        rate, zeros too.
    """
    part = (
        F.when(F.col("likes").isNull(), "likes unknown")
        .when(F.col("followers").isNull(), "followers unknown")
        .when(F.col("followers") <= 0, "no followers")
        .when(F.col("engagement_rate").isNull(), "engagement unknown")
        .when(F.col("engagement_rate") <= 0, "no engagement")
        .otherwise(SHOWN)
    )
    return _grid(
        post_features, ("followers", F.col("followers")), ("rate", F.col("engagement_rate")),
        part, bins_per_decade,
    )  # fmt: skip


def likes_vs_comments(post_features: DataFrame, *, bins_per_decade: int) -> DataFrame:
    """How many posts have how many comments at how many likes; as `engagement_vs_followers`."""
    part = (
        F.when(F.col("likes").isNull() & F.col("comments").isNull(), "likes and comments unknown")
        .when(F.col("likes").isNull(), "likes unknown")
        .when(F.col("comments").isNull(), "comments unknown")
        .when(F.col("likes") <= 0, "no likes")
        .when(F.col("comments") <= 0, "no comments")
        .otherwise(SHOWN)
    )
    return _grid(
        post_features, ("likes", F.col("likes")), ("comments", F.col("comments")), part,
        bins_per_decade,
    ).drop("likes_only")  # fmt: skip


def draw_engagement_vs_followers(table: pd.DataFrame) -> Figure:
    """Draw the table of `engagement_vs_followers`."""
    return _draw(
        table, ("followers", "rate"),
        labels=("Followers (log scale)", "Engagement rate (log scale)"),
        units=("short", "percent"),
        title="Engagement rate against followers",
        subtitle="The darker a cell, the more posts. Line: median. Dashed: 25th to 75th "
        "percentile.",
        notes="Engagement rate = (likes + comments) / followers.",
    )  # fmt: skip


def draw_likes_vs_comments(table: pd.DataFrame) -> Figure:
    """Draw the table of `likes_vs_comments`."""
    return _draw(
        table, ("likes", "comments"),
        labels=("Likes (log scale)", "Comments (log scale)"),
        units=("short", "short"),
        title="Comments against likes",
        subtitle="The darker a cell, the more posts. Line: median. Dashed: 25th to 75th "
        "percentile.",
        notes="Posts without comments count for the median.",
    )  # fmt: skip


def _grid(
    posts: DataFrame, x: tuple[str, Column], y: tuple[str, Column], part: Column, per_decade: int
) -> DataFrame:
    # Both tables below are sums over these cells, which are counted once: the keys are the same.
    cells = posts.groupBy(
        part.alias("part"),
        log_bin(x[1], per_decade).alias("column"),
        F.when(part == SHOWN, log_bin(y[1], per_decade)).alias("row"),
        significant(y[1]).alias("value"),
        F.col("comments").isNull().alias("likes_only"),
    ).agg(F.count(F.lit(1)).alias("posts"))
    value, count = F.col("value"), F.col("posts")
    columns = cells.groupBy("column").agg(
        F.sum(F.when(value.isNotNull(), count)).alias("column_posts"),
        *quartiles(value, "column", count),
    )
    grid = (
        cells.withColumn("column", F.when(F.col("part") == SHOWN, F.col("column")))
        .groupBy("part", "column", "row")
        .agg(
            F.sum(count).alias("posts"),
            F.sum(F.when(F.col("likes_only"), count).otherwise(0)).alias("likes_only"),
        )
    )

    x_from, x_to = edges(F.col("column"), per_decade, whole=True)
    y_from, y_to = edges(F.col("row"), per_decade, whole=y[0] != "rate")
    return grid.join(F.broadcast(columns), on="column", how="left").select(
        "part",
        x_from.alias(f"{x[0]}_from"), x_to.alias(f"{x[0]}_to"),
        y_from.alias(f"{y[0]}_from"), y_to.alias(f"{y[0]}_to"),
        "posts", "likes_only",
        "column_posts", "column_p25", "column_median", "column_p75",
    )  # fmt: skip


def _draw(
    table: pd.DataFrame, names: tuple[str, str], *, labels: tuple[str, str],
    units: tuple[str, str], title: str, subtitle: str, notes: str,
) -> Figure:  # fmt: skip
    x, y = names
    shown = rows_shown(table, f"{x}_from", f"{y}_from")
    total = int(shown["posts"].sum())
    caption = style.counts_caption(total, "posts", left_out(table, "posts"))
    notes = f"{caption} {notes} {_likes_alone(shown, total)}"
    with style.applied():
        if shown.empty:
            return style.no_data(title, caption)
        figure, (axes,) = style.new_figure(title, subtitle=subtitle, caption=notes)
        _draw_cells(figure, axes, shown, names)
        style.log_axis(axes.xaxis, [*shown[f"{x}_from"], *shown[f"{x}_to"]], unit=units[0])
        style.log_axis(axes.yaxis, [*shown[f"{y}_from"], *shown[f"{y}_to"]], unit=units[1])
        _draw_quartiles(axes, shown, names)
        axes.set(xlabel=labels[0], ylabel=labels[1])
    return figure


def _draw_cells(figure: Figure, axes: Axes, shown: pd.DataFrame, names: tuple[str, str]) -> None:
    """Colour the cells by the number of posts; cells without a post stay white."""
    x_edges, columns = _edges(shown, names[0])
    y_edges, rows = _edges(shown, names[1])
    posts = np.full((len(y_edges) - 1, len(x_edges) - 1), np.nan)
    posts[rows, columns] = shown["posts"]
    most = max(10.0, float(shown["posts"].max()))
    mesh = axes.pcolormesh(
        x_edges, y_edges, posts, cmap=style.DENSITY, norm=LogNorm(1, most), linewidth=0
    )
    bar = figure.colorbar(mesh, ax=axes, shrink=0.75, pad=0.02, aspect=24, label="Posts in a cell")
    bar.ax.yaxis.set_major_locator(LogLocator(10))
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: style.short(value)))
    bar.ax.yaxis.set_minor_formatter(NullFormatter())
    bar.outline.set_visible(False)


def _edges(shown: pd.DataFrame, name: str) -> tuple[Floats, NDArray[np.intp]]:
    """The edges of all cells and of the gaps between them, and the place of every row."""
    start, end = shown[f"{name}_from"].to_numpy(float), shown[f"{name}_to"].to_numpy(float)
    all_edges = np.unique(np.concatenate([start, end]))
    return all_edges, np.searchsorted(all_edges, start)


def _draw_quartiles(axes: Axes, shown: pd.DataFrame, names: tuple[str, str]) -> None:
    x, lowest = names[0], shown[f"{names[1]}_from"].min()  # below are the zeros that are not shown
    columns = shown.drop_duplicates(f"{x}_from")
    enough = columns["column_posts"] >= _MIN_COLUMN_POSTS
    middle = np.sqrt(columns[f"{x}_from"] * columns[f"{x}_to"])
    looks = {"column_p25": (1.0, "--"), "column_median": (2.2, "-"), "column_p75": (1.0, "--")}
    for name, (width, line) in looks.items():
        value = columns[name].where(enough & (columns[name] >= lowest))
        axes.plot(
            middle, value, line, color=style.VERMILION, linewidth=width,
            path_effects=style.outlined(width=width + 1.6),
        )  # fmt: skip


def _likes_alone(shown: pd.DataFrame, total: int) -> str:
    alone = int(shown["likes_only"].sum()) if "likes_only" in shown else 0
    if not alone:
        return ""
    which = "all of these" if alone == total else f"{style.count(alone)} of these"
    return f"Comments are unknown for {which} posts, whose engagement is the likes alone."
