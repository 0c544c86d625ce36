from __future__ import annotations

from functools import partial

import pandas as pd
import pytest
from matplotlib.figure import Figure

from explore_seeds import declared, grouped, post_rows, same_rows
from influencers.explore.distributions import (
    count_followers,
    count_likes,
    draw_follower_distribution,
    draw_likes_distribution,
    follower_distribution,
    likes_distribution,
)
from influencers.explore.tables import FIGURE_FOLLOWER_DISTRIBUTION, FIGURE_LIKES_DISTRIBUTION

EDGES = (10_000, 100_000, 500_000, 1_000_000)


@pytest.mark.parametrize("tasks", [1, 5])
def test_accounts_are_counted_by_log_bin_and_left_out_by_reason(tasks: int) -> None:
    followers = [1, 2, 3, 4, 5, 6, 9, 10, 10, 99, 0, None, None]
    rows = [{"owner_id": i, "followers": n} for i, n in enumerate(followers)]
    groups = grouped(partial(count_followers, bins_per_decade=1), "accounts", rows, tasks=tasks)
    found = follower_distribution(groups, bins_per_decade=1)
    expected = [
        {"part": part, "followers_from": low, "followers_to": high, "accounts": n,
         "median": 5.0, "p90": 10.0}
        for part, low, high, n in (
            ("shown", 1, 10, 7), ("shown", 10, 100, 3),
            ("no followers", None, None, 1), ("followers unknown", None, None, 2),
        )
    ]  # fmt: skip
    same_rows(declared(found, FIGURE_FOLLOWER_DISTRIBUTION), FIGURE_FOLLOWER_DISTRIBUTION, expected)


def test_hidden_likes_are_not_zero_likes() -> None:
    rows = post_rows({"likes": n} for n in (None, 0, 0, 5))
    groups = grouped(partial(count_likes, bins_per_decade=8), "post_features", rows)
    found = declared(likes_distribution(groups, bins_per_decade=8), FIGURE_LIKES_DISTRIBUTION)
    counted = {row["part"]: row["posts"] for row in found.to_pylist()}
    assert counted == {"likes unknown": 1, "no likes": 2, "shown": 1}


@pytest.mark.parametrize("likes", [[], [None, None]])
def test_where_no_likes_are_known_there_is_no_median(likes: list[None]) -> None:
    rows = post_rows({"likes": n} for n in likes)
    groups = grouped(partial(count_likes, bins_per_decade=8), "post_features", rows)
    found = declared(likes_distribution(groups, bins_per_decade=8), FIGURE_LIKES_DISTRIBUTION)
    unknown = {"part": "likes unknown", "posts": 2}
    same_rows(found, FIGURE_LIKES_DISTRIBUTION, [unknown] if likes else [])


def likes_table(*rows: tuple[str, float | None, float | None, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["part", "likes_from", "likes_to", "posts"])
    return frame.assign(median=100.0, p90=900.0)


def words(figure: Figure) -> str:
    texts = [*figure.texts, *[text for axes in figure.axes for text in axes.texts]]
    return " ".join(" ".join(text.get_text() for text in texts).split())


def test_the_axis_is_logarithmic_and_the_caption_counts() -> None:
    figure = draw_likes_distribution(
        likes_table(
            ("likes unknown", None, None, 1_200), ("shown", 100, 1_000, 30), ("shown", 10, 100, 20),
            ("no likes", None, None, 7),
        )
    )  # fmt: skip
    (axes,) = figure.axes
    assert axes.get_xscale() == "log" and axes.get_yscale() == "linear"
    assert [bar.get_height() for bar in axes.patches] == [20, 30]
    assert "50 posts shown. Left out: 1,200 (likes unknown), 7 (no likes)." in words(figure)
    assert "half of the posts: 100 or fewer" in words(figure)
    figure.draw_without_rendering()


@pytest.mark.parametrize(
    "rows",
    [[], [("likes unknown", None, None, 12)], [("no likes", None, None, 3)]],
    ids=["empty", "all unknown", "all zero"],
)
def test_without_anything_to_show_the_figure_says_no_data(rows: list[tuple]) -> None:
    figure = draw_likes_distribution(likes_table(*rows))
    assert "no data" in words(figure)
    assert "0 posts shown" in words(figure)
    figure.draw_without_rendering()


def test_a_single_account_makes_a_figure() -> None:
    one = pd.DataFrame(
        [("shown", 1_000, 1_334, 1, 1_200.0, 1_200.0)],
        columns=["part", "followers_from", "followers_to", "accounts", "median", "p90"],
    )
    figure = draw_follower_distribution(one, tier_edges=EDGES)
    assert "1 account shown." in words(figure)
    assert "nano" in words(figure) and "mega" not in words(figure)
    figure.draw_without_rendering()
