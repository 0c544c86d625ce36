from __future__ import annotations

import math
from functools import partial

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from explore_seeds import declared, grouped, post_rows, random_posts, same_rows
from influencers.explore.relations import (
    count_comments_by_likes,
    count_engagement_by_followers,
    draw_engagement_vs_followers,
    draw_likes_vs_comments,
    engagement_vs_followers,
    likes_vs_comments,
)
from influencers.explore.tables import FIGURE_ENGAGEMENT_VS_FOLLOWERS, FIGURE_LIKES_VS_COMMENTS


def test_posts_are_counted_by_cell_with_the_quartiles_of_the_column() -> None:
    pairs = [(10, 1), (20, 3), (90, 0), (100, 5), (0, 4), (None, 4), (10, None), (None, None)]
    rows = post_rows({"likes": a, "comments": b, "owner_id": a or 0} for a, b in pairs)
    count = partial(count_comments_by_likes, bins_per_decade=1)
    groups = grouped(count, "post_features", rows, tasks=2)
    found = declared(likes_vs_comments(groups, bins_per_decade=1), FIGURE_LIKES_VS_COMMENTS)
    column = {"column_posts": 3, "column_p25": 0.5, "column_median": 1.0, "column_p75": 2.0}
    last = {"column_posts": 1, "column_p25": 5.0, "column_median": 5.0, "column_p75": 5.0}
    cell = {"part": "shown", "comments_from": 1, "comments_to": 10}
    expected = [
        {**cell, "likes_from": 10, "likes_to": 100, "posts": 2, **column},
        {**cell, "likes_from": 100, "likes_to": 1_000, "posts": 1, **last},
        *[
            {"part": part, "posts": 1}
            for part in ("no comments", "no likes", "likes unknown", "comments unknown",
                         "likes and comments unknown")
        ],
    ]  # fmt: skip
    same_rows(found, FIGURE_LIKES_VS_COMMENTS, expected)


@pytest.mark.parametrize("tasks", [1, 5])
def test_cells_add_up_to_all_posts(tasks: int) -> None:
    rows = random_posts(accounts=60, seed=3)
    count = partial(count_engagement_by_followers, bins_per_decade=8)
    groups = grouped(count, "post_features", rows, tasks=tasks)
    table = engagement_vs_followers(groups, bins_per_decade=8)
    cells = declared(table, FIGURE_ENGAGEMENT_VS_FOLLOWERS).to_pandas()
    assert cells["posts"].sum() == len(rows)
    shown = [r for r in rows if r["engagement_rate"]]
    drawn = cells[cells["part"] == "shown"]
    assert drawn["posts"].sum() == len(shown)
    assert drawn["likes_only"].sum() == sum(r["comments"] is None for r in shown)
    unknown = sum(r["likes"] is None for r in rows)
    assert cells.loc[cells["part"] == "likes unknown", "posts"].sum() == unknown
    for start, column in drawn.groupby("followers_from"):
        known = [
            r["engagement_rate"] for r in rows
            if r["engagement_rate"] is not None
            and start <= r["followers"] < column["followers_to"].iloc[0]
        ]  # fmt: skip
        assert set(column["column_posts"]) == {len(known)}
        assert column["column_p25"].iloc[0] == pytest.approx(np.quantile(known, 0.25), rel=1e-3)


def grid(*cells: tuple[float, float, int], likes_only: int = 0) -> pd.DataFrame:
    """Cells of one decade: start of column and row, and number of posts."""
    frame = pd.DataFrame(cells, columns=["followers_from", "rate_from", "posts"])
    return frame.assign(
        part="shown", followers_to=lambda f: f["followers_from"] * 10,
        rate_to=lambda f: f["rate_from"] * 10, likes_only=likes_only, column_posts=50,
        column_p25=0.01, column_median=0.03, column_p75=0.1,
    )  # fmt: skip


def words(figure: Figure) -> str:
    texts = [*figure.texts, *[text for axes in figure.axes for text in axes.texts]]
    return " ".join(" ".join(text.get_text() for text in texts).split())


def test_both_axes_are_logarithmic_and_cells_lie_where_they_belong() -> None:
    table = grid((1_000, 0.01, 7), (100_000, 1e-4, 2), likes_only=1)
    table.loc[2, ["part", "posts"]] = ["no engagement", 4]
    figure = draw_engagement_vs_followers(table.sample(frac=1, random_state=1))
    axes, bar = figure.axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    (mesh,) = axes.collections
    values = mesh.get_array()
    # Columns 10^3, 10^4 (a gap), 10^5; rows 10^-4, 10^-3 (a gap), 10^-2.
    assert values.shape == (3, 3)
    assert (values[2, 0], values[0, 2], values.count()) == (7, 2, 2)
    said = words(figure)
    assert "9 posts shown. Left out: 4 (no engagement)." in said
    assert "Comments are unknown for 2 of these posts" in said
    assert bar.get_ylabel() == "Posts in a cell"
    figure.draw_without_rendering()


@pytest.mark.parametrize("part", [None, "comments unknown", "no likes"])
def test_without_anything_to_show_the_figure_says_no_data(part: str | None) -> None:
    rows = [] if part is None else [(part, *[math.nan] * 4, 16_539, *[math.nan] * 4)]
    names = ["part", "likes_from", "likes_to", "comments_from", "comments_to", "posts",
             "column_posts", "column_p25", "column_median", "column_p75"]  # fmt: skip
    figure = draw_likes_vs_comments(pd.DataFrame(rows, columns=names))
    assert "no data" in words(figure)
    if part:
        assert f"Left out: 16,539 ({part})." in words(figure)
    figure.draw_without_rendering()


def test_a_single_post_and_a_median_of_zero_make_a_figure() -> None:
    one = grid((1_000, 0.01, 1)).assign(column_median=0.0, column_p25=0.0)
    figure = draw_engagement_vs_followers(one)
    assert "1 post shown." in words(figure)
    figure.draw_without_rendering()
