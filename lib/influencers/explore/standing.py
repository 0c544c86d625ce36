"""How a post does among its author's own: the posts it beats, less those it loses to."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

OUTCOMES = ("engagement_rate", "comments", "comments_per_like")


def with_standing(posts: DataFrame) -> DataFrame:
    """How many of the author's own posts each beats, less those it loses to, by each outcome.

    Three times, since features are unknown for different posts: among all, among those of known
    type, and among those of trusted hour. A standing is null where the post's outcome is.
    """
    rate = F.try_divide(F.col("comments").cast("double"), F.col("likes").cast("double"))
    measured = posts.select(
        "owner_id", "shortcode", "relative_rate", "engagement_rate", "comments",
        rate.alias("comments_per_like"), "content_type", "has_location", "question",
        "hashtag_count", "trusted_hour", "day_of_week",
    ).where(F.coalesce("engagement_rate", "comments").isNotNull())  # fmt: skip
    populations = {
        "all": F.lit(True),
        "typed": F.col("content_type").isNotNull(),
        "timed": F.col("trusted_hour").isNotNull(),
    }
    return measured.withColumns(
        {
            name: column
            for outcome in OUTCOMES
            for population, inside in populations.items()
            for name, column in _standing(outcome, population, inside).items()
        }
    )


def _standing(outcome: str, population: str, inside: Column) -> dict[str, Column]:
    """The standing of a post by one outcome in one population, and how many posts it is among."""
    author = Window.partitionBy("owner_id")
    # Ranges that end at the current row are summed as they grow; ranges that begin there would be
    # summed anew for every row.
    upwards = author.orderBy(F.asc(outcome)).rangeBetween(Window.unboundedPreceding, 0)
    downwards = author.orderBy(F.desc(outcome)).rangeBetween(Window.unboundedPreceding, 0)
    known = F.col(outcome).isNotNull()
    counted = F.count_if(inside & known)
    return {
        f"{population}_{outcome}_standing": F.when(
            known, counted.over(upwards) - counted.over(downwards)
        ),
        f"{population}_{outcome}_posts": counted.over(author),
    }
