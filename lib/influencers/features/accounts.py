"""Account features: what all known posts of an account say about it."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from influencers.features.tables import ACCOUNTS
from influencers.features.tiers import tier

_SECONDS_PER_DAY = 86_400
_SECONDS_PER_WEEK = 7 * _SECONDS_PER_DAY
# Means of rates are summed as decimals: a sum of floats depends on the order of its terms.
_EXACT = "decimal(28,12)"


def account_features(
    posts: DataFrame, post_features: DataFrame, *, tier_edges: Sequence[int]
) -> DataFrame:
    """The features of every account: the columns of the table accounts.

    Grain: one row for each owner_id. Names, followers and following are those of the account's
    latest crawl or, without crawl times, of its latest post. Means and medians pass over unknown
    values and are null if all are; `posts_per_week` is null below two different times.

    Args:
        posts: the table posts.
        post_features: the table post_features.
        tier_edges: four rising follower counts, see `tiers.tier`.
    """
    latest = _latest(posts)
    measured = with_gaps(post_features).groupBy("owner_id").agg(*_activity(), *_means(), *_shares())
    return (
        latest.join(measured, on="owner_id", how="inner")
        .withColumns(
            {
                "tier": tier(F.col("followers"), edges=tier_edges),
                "follower_following_ratio": F.try_divide(
                    F.col("followers").cast("double"), F.col("following").cast("double")
                ),
                "posts_per_week": _posts_per_week(),
            }
        )
        .select(*ACCOUNTS.schema.fieldNames())
    )


def with_gaps(post_features: DataFrame) -> DataFrame:
    """Post features with `gap_days`: the days since the account's previous post, in full order."""
    in_order = Window.partitionBy("owner_id").orderBy("created_at", "shortcode")
    now, last = F.unix_seconds("created_at"), F.lag(F.unix_seconds("created_at")).over(in_order)
    return post_features.withColumn("gap_days", (now - last) / _SECONDS_PER_DAY)


def _latest(posts: DataFrame) -> DataFrame:
    """What an account is called and how many follow it, as last seen."""
    seen = F.struct("crawled_at", "created_at", "shortcode")
    told = F.struct("owner_username", "username", "followers", "following")
    return (
        posts.groupBy("owner_id")
        .agg(F.max_by(told, seen).alias("told"))
        .select("owner_id", "told.*")
    )


def _activity() -> list[Column]:
    return [
        F.count("*").alias("posts"),
        F.min("created_at").alias("first_post_at"),
        F.max("created_at").alias("last_post_at"),
        F.median("gap_days").alias("median_gap_days"),
    ]


def _means() -> list[Column]:
    return [
        _mean_of_counts("likes"),
        F.median("likes").alias("median_likes"),
        _mean_of_counts("comments"),
        F.median("comments").alias("median_comments"),
        F.avg(F.col("engagement_rate").try_cast(_EXACT))
        .cast("double")
        .alias("mean_engagement_rate"),
        F.median("engagement_rate").alias("median_engagement_rate"),
        *(
            _mean_of_counts(name)
            for name in ("caption_length", "hashtag_count", "mention_count", "emoji_count")
        ),
    ]


def _shares() -> list[Column]:
    return [
        _share(F.col("is_video")).alias("video_share"),
        _share(F.col("multiple_images")).alias("carousel_share"),
        _share(F.col("has_location")).alias("location_share"),
    ]


def _mean_of_counts(name: str) -> Column:
    # Of integers, so that the order of rows does not matter; null if their sum is beyond bigint.
    total = F.try_sum(F.col(name).cast("bigint")).cast("double")
    return F.try_divide(total, F.count(name).cast("double")).alias(f"mean_{name}")


def _share(condition: Column) -> Column:
    return F.try_divide(F.count_if(condition).cast("double"), F.count(condition).cast("double"))


def _posts_per_week() -> Column:
    """Posts after the first, for each week from the first to the last."""
    active = F.unix_seconds("last_post_at") - F.unix_seconds("first_post_at")
    return F.try_divide(
        (F.col("posts") - 1).cast("double"), active.cast("double") / _SECONDS_PER_WEEK
    )
