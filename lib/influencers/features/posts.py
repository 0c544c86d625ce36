"""Post features: what is known of a post, and of its author before it.

`FEATURES` declares them all, those of captions and of the author's history beside what computes
them. A further one is computed and declared there, and nowhere else.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.features import captions, history
from influencers.features.feature import Feature, Trait, itself
from influencers.features.tiers import TIER
from influencers.storage.table import (
    PER_FOLLOWER,
    bigint,
    boolean,
    double,
    integer,
    string,
    timestamp,
)

_SECONDS_PER_DAY = 86_400
_DAYPARTS = ("night", "morning", "afternoon", "evening")  # six hours each, UTC, from midnight


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


def with_age(posts: DataFrame) -> DataFrame:
    """Posts with `post_age_days`: the days from each to the latest of them."""
    latest = posts.agg(F.max("created_at")).scalar()
    seconds = F.unix_seconds(latest) - F.unix_seconds("created_at")
    return posts.withColumn("post_age_days", seconds / _SECONDS_PER_DAY)


def _content_type() -> Column:
    return content_type(F.col("is_video"), F.col("multiple_images"))


def _is(kind: str) -> Trait:
    return Trait(kind, lambda: F.col("content_type") == kind)


def _engagement() -> Column:
    return engagement(F.col("likes"), F.col("comments"))


def _engagement_rate() -> Column:
    return engagement_rate(_engagement(), F.col("followers"))


def _in_part(part: int, name: str) -> Trait:
    return Trait(name, lambda: F.floor(F.col("hour") / 6) == part, timed=True)


_KEYS = (
    Feature(string("shortcode", "id of the post"), "identity"),
    Feature(bigint("owner_id", "id of the account that posted it"), "identity"),
    Feature(timestamp("created_at", "when it was posted"), "clock"),
)

_FORMAT = (
    Feature(boolean("is_video", "whether the post is a video", null="unknown"), "covered"),
    Feature(
        boolean("multiple_images", "whether the post is a carousel", null="unknown"), "covered"
    ),
    Feature(
        string(
            "content_type",
            "`video`, `carousel` or `photo`",
            null="neither `is_video` nor `multiple_images` is known",
        ),
        "format",
        "photo, video or carousel",
        _content_type,
        traits=(_is("video"), _is("carousel")),
    ),
    Feature(
        boolean("has_location", "whether the post has a location"),
        "format",
        "has a location",
        lambda: F.col("location").isNotNull(),
    ),
)

_COUNTS = (
    Feature(bigint("likes", "likes at the crawl", null="unknown"), "outcome"),
    Feature(bigint("comments", "comments at the crawl", null="unknown"), "outcome"),
)

_AUTHOR = (
    Feature(
        bigint("followers", "followers of the account at the crawl", null="unknown"),
        "author",
        "followers",
    ),
    Feature(
        bigint("following", "accounts that the account follows, at the crawl", null="unknown"),
        "author",
        "accounts followed",
    ),
    Feature(TIER, "covered"),
)

_AGE = double("post_age_days", "time from the post to the latest post of all", unit="days")

_TIME = (
    # Likes grow with the days since posting, but nobody knows at posting when the crawl will be.
    Feature(_AGE, "exposure", traits=(itself(_AGE),)),
    Feature(
        integer("hour", "hour of the day when it was posted, 0 to 23", unit="UTC"),
        "timing",
        "hour (UTC)",
        lambda: F.hour("created_at"),
        traits=tuple(_in_part(part, name) for part, name in enumerate(_DAYPARTS)),
    ),
    Feature(
        integer("day_of_week", "day of the week: 1 Monday to 7 Sunday", unit="UTC"),
        "timing",
        "day of the week",
        lambda: F.weekday("created_at") + 1,
        traits=(Trait("weekend", lambda: F.col("day_of_week") >= 6),),
    ),
)

_ENGAGEMENT = (
    Feature(
        bigint(
            "engagement",
            "likes + comments; unknown comments count as 0",
            null="likes are unknown",
        ),
        "outcome",
        value=_engagement,
    ),
    Feature(
        double(
            "engagement_rate",
            "engagement / followers",
            unit=PER_FOLLOWER,
            null="likes or followers are unknown, or followers are 0",
        ),
        "outcome",
        value=_engagement_rate,
    ),
)

# What is computed of a row of the table posts with its age and its tier.
OF_POST = (*_KEYS, *_FORMAT, *_COUNTS, *_AUTHOR, *_TIME, *_ENGAGEMENT, *captions.FEATURES)
# The same without its age, which is known once all posts are.
OF_ROW = tuple(feature for feature in OF_POST if feature.column is not _AGE)
FEATURES = (*OF_POST, *history.FEATURES)
