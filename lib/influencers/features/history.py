"""What an account had done before a post: strictly earlier posts only.

Two posts of the same second (or, where times are truncated, of the same day) know nothing of each
other. The work is linear in an account's posts, whatever their number: each time of posting is one
row, and looks back at no more rows than the history is long.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

_SECONDS_PER_DAY = 86_400
_WHEN = ("owner_id", "created_at")


def with_history(posts: DataFrame, *, length: int) -> DataFrame:
    """Posts with the author's history.

    Grain: one row for each post, as it comes. `history_posts` counts all earlier posts;
    `days_since_last_post` is null for the first. The median, last and largest engagement rate and
    likes are those of the last `length` earlier posts, of which posts with an unknown value are
    passed over; null where none is left. Of posts of the same time, the greater shortcode counts
    as the later.

    Args:
        posts: with owner_id, shortcode, created_at, likes and engagement_rate.
        length: how many posts the history looks back.
    """
    before = _before(_times(posts, length=length), length=length)
    described = before.select(
        *_WHEN,
        "history_posts",
        "days_since_last_post",
        *_measures("rates", "engagement_rate"),
        *_measures("likes_known", "likes"),
    )
    return posts.join(described, on=list(_WHEN), how="left")


def _times(posts: DataFrame, *, length: int) -> DataFrame:
    """One row for each time at which an account posted: how often, and its latest posts then."""
    latest_first = Window.partitionBy(*_WHEN).orderBy(F.desc("shortcode"))
    value = F.struct(F.negative("place").alias("order"), "likes", "engagement_rate")
    return (
        posts.select(
            *_WHEN, "likes", "engagement_rate", F.row_number().over(latest_first).alias("place")
        )
        .groupBy(*_WHEN)
        .agg(
            F.max("place").cast("bigint").alias("posts_then"),
            # An account with a million posts on one day keeps the few that count.
            F.sort_array(F.collect_list(F.when(F.col("place") <= length, value)), asc=False).alias(
                "values_then"
            ),
        )
    )


def _before(times: DataFrame, *, length: int) -> DataFrame:
    """For each time, what lies strictly before it, newest first."""
    by_time = Window.partitionBy("owner_id").orderBy("created_at")
    # Each time has at least one post, so this many times hold at least that many posts.
    near = by_time.rowsBetween(-length, -1)
    ever = by_time.rowsBetween(Window.unboundedPreceding, -1)
    now, last = F.unix_seconds("created_at"), F.lag(F.unix_seconds("created_at")).over(by_time)
    recent = F.slice(F.flatten(F.reverse(F.collect_list("values_then").over(near))), 1, length)
    return times.select(
        *_WHEN,
        F.coalesce(F.sum("posts_then").over(ever), F.lit(0)).alias("history_posts"),
        ((now - last) / _SECONDS_PER_DAY).alias("days_since_last_post"),
        recent.alias("recent"),
    ).select(
        "*",
        F.array_compact(F.col("recent.engagement_rate")).alias("rates"),
        F.array_compact(F.col("recent.likes").cast("array<double>")).alias("likes_known"),
    )


def _measures(values: str, name: str) -> list[Column]:
    return [
        median(F.col(values)).alias(f"history_median_{name}"),
        F.get(values, F.lit(0)).alias(f"history_last_{name}"),
        F.array_max(values).alias(f"history_max_{name}"),
    ]


def median(values: Column) -> Column:
    """The median of an array without nulls; null for an empty one."""
    ordered = F.array_sort(values)
    upper = F.floor(F.size(values) / 2).cast("int")
    lower = F.floor((F.size(values) - 1) / 2).cast("int")
    return (F.get(ordered, lower) + F.get(ordered, upper)) / 2
