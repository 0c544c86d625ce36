from __future__ import annotations

import math

import pandas as pd
import pytest
from chispa import assert_df_equality
from matplotlib.figure import Figure
from pyspark.sql import SparkSession

from explore_seeds import post_rows, random_posts, shuffled, table
from influencers.explore.relations import (
    draw_engagement_vs_followers,
    draw_likes_vs_comments,
    engagement_vs_followers,
    likes_vs_comments,
)
from influencers.explore.tables import FIGURE_ENGAGEMENT_VS_FOLLOWERS, FIGURE_LIKES_VS_COMMENTS
from influencers.storage.table import conform


def test_posts_are_counted_by_cell_with_the_quartiles_of_the_column(spark: SparkSession) -> None:
    pairs = [(10, 1), (20, 3), (90, 0), (100, 5), (0, 4), (None, 4), (10, None), (None, None)]
    posts = table(spark, "post_features", post_rows({"likes": a, "comments": b} for a, b in pairs))
    found = conform(likes_vs_comments(posts, bins_per_decade=1), FIGURE_LIKES_VS_COMMENTS)
    column = {"column_posts": 3, "column_p25": 0.5, "column_median": 1.0, "column_p75": 2.0}
    last = {"column_posts": 1, "column_p25": 5.0, "column_median": 5.0, "column_p75": 5.0}
    cell = {"part": "shown", "comments_from": 1, "comments_to": 10}
    expected = table(
        spark,
        "figure_likes_vs_comments",
        [
            {**cell, "likes_from": 10, "likes_to": 100, "posts": 2, **column},
            {**cell, "likes_from": 100, "likes_to": 1_000, "posts": 1, **last},
            *[
                {"part": part, "posts": 1}
                for part in ("no comments", "no likes", "likes unknown", "comments unknown",
                             "likes and comments unknown")
            ],
        ],
    )  # fmt: skip
    assert_df_equality(found, expected, ignore_nullable=True, ignore_row_order=True)


def test_cells_add_up_to_all_posts_in_any_order(spark: SparkSession) -> None:
    rows = random_posts(accounts=60, seed=3)
    posts = table(spark, "post_features", rows)
    found = conform(
        engagement_vs_followers(posts, bins_per_decade=8), FIGURE_ENGAGEMENT_VS_FOLLOWERS
    )
    again = engagement_vs_followers(shuffled(posts, 5), bins_per_decade=8)
    assert_df_equality(
        found, again.select(*found.columns), ignore_nullable=True, ignore_row_order=True
    )
    cells = found.toPandas()
    assert cells["posts"].sum() == len(rows)
    shown = [r for r in rows if r["engagement_rate"]]
    assert cells.loc[cells["part"] == "shown", "posts"].sum() == len(shown)
    alone = sum(r["comments"] is None for r in shown)
    assert cells.loc[cells["part"] == "shown", "likes_only"].sum() == alone
    unknown = sum(r["likes"] is None for r in rows)
    assert cells.loc[cells["part"] == "likes unknown", "posts"].sum() == unknown


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
