"""Every column of the table accounts."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache

import pytest
from pyspark.sql import DataFrame, SparkSession

import features_oracle as oracle
from influencers.config import FeaturesConfig
from influencers.features.describe import account_features, posts_and_accounts
from influencers.run import persisted
from random_posts import START, Post, at, post, posts_frame, random_posts, table_frame
from table_check import check_table

EDGES = FeaturesConfig().tier_edges
DAY = 86_400


def described(posts: DataFrame) -> DataFrame:
    return account_features(posts, tier_edges=EDGES)


@cache
def cases() -> tuple[list[Post], list[Post], list[Post]]:
    """Posts, their features and their accounts."""
    posts = random_posts(6, accounts=60, most=20)
    features = oracle.post_features(posts, EDGES, 10)
    return posts, features, oracle.accounts(posts, features, EDGES)


@pytest.mark.parametrize(("partitions", "order"), [(1, 1), (7, 2)])
def test_all_columns_in_any_order_and_number_of_partitions(
    spark: SparkSession,
    shuffle_partitions: Callable[[int], None],
    partitions: int,
    order: int,
) -> None:
    posts, features, expected = cases()
    shuffle_partitions(partitions)
    shuffled = random.Random(order).sample(posts, len(posts))
    frame = posts_frame(spark, shuffled).repartition(partitions)
    check_table(described(frame), "accounts", expected)
    # In one pass with the features of posts, as the job has it.
    with persisted.frames() as keep:
        both = posts_and_accounts(frame, tier_edges=EDGES, history_length=10, keep=keep)
        check_table(both.accounts, "accounts", expected)
        check_table(both.post_features, "post_features", features)


def test_the_cases_have_what_they_are_for() -> None:
    _, _, expected = cases()
    for name in ("posts_per_week", "median_gap_days", "mean_engagement_rate", "tier"):
        nulls = sum(one[name] is None for one in expected)
        assert 0 < nulls < len(expected) - 10, name


def test_no_posts_make_no_accounts(spark: SparkSession) -> None:
    check_table(described(posts_frame(spark, [])), "accounts", [])


def test_an_account_by_hand(spark: SparkSession) -> None:
    posts = [
        post("b", 9, START, likes=4, comments=2, followers=60, following=0, is_video=True,
             caption="ab", hashtags=["x", "y"], mentions=[], owner_username="crawled last",
             crawled_at=at(START + 99 * DAY), location="Rome"),
        post("a", 9, START + 7 * DAY, likes=None, comments=1, followers=10, following=5,
             is_video=False, caption="😀", hashtags=[], mentions=["z"], owner_username="later"),
        post("c", 9, START + 28 * DAY, likes=1, comments=None, followers=2_000_000, following=5,
             is_video=None, hashtags=["x"], mentions=[], owner_username="latest"),
    ]  # fmt: skip
    expected = {
        "owner_id": 9,
        "owner_username": "crawled last",
        "username": None,
        "followers": 60,
        "following": 0,
        "tier": "nano",
        "posts": 3,
        "first_post_at": at(START),
        "last_post_at": at(START + 28 * DAY),
        "posts_per_week": 0.5,
        "median_gap_days": 14.0,
        "mean_likes": 2.5,
        "median_likes": 2.5,
        "mean_comments": 1.5,
        "median_comments": 1.5,
        "mean_engagement_rate": 0.05000025,
        "median_engagement_rate": 0.05000025,
        "video_share": 0.5,
        "carousel_share": None,
        "location_share": 1 / 3,
        "mean_caption_length": 1.0,
        "mean_hashtag_count": 1.0,
        "mean_mention_count": 1 / 3,
        "mean_emoji_count": 1 / 3,
        "follower_following_ratio": None,
    }
    check_table(described(posts_frame(spark, posts)), "accounts", [expected])


def test_counts_beyond_belief_stop_nothing(spark: SparkSession) -> None:
    largest = 2**63 - 1
    posts = [post(code, 1, START, likes=largest, comments=largest, followers=1) for code in "ab"]
    row = described(posts_frame(spark, posts)).collect()[0]
    assert (row.posts, row.mean_likes, row.median_likes) == (2, float(largest), float(largest))


def test_the_plan_shuffles_posts_once_and_calls_python_once_in_columns(spark: SparkSession) -> None:
    frame = described(table_frame(spark, "posts", [post("a", 1, START)]))
    plan = frame._jdf.queryExecution().executedPlan().toString()  # type: ignore[operator]
    assert "EvalPython" not in plan
    assert plan.count("MapInArrow") == 1
    assert plan.count("Exchange hashpartitioning") == 1
    assert plan.count("- Sort [") == 1
