from __future__ import annotations

import random
from collections.abc import Sequence
from functools import partial

import numpy as np
import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from scipy.stats import binom

from explore_seeds import (
    account_rows,
    arrow_rows,
    declared,
    grouped,
    post_rows,
    random_posts,
    same_rows,
    shuffled,
    table,
)
from influencers.explore.influence import (
    INTERVALS,
    count_tiers,
    intervals,
    leaders,
    low_rank,
    tiers,
)
from influencers.explore.tables import ANALYSIS_INFLUENCE, ANALYSIS_TIERS
from influencers.storage.table import conform


def described(spark: SparkSession, rows: list[dict], *, min_posts: int) -> DataFrame:
    """Accounts with their intervals, of two tasks."""
    rows = [row for row in rows if row["owner_id"] is not None]
    frames = []
    for part in (
        [r for r in rows if r["owner_id"] % 2 == 0],
        [r for r in rows if r["owner_id"] % 2],
    ):
        found = intervals(arrow_rows("post_features", part), min_posts=min_posts)
        frames.append(spark.createDataFrame(found.to_pylist(), INTERVALS))
    return frames[0].unionByName(frames[1])


def interval_of(rates: Sequence[float]) -> dict:
    rows = [{"owner_id": 1, "engagement_rate": rate} for rate in rates]
    (row,) = intervals(arrow_rows("post_features", rows), min_posts=1).to_pylist()
    return row


def posts_of(owner: int, followers: int, tier: str, likes: list[int | None]) -> list[dict]:
    return [{"owner_id": owner, "followers": followers, "tier": tier, "likes": n} for n in likes]


def test_the_leaders_of_a_tier_are_ranked_by_median_and_lucky_shots_are_not(
    spark: SparkSession,
) -> None:
    rows = post_rows(
        [
            *posts_of(1, 1_000, "nano", [10, 20, 30]),
            *posts_of(2, 2_000, "nano", [40, 40, 40, None]),  # a tie with 1: more followers
            *posts_of(3, 1_000, "nano", [900, None, None]),  # one known post
            *posts_of(4, 1_000, "nano", [1, 1, 1]),
            *posts_of(5, 600_000, "macro", [6, 6, 6]),
        ]
    )
    rows += [{"shortcode": "x", "owner_id": 6, "created_at": rows[0]["created_at"]}]  # no tier
    accounts = table(spark, "accounts", account_rows(rows))
    found = leaders(described(spark, rows, min_posts=3), accounts, top=2, keep=lambda frame: frame)
    names = ("tier", "rank", "owner_id", "followers", "posts", "median_engagement_rate",
             "percentile", "engagement_rate_p25", "engagement_rate_p75",
             "median_likes")  # fmt: skip
    expected = table(
        spark,
        "analysis_influence",
        [
            {**dict(zip(names, row, strict=True)), "owner_username": f"name{row[2]}"}
            for row in (
                ("nano", 1, 2, 2_000, 3, 0.02, 1.0, 0.02, 0.02, 40.0),
                ("nano", 2, 1, 1_000, 3, 0.02, 1.0, 0.015, 0.025, 20.0),
                ("macro", 1, 5, 600_000, 3, 0.00001, 1.0, 0.00001, 0.00001, 6.0),
            )
        ],
    )
    assert_df_equality(
        conform(found, ANALYSIS_INFLUENCE),
        expected,
        ignore_nullable=True,
        ignore_row_order=True,
    )


def test_a_high_median_of_few_posts_does_not_lead(spark: SparkSession) -> None:
    rows = post_rows(
        [
            # Nine posts, median .68, and one could as well be .05; forty posts around .3.
            *posts_of(1, 100, "nano", [5, 5, 30, 60, 68, 70, 80, 80, 80]),
            *posts_of(2, 100, "nano", [28 + n % 5 for n in range(40)]),
            *posts_of(3, 100, "nano", [1 + n % 3 for n in range(12)]),
        ]
    )
    accounts = table(spark, "accounts", account_rows(rows))
    found = leaders(described(spark, rows, min_posts=6), accounts, top=5, keep=lambda frame: frame)
    found = found.orderBy("rank").collect()
    assert [row["owner_id"] for row in found] == [2, 1, 3]
    steady, lucky, last = found
    assert (lucky["median_engagement_rate"], steady["median_engagement_rate"]) == (0.68, 0.3)
    assert (lucky["median_low"], lucky["median_high"]) == (0.05, 0.8)
    assert (lucky["percentile"], steady["percentile"], last["percentile"]) == pytest.approx(
        (1, 2 / 3, 1 / 3)
    )
    again = leaders(described(spark, rows, min_posts=10), accounts, top=5, keep=lambda frame: frame)
    assert {row["owner_id"] for row in again.collect()} == {2, 3}


