from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from explore_seeds import (
    account_rows,
    declared,
    grouped,
    post_rows,
    random_posts,
    same_rows,
    with_relative_rate,
)
from influencers.explore.comparisons import (
    HASHTAG_GROUPS,
    count_by_content_type,
    count_by_hashtags,
    draw_engagement_by_content_type,
    draw_engagement_by_hashtags,
    engagement_by_content_type,
    engagement_by_hashtags,
    hashtag_group,
)
from influencers.explore.tables import (
    FIGURE_ENGAGEMENT_BY_CONTENT_TYPE,
    FIGURE_ENGAGEMENT_BY_HASHTAGS,
)


@pytest.mark.parametrize("tasks", [1, 2])
def test_rates_are_compared_by_type_as_they_are_and_within_the_author(tasks: int) -> None:
    comments = [0, None, 0, 0, 0, 0]
    kinds = ["photo", "photo", "carousel", None, "photo", "photo"]
    likes = [10, 20, 40, 30, None, 50]
    owners, followers = [1, 1, 1, 1, 1, 2], [100, 100, 100, 100, 100, 0]
    rows = post_rows(
        {"owner_id": o, "followers": f, "likes": n, "content_type": k, "comments": c}
        for o, f, n, k, c in zip(owners, followers, likes, kinds, comments, strict=True)
    )
    # The medians of the authors: .25, and none.
    posts = with_relative_rate(rows, account_rows(rows), min_posts=2)
    groups = grouped(count_by_content_type, "post_features", posts, tasks=tasks)
    found = declared(engagement_by_content_type(groups), FIGURE_ENGAGEMENT_BY_CONTENT_TYPE)
    one = {"posts": 1, "accounts": 1, "likes_only": 0, "relative_posts": 0}
    expected = [
        {"part": "shown", "content_type": "photo", "posts": 2, "accounts": 1, "likes_only": 1,
         "rate_p25": 0.125, "rate_median": 0.15, "rate_p75": 0.175, "relative_posts": 2,
         "relative_p25": 0.5, "relative_median": 0.6, "relative_p75": 0.7},
        {"part": "shown", "content_type": "carousel", **one, "rate_p25": 0.4,
         "rate_median": 0.4, "rate_p75": 0.4, "relative_posts": 1, "relative_p25": 1.6,
         "relative_median": 1.6, "relative_p75": 1.6},
        *[{"part": part, **one} for part in ("likes unknown", "no followers", "type unknown")],
    ]  # fmt: skip
    same_rows(found, FIGURE_ENGAGEMENT_BY_CONTENT_TYPE, expected)


def test_groups_of_hashtags_add_up_in_any_tasks() -> None:
    rows = random_posts(accounts=50, seed=9)
    posts = with_relative_rate(rows, account_rows(rows), min_posts=3)

    def computed(tasks: int) -> pa.Table:
        groups = grouped(count_by_hashtags, "post_features", posts, tasks=tasks)
        return declared(engagement_by_hashtags(groups), FIGURE_ENGAGEMENT_BY_HASHTAGS)

    found = computed(1)
    assert found.equals(computed(5))
    table = found.to_pandas()
    assert table["posts"].sum() == len(rows)
    shown = table[table["part"] == "shown"]
    assert shown["posts"].sum() == sum(row["engagement_rate"] is not None for row in rows)
    assert set(shown["hashtags"]) == {"0", "1–2", "3–5", "6–10", "21+"}
    none = [r for r in posts if r["engagement_rate"] is not None and not r["hashtag_count"]]
    without = shown[shown["hashtags"] == "0"].iloc[0]
    assert without["accounts"] == len({row["owner_id"] for row in none})
    for name, of in (("rate", "engagement_rate"), ("relative", "relative_rate")):
        known = [row[of] for row in none if row[of] is not None]
        for share, end in ((0.25, "p25"), (0.5, "median"), (0.75, "p75")):
            exact = pytest.approx(np.quantile(known, share), rel=1e-3)
            assert without[f"{name}_{end}"] == exact


@given(st.integers(0, 500))
def test_every_number_of_hashtags_has_one_group(number: int) -> None:
    inside = [g for g in HASHTAG_GROUPS if g[0] <= number and (g[1] is None or number <= g[1])]
    assert len(inside) == 1


def test_numbers_of_hashtags_lie_in_the_groups_of_their_names() -> None:
    found = hashtag_group(np.arange(-1, 40)).tolist()
    assert found[0] == -1
    for group, (first, last) in enumerate(HASHTAG_GROUPS):
        mine = {number for number, of in enumerate(found[1:]) if of == group}
        assert mine == set(range(first, 40 if last is None else last + 1))


def by_type(*rows: tuple[str, str | None, int, float | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["part", "content_type", "posts", "rate_median"])
    return frame.assign(
        accounts=1, likes_only=0, rate_p25=lambda f: f["rate_median"] / 2,
        rate_p75=lambda f: f["rate_median"] * 2, relative_posts=lambda f: f["posts"],
        relative_p25=0.5, relative_median=1.0, relative_p75=1.5,
    )  # fmt: skip


def words(figure: Figure) -> str:
    labels = [label for axes in figure.axes for label in axes.get_yticklabels()]
    texts = [*figure.texts, *labels, *[text for axes in figure.axes for text in axes.texts]]
    return " ".join(" ".join(text.get_text() for text in texts).split())


def test_a_type_without_posts_keeps_its_place() -> None:
    table = by_type(
        ("shown", "photo", 1_600, 0.02), ("likes unknown", None, 30, None),
        ("shown", "carousel", 12, 0.031),
    )  # fmt: skip
    figure = draw_engagement_by_content_type(table)
    said = words(figure)
    assert "1,612 posts shown. Left out: 30 (likes unknown)." in said
    assert "photo 1,600 posts carousel 12 posts video no posts" in said
    assert "3.1 %" in said and "×1.00" in said
    assert figure.axes[0].get_xlabel() == "Engagement rate"
    figure.draw_without_rendering()


@pytest.mark.parametrize("rate", [0.0, 0.04])
def test_a_single_type_and_rates_of_zero_make_a_figure(rate: float) -> None:
    table = by_type(("shown", "video", 1, rate)).assign(
        relative_posts=0, relative_p25=None, relative_median=None, relative_p75=None
    )
    figure = draw_engagement_by_content_type(table.astype({"relative_median": float}))
    assert "1 post shown." in words(figure)
    assert "Right: 0 posts" in words(figure)
    figure.draw_without_rendering()


@pytest.mark.parametrize("parts", [[], ["likes unknown"], ["no followers", "likes unknown"]])
def test_without_anything_to_show_the_figure_says_no_data(parts: list[str]) -> None:
    table = by_type(*[(part, None, 3, None) for part in parts])
    figure = draw_engagement_by_hashtags(table.rename(columns={"content_type": "hashtags"}))
    assert "no data" in words(figure)
    figure.draw_without_rendering()
