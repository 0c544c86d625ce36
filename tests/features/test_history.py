"""History: what lies strictly before a post, and nothing of the post or of what follows it."""

from __future__ import annotations

import random
import re
import statistics
from collections.abc import Sequence
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.features.history import median, with_history
from influencers.features.posts import engagement, engagement_rate
from influencers.features.tables import POST_FEATURES
from random_posts import COUNTS, START, Post, post, posts_frame, random_account

HISTORY = (
    *(name for name in POST_FEATURES.schema.fieldNames() if "history" in name),
    "days_since_last_post",
)
MANY = 100_000


def history_of(posts: DataFrame, length: int = 10) -> DataFrame:
    engaged = engagement(F.col("likes"), F.col("comments"))
    rated = posts.withColumn("engagement_rate", engagement_rate(engaged, F.col("followers")))
    return with_history(rated, length=length)


def collected(frame: DataFrame) -> dict[str, tuple[Any, ...]]:
    rows = frame.select("shortcode", *HISTORY).collect()
    return {row.shortcode: tuple(row)[1:] for row in rows}


def copied(posts: Sequence[Post], owner_id: int) -> list[Post]:
    """The posts as another account's; same order of shortcodes."""
    return [
        one | {"owner_id": owner_id, "shortcode": f"{one['shortcode']} {owner_id}"} for one in posts
    ]


def other_outcomes(one: Post, chance: random.Random) -> Post:
    likes, comments = (
        chance.choice([n for n in COUNTS if n != one[x]]) for x in ("likes", "comments")
    )
    return one | {"likes": likes, "comments": comments, "followers": chance.randint(1, 10**6)}


def future_changed(posts: Sequence[Post], now: Post, chance: random.Random) -> list[Post]:
    """The account if the post and all that is not earlier had gone differently."""
    kept = [one for one in posts if one["created_at"] < now["created_at"]]
    rest = [one for one in posts if one["created_at"] >= now["created_at"] and one is not now]
    changed = [other_outcomes(one, chance) for one in rest if chance.random() < 0.7]
    at_once = now | {"shortcode": chance.choice("0~") + now["shortcode"]}
    return [*kept, other_outcomes(now, chance), *changed, other_outcomes(at_once, chance)]


def test_the_post_itself_and_later_posts_do_not_touch_the_history(spark: SparkSession) -> None:
    chance = random.Random(5)
    posts: list[Post] = []
    pairs: list[tuple[str, str]] = []
    for number in range(12):
        base = random_account(chance, number, 18)
        posts += base
        for now in base:
            owner_id = 1_000 + len(pairs)
            posts += copied(future_changed(base, now, chance), owner_id)
            pairs.append((now["shortcode"], f"{now['shortcode']} {owner_id}"))
    found = collected(history_of(posts_frame(spark, posts)))
    assert len(pairs) == 216
    assert [found[base] for base, _ in pairs] == [found[variant] for _, variant in pairs]
    # Histories that are all empty would prove nothing.
    assert sum(found[base][0] > 0 for base, _ in pairs) > 100


def test_any_earlier_post_of_the_last_ten_does(spark: SparkSession) -> None:
    base = [post(f"{n:02}", 0, START + n, likes=n, followers=10) for n in range(12)]
    raised = [
        one
        for number, changed in enumerate(base)
        for one in copied(
            [one | {"likes": 1_000} if one is changed else one for one in base], 1 + number
        )
    ]
    found = collected(history_of(posts_frame(spark, [*base, *raised])))
    touched = [found["11"] != found[f"11 {1 + number}"] for number in range(12)]
    assert touched == [False] + 10 * [True] + [False]


def test_last_is_the_last_known_of_the_last_ten(spark: SparkSession) -> None:
    likes = [50, 3, None, 7, None, *9 * [None], 4]
    posts = [
        post(f"{n:02}", 1, START + n * 86_400, likes=count, followers=10)
        for n, count in enumerate(likes)
    ]
    found = collected(history_of(posts_frame(spark, posts)))
    wanted = {
        "00": (0, None, None, None, None, None, None, None),
        "01": (1, 5.0, 5.0, 5.0, 50.0, 50.0, 50.0, 1.0),
        "04": (4, 0.7, 0.7, 5.0, 7.0, 7.0, 50.0, 1.0),
        "12": (12, 0.7, 0.7, 0.7, 7.0, 7.0, 7.0, 1.0),
        "14": (14, None, None, None, None, None, None, 1.0),
    }
    assert {code: found[code] for code in wanted} == wanted