@pytest.mark.parametrize("posts", [6, 7, 8, 9, 10, 17, 44, 100, 1_001])
def test_the_interval_of_a_median_ends_at_the_right_posts(posts: int) -> None:
    rng = random.Random(posts)
    rates = [rng.choice([rng.random(), 0.5]) for _ in range(posts)]
    row = interval_of(rates)
    # The largest rank that leaves at most 2.5 % below it, by the binomial distribution.
    exact = max(r for r in range(1, posts) if binom.cdf(r - 1, posts, 0.5) <= 0.025)
    rank = exact - (posts in (17, 44))  # where the approximation is on the safe side
    ordered = sorted(rates)
    assert row["posts"] == posts
    assert row["median_low"] == pytest.approx(ordered[rank - 1], rel=1e-3)
    assert row["median_high"] == pytest.approx(ordered[posts - rank], rel=1e-3)
    assert row["median_low"] <= ordered[rank - 1] and row["median_high"] >= ordered[posts - rank]


def test_a_median_of_five_posts_has_no_interval() -> None:
    row = interval_of(range(5))
    assert (row["median_low"], row["median_high"], row["posts"]) == (None, None, 5)


def test_ranks_of_any_number_of_posts_hold_the_median_with_at_least_95_percent() -> None:
    numbers = np.arange(6, 5_000)
    ranks = low_rank(numbers)
    assert (binom.cdf(ranks - 1, numbers, 0.5) <= 0.025).all()
    assert (binom.cdf(ranks + 1, numbers, 0.5) > 0.025).all()  # no further out than one rank
    (millions,) = low_rank(np.array([10_000_000]))
    assert binom.cdf(millions - 1, 10_000_000, 0.5) == pytest.approx(0.025, abs=1e-4)


def test_rounded_rates_never_narrow_the_interval() -> None:
    """A hundred thousand posts of an account have 2,001 rates of four digits."""
    row = interval_of([1 + number / 50_000 for number in range(100_000)])
    rank = 50_000 - 310 + 1
    assert row["median_low"] == pytest.approx(1 + (rank - 1) / 50_000, abs=1e-3)
    assert row["median_low"] <= 1 + (rank - 1) / 50_000 < 2 <= row["median_high"]
    assert row["engagement_rate_p25"] == pytest.approx(1.5, abs=1e-3)


def test_quartiles_are_of_known_rates_and_interpolate() -> None:
    row = interval_of([4.0, None, 1.0, 3.0, 2.0, None])
    assert (row["posts"], row["engagement_rate_p25"], row["engagement_rate_p75"]) == (4, 1.75, 3.25)


def test_accounts_with_too_few_known_rates_are_not_described() -> None:
    rows = [
        {"owner_id": o, "engagement_rate": r} for o, r in ((1, 0.1), (1, None), (2, 0.2), (2, 0.3))
    ]
    found = intervals(arrow_rows("post_features", rows), min_posts=2).to_pylist()
    assert [row["owner_id"] for row in found] == [2]
    assert not len(intervals(arrow_rows("post_features", rows[1:2]), min_posts=1))


def test_leaders_do_not_depend_on_rows_or_partitions(spark: SparkSession) -> None:
    rows = random_posts(accounts=60, seed=4)
    accounts = table(spark, "accounts", account_rows(rows))
    known = described(spark, rows, min_posts=2)
    found = leaders(known, accounts, top=4, keep=lambda frame: frame)
    again = leaders(
        shuffled(known, 5), shuffled(accounts, 4), top=4, keep=lambda frame: frame.persist()
    )
    assert found.count() > 8
    assert_df_equality(found, again, ignore_nullable=True, ignore_row_order=True)


@pytest.mark.parametrize("tasks", [1, 3])
def test_tiers_count_every_account_and_compare_those_with_enough_posts(tasks: int) -> None:
    accounts = [
        {"owner_id": i, "tier": t, "followers": f, "posts": p, "median_engagement_rate": r}
        for i, (t, f, p, r) in enumerate(
            [
                ("nano", 100, 5, 0.25), ("nano", 200, 9, 0.5), ("nano", 300, 1, 0.9),
                ("mega", 2_000_000, 9, None), (None, None, 7, None),
            ]
        )
    ]  # fmt: skip
    expected = [
        {"tier": "nano", "accounts": 3, "ranked_accounts": 2, "posts": 15,
         "median_followers": 200.0, "engagement_rate_p25": 0.3125,
         "engagement_rate_median": 0.375, "engagement_rate_p75": 0.4375},
        {"tier": "mega", "accounts": 1, "ranked_accounts": 0, "posts": 9,
         "median_followers": 2_000_000.0},
        {"tier": None, "accounts": 1, "ranked_accounts": 0, "posts": 7},
    ]  # fmt: skip
    groups = grouped(partial(count_tiers, min_posts=5), "accounts", accounts, tasks=tasks)
    same_rows(declared(tiers(groups), ANALYSIS_TIERS), ANALYSIS_TIERS, expected)
