"""What an account had done before a post: strictly earlier posts only.

Two posts of the same second (or, where times are truncated, of the same day) know nothing of each
other. The posts of an account are shuffled and sorted once and gone through twice, and none looks
back at more posts than the history is long: the work grows with the number of posts, not with the
number of pairs of them.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

_SECONDS_PER_DAY = 86_400


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
    # What lies before the first post of a time lies before all of that time.
    same_time = (
        Window.partitionBy("owner_id", "created_at")
        .orderBy("shortcode")
        .rowsBetween(Window.unboundedPreceding, Window.currentRow)
    )
    earlier = F.first("_earlier").over(same_time)
    return (
        posts.withColumn("_earlier", _rows_before(length))
        .withColumn("_earlier", earlier)
        .select(*posts.columns, *_described(F.col("_earlier")))
    )


def _rows_before(length: int) -> Column:
    """What the account's rows before a row hold, those of the row's own time among them."""
    in_order = Window.partitionBy("owner_id").orderBy("created_at", "shortcode")
    last_ones = in_order.rowsBetween(-length, -1)
    return F.struct(
        (F.row_number().over(in_order).cast("bigint") - 1).alias("posts"),
        F.lag("created_at").over(in_order).alias("last_at"),
        # Oldest first; unknown values are not collected.
        F.collect_list("engagement_rate").over(last_ones).alias("engagement_rate"),
        F.collect_list(F.col("likes").cast("double")).over(last_ones).alias("likes"),
    )


def _described(earlier: Column) -> list[Column]:
    since = F.unix_seconds("created_at") - F.unix_seconds(earlier["last_at"])
    return [
        earlier["posts"].alias("history_posts"),
        (since / _SECONDS_PER_DAY).alias("days_since_last_post"),
        *_measures(earlier["engagement_rate"], "engagement_rate"),
        *_measures(earlier["likes"], "likes"),
    ]


def _measures(values: Column, name: str) -> list[Column]:
    return [
        median(values).alias(f"history_median_{name}"),
        F.try_element_at(values, F.lit(-1)).alias(f"history_last_{name}"),
        F.array_max(values).alias(f"history_max_{name}"),
    ]


def median(values: Column) -> Column:
    """The median of an array without nulls; null for an empty one."""
    ordered = F.sort_array(values)
    upper = F.floor(F.size(values) / 2).cast("int")
    lower = F.floor((F.size(values) - 1) / 2).cast("int")
    return (F.get(ordered, lower) + F.get(ordered, upper)) / 2
