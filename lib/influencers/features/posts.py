"""Post features: what is known of a post, and of its author before it."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.features import captions
from influencers.features.history import with_history
from influencers.features.tables import POST_FEATURES
from influencers.features.tiers import tier

_SECONDS_PER_DAY = 86_400


def engagement(likes: Column, comments: Column) -> Column:
    """Likes and comments together; unknown comments count as none, unknown likes as unknown.

    A sum beyond bigint, which no network has, is unknown too.
    """
    return F.try_add(likes, F.coalesce(comments, F.lit(0)))


def engagement_rate(engaged: Column, followers: Column) -> Column:
    """Engagement for each follower, a fraction; null if followers are 0 or unknown."""
    return F.try_divide(engaged.cast("double"), followers.cast("double"))


def content_type(is_video: Column, multiple_images: Column) -> Column:
    """`video`, `carousel` or `photo`; null if nothing is known."""
    known = is_video.isNotNull() | multiple_images.isNotNull()
    return F.when(is_video, "video").when(multiple_images, "carousel").when(known, "photo")


def post_features(posts: DataFrame, *, tier_edges: Sequence[int], history_length: int) -> DataFrame:
    """The features of every post: the columns of the table post_features.

    Grain: one row for each post. A post's age is the time from it to the latest post of all, so
    that it does not depend on the day of the analysis; day_of_week is 1 on Monday (UTC).

    Args:
        posts: the table posts.
        tier_edges: four rising follower counts, see `tiers.tier`.
        history_length: how many earlier posts of the author the history looks at.
    """
    described = with_age(posts).select(
        "shortcode",
        "owner_id",
        "created_at",
        *_content(),
        *_success(tier_edges),
        *_time(),
    )
    history = with_history(described, length=history_length)
    return history.select(*POST_FEATURES.schema.fieldNames())


def with_age(posts: DataFrame) -> DataFrame:
    """Posts with `post_age_days`: the days from each to the latest of them."""
    latest = posts.agg(F.max("created_at")).scalar()
    seconds = F.unix_seconds(latest) - F.unix_seconds("created_at")
    return posts.withColumn("post_age_days", seconds / _SECONDS_PER_DAY)


def _content() -> list[Column]:
    caption = F.col("caption")
    return [
        F.col("is_video"),
        F.col("multiple_images"),
        content_type(F.col("is_video"), F.col("multiple_images")).alias("content_type"),
        F.col("location").isNotNull().alias("has_location"),
        F.coalesce(F.length(caption), F.lit(0)).alias("caption_length"),
        captions.word_count(caption).alias("word_count"),
        captions.line_count(caption).alias("line_count"),
        F.coalesce(F.size("hashtags"), F.lit(0)).alias("hashtag_count"),
        F.coalesce(F.size("mentions"), F.lit(0)).alias("mention_count"),
        captions.emoji_count(caption).alias("emoji_count"),
        captions.asks(caption).alias("question"),
    ]


def _success(tier_edges: Sequence[int]) -> list[Column]:
    likes, followers = F.col("likes"), F.col("followers")
    engaged = engagement(likes, F.col("comments"))
    return [
        likes,
        F.col("comments"),
        followers,
        F.col("following"),
        tier(followers, edges=tier_edges).alias("tier"),
        engaged.alias("engagement"),
        engagement_rate(engaged, followers).alias("engagement_rate"),
    ]


def _time() -> list[Column]:
    return [
        F.col("post_age_days"),
        F.hour("created_at").alias("hour"),
        (F.weekday("created_at") + 1).alias("day_of_week"),
    ]
