"""Every column of the table post_features."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import cache

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

import features_oracle as oracle
from influencers.config import FeaturesConfig
from influencers.features import posts as features
from influencers.features.describe import post_features
from random_posts import START, Post, post, posts_frame, random_posts, table_frame
from table_check import check_table

EDGES = FeaturesConfig().tier_edges


def described(posts: DataFrame, length: int = 10) -> DataFrame:
    return post_features(posts, tier_edges=EDGES, history_length=length)


@cache
def cases() -> tuple[list[Post], list[Post]]:
    posts = random_posts(1, accounts=40, most=30)
    return posts, oracle.post_features(posts, EDGES, 10)


@pytest.mark.parametrize(("partitions", "order"), [(1, 1), (3, 2), (7, 3)])
def test_all_columns_in_any_order_and_number_of_partitions(
    spark: SparkSession,
    shuffle_partitions: Callable[[int], None],
    partitions: int,
    order: int,
) -> None:
    posts, expected = cases()
    shuffle_partitions(partitions)
    shuffled = random.Random(order).sample(posts, len(posts))
    frame = posts_frame(spark, shuffled).repartition(partitions)
    check_table(described(frame), "post_features", expected)


def test_the_cases_have_what_they_are_for() -> None:
    posts, expected = cases()
    times = {(one["owner_id"], one["created_at"]) for one in posts}
    assert len(times) < 0.9 * len(posts)
    assert sum(one["history_posts"] > 10 for one in expected) > 100
    assert {one["tier"] for one in expected} == {None, *oracle.TIERS}
    assert sum(one["engagement_rate"] is None for one in expected) > 100


def test_no_posts_have_no_features(spark: SparkSession) -> None:
    check_table(described(posts_frame(spark, [])), "post_features", [])


def test_a_post_with_nothing_but_its_keys(spark: SparkSession) -> None:
    posts = [post("a", 1, START)]
    check_table(
        described(posts_frame(spark, posts)),
        "post_features",
        oracle.post_features(posts, EDGES, 10),
    )


def test_engagement_and_its_rate(spark: SparkSession) -> None:
    largest = 2**63 - 1
    expected = spark.createDataFrame(
        [
            (3, 1, 8, 4, 0.5),
            (3, None, 6, 3, 0.5),
            (None, 1, 8, None, None),
            (3, 1, 0, 4, None),
            (3, 1, None, 4, None),
            (0, 0, 5, 0, 0.0),
            (largest, 1, 5, None, None),
        ],
        "likes bigint, comments bigint, followers bigint, engaged bigint, rate double",
    )
    engaged = features.engagement(F.col("likes"), F.col("comments")).alias("engaged")
    found = expected.select("likes", "comments", "followers", engaged).select(
        "*", features.engagement_rate(F.col("engaged"), F.col("followers")).alias("rate")
    )
    assert_df_equality(found, expected)


def test_content_types(spark: SparkSession) -> None:
    expected = spark.createDataFrame(
        [
            (True, True, "video"),
            (True, None, "video"),
            (False, True, "carousel"),
            (None, True, "carousel"),
            (False, False, "photo"),
            (None, False, "photo"),
            (False, None, "photo"),
            (None, None, None),
        ],
        "video boolean, images boolean, type string",
    )
    kind = features.content_type(F.col("video"), F.col("images")).alias("type")
    assert_df_equality(expected.select("video", "images", kind), expected)


def test_the_plan_shuffles_posts_once_and_calls_python_once_in_columns(spark: SparkSession) -> None:
    frame = described(table_frame(spark, "posts", [post("a", 1, START)]))
    plan = frame._jdf.queryExecution().executedPlan().toString()  # type: ignore[operator]
    # Captions were read at ingest.
    assert "EvalPython" not in plan
    assert not [line for line in plan.splitlines() if "caption#" in line and "Scan" not in line]
    assert plan.count("MapInArrow") == 1
    assert plan.count("Exchange hashpartitioning") == 1
    assert plan.count("- Sort [") == 1
    assert not re.search(r"Join|Cartesian|Generate|Expand|Window", plan)
