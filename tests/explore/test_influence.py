from __future__ import annotations

from chispa import assert_df_equality
from pyspark.sql import SparkSession

from explore_seeds import account_rows, post_rows, random_posts, shuffled, table
from influencers import tables
from influencers.explore.influence import leaders, tiers


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
    found = leaders(table(spark, "post_features", rows), accounts, top=2, min_posts=3)
    names = ("tier", "rank", "owner_id", "followers", "posts", "median_engagement_rate",
             "engagement_rate_p25", "engagement_rate_p75", "median_likes")  # fmt: skip
    expected = table(
        spark,
        "analysis_influence",
        [
            {**dict(zip(names, row, strict=True)), "owner_username": f"name{row[2]}"}
            for row in (
                ("nano", 1, 2, 2_000, 3, 0.02, 0.02, 0.02, 40.0),
                ("nano", 2, 1, 1_000, 3, 0.02, 0.015, 0.025, 20.0),
                ("macro", 1, 5, 600_000, 3, 0.00001, 0.00001, 0.00001, 6.0),
            )
        ],
    )
    assert_df_equality(
        tables.conform(found, "analysis_influence"),
        expected,
        ignore_nullable=True,
        ignore_row_order=True,
    )


def test_leaders_do_not_depend_on_rows_or_partitions(spark: SparkSession) -> None:
    rows = random_posts(accounts=60, seed=4)
    posts = table(spark, "post_features", rows)
    accounts = table(spark, "accounts", account_rows(rows))
    found = leaders(posts, accounts, top=4, min_posts=2)
    again = leaders(shuffled(posts, 5), shuffled(accounts, 4), top=4, min_posts=2)
    assert found.count() > 8
    assert_df_equality(found, again, ignore_nullable=True, ignore_row_order=True)


def test_tiers_count_every_account_and_compare_those_with_enough_posts(
    spark: SparkSession,
) -> None:
    accounts = table(
        spark,
        "accounts",
        [
            {"owner_id": i, "tier": t, "followers": f, "posts": p, "median_engagement_rate": r}
            for i, (t, f, p, r) in enumerate(
                [
                    ("nano", 100, 5, 0.25), ("nano", 200, 9, 0.5), ("nano", 300, 1, 0.9),
                    ("mega", 2_000_000, 9, None), (None, None, 7, None),
                ]
            )
        ],
    )  # fmt: skip
    expected = table(
        spark,
        "analysis_tiers",
        [
            {"tier": "nano", "accounts": 3, "ranked_accounts": 2, "posts": 15,
             "median_followers": 200.0, "engagement_rate_p25": 0.3125,
             "engagement_rate_median": 0.375, "engagement_rate_p75": 0.4375},
            {"tier": "mega", "accounts": 1, "ranked_accounts": 0, "posts": 9,
             "median_followers": 2_000_000.0},
            {"tier": None, "accounts": 1, "ranked_accounts": 0, "posts": 7},
        ],
    )  # fmt: skip
    assert_df_equality(
        tables.conform(tiers(accounts, min_posts=5), "analysis_tiers"),
        expected,
        ignore_nullable=True,
        ignore_row_order=True,
    )
