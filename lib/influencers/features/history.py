"""What an account had done before a post: strictly earlier posts only.

Two posts of the same second (or, where times are truncated, of the same day) know nothing of each
other. The posts of an account are shuffled and sorted once and gone through twice, and none looks
back at more posts than the history is long: the work grows with the number of posts, not with the
number of pairs of them.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from influencers.features.feature import Feature, values
from influencers.storage.table import PER_FOLLOWER, bigint, double

_SECONDS_PER_DAY = 86_400
# What lies before a post: a struct of `posts`, `last_at` and an array for each of `_REMEMBERED`.
_EARLIER = "_earlier"
# Of the last posts before: the column, its words, and its unit.
_REMEMBERED = (("engagement_rate", "engagement rate", PER_FOLLOWER), ("likes", "likes", ""))


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
    return (
        posts.withColumn(_EARLIER, _rows_before(length))
        .withColumn(_EARLIER, F.first(_EARLIER).over(same_time))
        .select(*posts.columns, *values(FEATURES))
    )


def _rows_before(length: int) -> Column:
    """What the account's rows before a row hold, those of the row's own time among them."""
    in_order = Window.partitionBy("owner_id").orderBy("created_at", "shortcode")
    last_ones = in_order.rowsBetween(-length, -1)
    return F.struct(
        (F.row_number().over(in_order).cast("bigint") - 1).alias("posts"),
        F.lag("created_at").over(in_order).alias("last_at"),
        # Oldest first; unknown values are not collected.
        *(
            F.collect_list(F.col(name).cast("double")).over(last_ones).alias(name)
            for name, _, _ in _REMEMBERED
        ),
    )


def median(values: Column) -> Column:
    """The median of an array without nulls; null for an empty one."""
    ordered = F.sort_array(values)
    upper = F.floor(F.size(values) / 2).cast("int")
    lower = F.floor((F.size(values) - 1) / 2).cast("int")
    return (F.get(ordered, lower) + F.get(ordered, upper)) / 2


def _earlier(field: str) -> Column:
    return F.col(_EARLIER)[field]


def _days_since_last() -> Column:
    since = F.unix_seconds("created_at") - F.unix_seconds(_earlier("last_at"))
    return since / _SECONDS_PER_DAY


def _measures(name: str, what: str, unit: str) -> tuple[Feature, ...]:
    none = "no earlier post with a known value"
    of = f"{what} of the author's last `features.history_posts` posts strictly before"
    return (
        Feature(
            double(f"history_median_{name}", f"median {of}", unit=unit, null=none),
            "history",
            f"median {what} before",
            lambda: median(_earlier(name)),
        ),
        Feature(
            double(
                f"history_last_{name}",
                f"{what} of the latest known of these posts",
                unit=unit,
                null=none,
            ),
            "history",
            f"last {what} before",
            lambda: F.try_element_at(_earlier(name), F.lit(-1)),
        ),
        Feature(
            double(f"history_max_{name}", f"highest {of}", unit=unit, null=none),
            "history",
            f"highest {what} before",
            lambda: F.array_max(_earlier(name)),
        ),
    )


FEATURES = (
    Feature(
        bigint("history_posts", "all posts of the author strictly before this one"),
        "history",
        "earlier posts",
        lambda: _earlier("posts"),
    ),
    Feature(
        double(
            "days_since_last_post",
            "time since the author's last post strictly before this one",
            unit="days",
            null="it is the author's first",
        ),
        "history",
        "days since the last post",
        _days_since_last,
    ),
    *(feature for one in _REMEMBERED for feature in _measures(*one)),
)
