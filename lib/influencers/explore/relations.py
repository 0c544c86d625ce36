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

from influencers.explore.bins import Floats, Ints, edges, log_bin, whole_edges
from influencers.explore.cells import Cells, Groups, quartiles
from influencers.explore.exclusions import SHOWN, first_of, left_out, named, rows_shown
from influencers.explore.rows import Rows
from influencers.figures import style

# Quartiles of fewer posts than this say more about the posts than about the column.
_MIN_COLUMN_POSTS = 20


_RATE_REASONS = (
    SHOWN, "likes unknown", "followers unknown", "no followers", "engagement unknown",
    "no engagement",
)  # fmt: skip
_COMMENTS_REASONS = (
    SHOWN, "likes and comments unknown", "likes unknown", "comments unknown", "no likes",
    "no comments",
)  # fmt: skip


def count_engagement_by_followers(cells: Cells, posts: Rows, *, bins_per_decade: int) -> None:
    """Count posts by followers and engagement rate."""
    followers, rate = posts.floats("followers"), posts.floats("engagement_rate")
    part = first_of(
        posts.is_null("likes"), np.isnan(followers), followers <= 0, np.isnan(rate), rate <= 0
    )
    _count(cells, "followers_rate", posts, part, followers, rate, bins_per_decade)


def count_comments_by_likes(cells: Cells, posts: Rows, *, bins_per_decade: int) -> None:
    """Count posts by likes and comments."""
    likes, comments = posts.floats("likes"), posts.floats("comments")
    no_likes, no_comments = np.isnan(likes), np.isnan(comments)
    part = first_of(no_likes & no_comments, no_likes, no_comments, likes <= 0, comments <= 0)
    _count(cells, "likes_comments", posts, part, likes, comments, bins_per_decade)


def engagement_vs_followers(groups: Groups, *, bins_per_decade: int) -> pd.DataFrame:
    """How many posts have which engagement rate at how many followers.

    Args:
        groups: of what `count_engagement_by_followers` has counted.
        bins_per_decade: as they were counted.

    Returns:
        A row a cell (`part` is `shown`), and one for each reason to leave posts out.
        `likes_only` of the posts have unknown comments, so that their engagement is the likes
        alone. The quartiles are those of all posts in the cell's column of followers with a known
        rate, zeros too.
    """
    grid = _grid(groups, "followers_rate", "followers", _RATE_REASONS, bins_per_decade)
    row = grid.pop("row").to_numpy(float)
    for name, numbers in (("rate_from", row), ("rate_to", row + 1)):
        grid[name] = edges(numbers, bins_per_decade)
    return grid


def likes_vs_comments(groups: Groups, *, bins_per_decade: int) -> pd.DataFrame:
    """How many posts have how many comments at how many likes; as `engagement_vs_followers`.

    Args:
        groups: of what `count_comments_by_likes` has counted.
        bins_per_decade: as they were counted.
    """
    grid = _grid(groups, "likes_comments", "likes", _COMMENTS_REASONS, bins_per_decade)
    row = grid.pop("row").to_numpy(float)
    for name, numbers in (("comments_from", row), ("comments_to", row + 1)):
        grid[name] = whole_edges(numbers, bins_per_decade)
    return grid.drop(columns="likes_only")


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


def _count(
    cells: Cells, tally: str, posts: Rows, part: Ints, x: Floats, y: Floats, per_decade: int
) -> None:
    column, row = log_bin(x, per_decade), log_bin(y, per_decade)
    row[part != 0] = np.nan
    cells.count(
        tally, part=part, x=np.where(part == 0, column, np.nan), y=row, number=1,
        likes_only=posts.is_null("comments"),
    )  # fmt: skip
    placed = ~np.isnan(column)
    cells.count_values(f"{tally}/column", y[placed], x=column[placed])


def _grid(
    groups: Groups, tally: str, x: str, reasons: tuple[str, ...], per_decade: int
) -> pd.DataFrame:
    """The cells, with the number of the row of each, and what is known of its column."""
    cells = groups.of(tally)
    column = cells["x"].to_numpy(float)
    of_column = groups.values_at(f"{tally}/column", cells["x"])
    return pd.DataFrame(
        {
            "part": named(cells["part"], reasons),
            f"{x}_from": whole_edges(column, per_decade),
            f"{x}_to": whole_edges(column + 1, per_decade),
            "row": cells["y"],
            "posts": cells["number"],
            "likes_only": cells["likes_only"],
            "column_posts": of_column["number"].to_numpy(),
            **quartiles(of_column, "column"),
        }
    )


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
    middle = np.sqrt(columns[f"{x}_from"]) * np.sqrt(columns[f"{x}_to"])
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
