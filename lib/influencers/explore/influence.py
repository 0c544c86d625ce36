"""Who leads: the accounts with the highest engagement of their follower tier, and the tiers."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from influencers.explore.bins import quantile, quartiles


def leaders(
    post_features: DataFrame, accounts: DataFrame, *, top: int, min_posts: int
) -> DataFrame:
    """The accounts of each tier with the highest median engagement rate.

    Only accounts with at least `min_posts` posts of known engagement rate are ranked: a single
    lucky post would lead every list. Ties go to the account with more followers, then to the
    smaller id. The quartiles are those of the account's own posts: how steady the lead is.
    """
    steadiness = (
        post_features.where(F.col("engagement_rate").isNotNull())
        .groupBy("owner_id")
        .agg(
            F.count(F.lit(1)).alias("posts"),
            F.percentile("engagement_rate", F.lit(0.25)).alias("engagement_rate_p25"),
            F.percentile("engagement_rate", F.lit(0.75)).alias("engagement_rate_p75"),
        )
        .where(F.col("posts") >= min_posts)
    )
    order = Window.partitionBy("tier").orderBy(
        F.desc("median_engagement_rate"), F.desc("followers"), F.asc("owner_id")
    )
    return (
        accounts.where(F.col("tier").isNotNull() & F.col("median_engagement_rate").isNotNull())
        .drop("posts")
        .join(steadiness, on="owner_id", how="inner")
        .withColumn("rank", F.row_number().over(order))
        .where(F.col("rank") <= top)
        .select(
            "tier", "rank", "owner_id", "owner_username", "followers", "posts",
            "median_engagement_rate", "engagement_rate_p25", "engagement_rate_p75",
            F.col("median_likes"),
        )
    )  # fmt: skip


def tiers(accounts: DataFrame, *, min_posts: int) -> DataFrame:
    """Every follower tier in numbers: its accounts, posts, followers and engagement.

    A row a tier that has accounts; the tier is null for accounts with unknown followers.
    `ranked_accounts` have at least `min_posts` posts and a known rate; the quartiles are those of
    their median engagement rates, every account counting once.
    """
    ranked = (F.col("posts") >= min_posts) & F.col("median_engagement_rate").isNotNull()
    rate = F.when(ranked, F.col("median_engagement_rate"))
    return accounts.groupBy("tier").agg(
        F.count(F.lit(1)).alias("accounts"),
        F.count(rate).alias("ranked_accounts"),
        F.sum("posts").alias("posts"),
        quantile(F.col("followers"), 0.5).alias("median_followers"),
        *quartiles(rate, "engagement_rate"),
    )