def test_the_length_is_the_caller_s(spark: SparkSession) -> None:
    posts = [post(f"{n:02}", 1, START + n, likes=n, followers=1) for n in range(6)]
    found = collected(history_of(posts_frame(spark, posts), length=2))
    medians = [found[f"{n:02}"][4] for n in range(6)]
    assert medians == [None, 0.0, 0.5, 1.5, 2.5, 3.5]


def test_a_hundred_thousand_posts_in_one_second(spark: SparkSession) -> None:
    codes = spark.range(MANY).select(
        F.format_string("%06d", "id").alias("shortcode"), F.col("id").alias("likes")
    )
    at_once = codes.select(
        "*", F.lit(1).alias("owner_id"), F.timestamp_seconds(F.lit(START)).alias("created_at")
    )
    after = at_once.where("likes = 0").withColumns(
        {"shortcode": F.lit("after"), "created_at": F.timestamp_seconds(F.lit(START + 43_200))}
    )
    rated = at_once.unionByName(after).withColumn("engagement_rate", F.col("likes") / 4)
    found = with_history(rated, length=10)
    groups = found.groupBy(*HISTORY).count().sort("count").collect()
    # The posts of one time are ordered by shortcode: the last ten are the greatest ten.
    assert [tuple(row) for row in groups] == [
        (MANY, 24998.625, 24999.75, 24999.75, 99994.5, 99999.0, 99999.0, 0.5, 1),
        (0, *7 * [None], MANY),
    ]


def test_a_hundred_thousand_posts_of_one_account(spark: SparkSession) -> None:
    second = F.lit(START) + F.col("id")
    posts = spark.range(MANY).select(
        F.format_string("%06d", "id").alias("shortcode"),
        F.lit(1).alias("owner_id"),
        F.timestamp_seconds(second).alias("created_at"),
        F.col("id").alias("likes"),
        (F.col("id") / 2).alias("engagement_rate"),
    )
    right = (
        (F.col("history_posts") == F.col("likes"))
        & (F.col("history_last_likes") == F.col("likes") - 1)
        & (F.col("history_median_likes") == F.col("likes") - 5.5)
        & (F.col("history_median_engagement_rate") == (F.col("likes") - 5.5) / 2)
    )
    assert with_history(posts, length=10).where(right).count() == MANY - 10


def test_no_post_meets_more_than_the_ten_before_it(spark: SparkSession) -> None:
    """Linear by its plan: no join, nothing exploded, and whatever collects is bounded."""
    frame = history_of(posts_frame(spark, [post("a", 1, START)]))
    plan = frame._jdf.queryExecution().executedPlan().toString()  # type: ignore[operator]
    assert not re.search(r"Join|Cartesian|Generate|Expand", plan)
    window = r"(\w+)\([^()]*\) windowspecdefinition\([^()]*windowframe\(RowFrame, ([^()]*)\)\)"
    frames = set(re.findall(window, plan.replace("$()", "")))
    assert frames == {
        ("row_number", "unboundedpreceding, currentrow"),
        ("lag", "-1, -1"),
        ("collect_list", "-10, -1"),
        ("nth_value", "unboundedpreceding, currentrow"),
    }
    assert plan.count("- Window [") == 2
    assert plan.count("Exchange hashpartitioning") == 1
    assert plan.count("- Sort [") == 1


def test_medians_of_arrays(spark: SparkSession) -> None:
    chance = random.Random(3)
    arrays = [[chance.choice((0.0, 0.1, 2.5, 1e9)) for _ in range(size % 12)] for size in range(60)]
    rows = spark.createDataFrame([(one,) for one in arrays], "numbers array<double>").select(
        median(F.col("numbers")).alias("median")
    )
    found = [row.median for row in rows.collect()]
    assert found == [statistics.median(one) if one else None for one in arrays]
