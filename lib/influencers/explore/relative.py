"""A post's engagement rate against what its author usually gets.

Accounts differ by more than posts do: between a small and a large one the usual engagement rate
differs by a factor of ten. What a hashtag or a video does is only seen within an account.
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def with_relative_rate(
    post_features: DataFrame, accounts: DataFrame, *, min_posts: int
) -> DataFrame:
    """Add `relative_rate`: the engagement rate as a multiple of the author's median.

    Null where the rate is unknown, where the author's median is 0, and for authors with fewer
    than `min_posts` posts, whose every post would lie near its own median.
    """
    usual = accounts.where(F.col("posts") >= min_posts).select(
        "owner_id", F.col("median_engagement_rate").alias("usual_rate")
    )
    relative = F.try_divide(F.col("engagement_rate"), F.col("usual_rate"))
    return (
        post_features.join(usual, on="owner_id", how="left")
        .withColumn("relative_rate", relative)
        .drop("usual_rate")
    )
