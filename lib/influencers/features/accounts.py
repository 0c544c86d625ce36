"""Account features: what all known posts of an account say about it.

`FEATURES` declares them all. A further one is an aggregate of `OF_POSTS`, or an expression of
`LAST_SEEN` or `RATIOS`.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from influencers.features.feature import Feature, names, values
from influencers.features.tiers import TIER, with_tier
from influencers.storage.table import FRACTION, PER_FOLLOWER, bigint, double, string, timestamp

_SECONDS_PER_DAY = 86_400
_SECONDS_PER_WEEK = 7 * _SECONDS_PER_DAY
# Means of rates are summed as decimals: a sum of floats depends on the order of its terms.
_EXACT = "decimal(28,12)"
_OF_NO_POST = "not known of any of its posts"


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
    latest = with_tier(_latest(posts), edges=tier_edges).select(*values((*LAST_SEEN, *RATIOS)))
    measured = with_gaps(post_features).groupBy("owner_id").agg(*values((*ACTIVITY, *OF_POSTS)))
    return latest.join(measured, on="owner_id", how="inner").select(*names(FEATURES))


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


def _posts_per_week() -> Column:
    """Posts after the first, for each week from the first to the last."""
    active = F.unix_seconds(F.max("created_at")) - F.unix_seconds(F.min("created_at"))
    return F.try_divide(
        (F.count("*") - 1).cast("double"), active.cast("double") / _SECONDS_PER_WEEK
    )


def _mean_of_counts(name: str) -> Column:
    # Of integers, so that the order of rows does not matter; null if their sum is beyond bigint.
    total = F.try_sum(F.col(name).cast("bigint")).cast("double")
    return F.try_divide(total, F.count(name).cast("double"))


def _mean_rate() -> Column:
    return F.avg(F.col("engagement_rate").try_cast(_EXACT)).cast("double")


def _follower_following_ratio() -> Column:
    return F.try_divide(F.col("followers").cast("double"), F.col("following").cast("double"))


def _mean_and_median(counts: str) -> tuple[Feature, ...]:
    of = f"{counts} of its posts with known {counts}"
    return (
        Feature(
            double(f"mean_{counts}", f"mean {of}", null=_OF_NO_POST),
            "engagement",
            f"mean {counts}",
            lambda: _mean_of_counts(counts),
        ),
        Feature(
            double(f"median_{counts}", f"median {of}", null=_OF_NO_POST),
            "engagement",
            f"median {counts}",
            lambda: F.median(counts),
        ),
    )


def _mean(counts: str, meaning: str, title: str) -> Feature:
    column = double(f"mean_{counts}", meaning)
    return Feature(column, "content", title, lambda: _mean_of_counts(counts))


def _share(name: str, condition: str, meaning: str, title: str, null: str = "") -> Feature:
    def share() -> Column:
        yes, known = F.count_if(F.col(condition)), F.count(condition)
        return F.try_divide(yes.cast("double"), known.cast("double"))

    return Feature(double(name, meaning, unit=FRACTION, null=null), "content", title, share)


# What an account is called and how many follow it, of its latest crawl.
LAST_SEEN = (
    Feature(bigint("owner_id", "id of the account"), "identity"),
    Feature(string("owner_username", "handle, as last seen", null="not given"), "identity"),
    Feature(string("username", "display name, as last seen", null="not given"), "identity"),
    Feature(bigint("followers", "followers, as last seen", null="unknown"), "audience"),
    Feature(
        bigint("following", "accounts that it follows, as last seen", null="unknown"),
        "activity",
        "accounts followed",
    ),
    Feature(TIER, "audience"),
)

# Aggregates of the account's rows of post_features, with their gaps.
ACTIVITY = (
    Feature(
        bigint("posts", "posts of the account in `posts`"),
        "activity",
        "posts",
        lambda: F.count("*"),
    ),
    Feature(
        timestamp("first_post_at", "time of its earliest post"),
        "clock",
        value=lambda: F.min("created_at"),
    ),
    Feature(
        timestamp("last_post_at", "time of its latest post"),
        "clock",
        value=lambda: F.max("created_at"),
    ),
    Feature(
        double(
            "posts_per_week",
            "posts after the first, for each week from the first to the last",
            unit="posts per week",
            null="all posts have one time",
        ),
        "cadence",
        "posts per week",
        _posts_per_week,
    ),
    Feature(
        double(
            "median_gap_days",
            "median time between two posts in a row",
            unit="days",
            null="it has one post",
        ),
        "cadence",
        "median days between posts",
        lambda: F.median("gap_days"),
    ),
)

# Likewise.
OF_POSTS = (
    *_mean_and_median("likes"),
    *_mean_and_median("comments"),
    Feature(
        double(
            "mean_engagement_rate",
            "mean engagement rate of its posts with a known one",
            unit=PER_FOLLOWER,
            null=_OF_NO_POST,
        ),
        "audience",
        value=_mean_rate,
    ),
    Feature(
        double(
            "median_engagement_rate",
            "median engagement rate of its posts with a known one",
            unit=PER_FOLLOWER,
            null=_OF_NO_POST,
        ),
        "audience",
        value=lambda: F.median("engagement_rate"),
    ),
    _share(
        "video_share",
        "is_video",
        "videos among its posts of which this is known",
        "share of videos",
        _OF_NO_POST,
    ),
    _share(
        "carousel_share",
        "multiple_images",
        "carousels among its posts of which this is known",
        "share of carousels",
        _OF_NO_POST,
    ),
    _share(
        "location_share",
        "has_location",
        "posts with a location among its posts",
        "share with a location",
    ),
    _mean(
        "caption_length",
        "mean characters of a caption; 0 for a post without one",
        "mean caption length",
    ),
    _mean("hashtag_count", "mean number of different hashtags in a post", "mean hashtags"),
    _mean(
        "mention_count",
        "mean number of different accounts that a post mentions",
        "mean mentions",
    ),
    _mean("emoji_count", "mean number of emoji in a post", "mean emoji"),
)

# Of what was last seen.
RATIOS = (
    Feature(
        double(
            "follower_following_ratio",
            "followers / accounts that it follows",
            unit="ratio",
            null="either is unknown, or it follows none",
        ),
        "audience",
        value=_follower_following_ratio,
    ),
)

FEATURES = (*LAST_SEEN, *ACTIVITY, *OF_POSTS, *RATIOS)
