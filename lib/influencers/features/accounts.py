"""Account features: what all known posts of an account say about it.

`FEATURES` declares them all. A further one is computed of an account's posts (`OF_POSTS`), or is an
expression over those (`RATIOS`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F

from influencers.features.account_posts import AccountPosts, Floats, Values, divided
from influencers.features.feature import Feature
from influencers.features.tiers import TIER
from influencers.storage.table import FRACTION, PER_FOLLOWER, bigint, double, string, timestamp

_SECONDS_PER_WEEK = 7 * 86_400
_OF_NO_POST = "not known of any of its posts"


@dataclass(frozen=True, kw_only=True)
class OfPosts(Feature):
    """A feature of accounts that is computed of all posts of each."""

    of: Callable[[AccountPosts], Values]


def _latest(name: str) -> Callable[[AccountPosts], Values]:
    return lambda posts: posts.latest(name)


def _posts_per_week(posts: AccountPosts) -> Floats:
    """Posts after the first, for each week from the first to the last."""
    return divided(posts.posts() - 1, posts.active_seconds() / _SECONDS_PER_WEEK)


def _follower_following_ratio() -> Column:
    return F.try_divide(F.col("followers").cast("double"), F.col("following").cast("double"))


def _mean_and_median(counts: str) -> tuple[OfPosts, ...]:
    of = f"{counts} of its posts with known {counts}"
    return (
        OfPosts(
            double(f"mean_{counts}", f"mean {of}", null=_OF_NO_POST),
            "engagement",
            f"mean {counts}",
            of=lambda posts: posts.mean(counts),
        ),
        OfPosts(
            double(f"median_{counts}", f"median {of}", null=_OF_NO_POST),
            "engagement",
            f"median {counts}",
            of=lambda posts: posts.median(counts),
        ),
    )


def _mean(counts: str, meaning: str, title: str) -> OfPosts:
    column = double(f"mean_{counts}", meaning)
    return OfPosts(column, "content", title, of=lambda posts: posts.mean(counts))


def _share(name: str, condition: str, meaning: str, title: str, null: str = "") -> OfPosts:
    column = double(name, meaning, unit=FRACTION, null=null)
    return OfPosts(column, "content", title, of=lambda posts: posts.mean(condition))


# What an account is called and how many follow it, of its latest crawl.
LAST_SEEN = (
    OfPosts(
        bigint("owner_id", "id of the account"),
        "identity",
        of=lambda posts: posts.first("owner_id"),
    ),
    OfPosts(
        string("owner_username", "handle, as last seen", null="not given"),
        "identity",
        of=_latest("owner_username"),
    ),
    OfPosts(
        string("username", "display name, as last seen", null="not given"),
        "identity",
        of=_latest("username"),
    ),
    OfPosts(
        bigint("followers", "followers, as last seen", null="unknown"),
        "audience",
        of=_latest("followers"),
    ),
    OfPosts(
        bigint("following", "accounts that it follows, as last seen", null="unknown"),
        "activity",
        "accounts followed",
        of=_latest("following"),
    ),
)

ACTIVITY = (
    OfPosts(
        bigint("posts", "posts of the account in `posts`"),
        "activity",
        "posts",
        of=lambda posts: posts.posts(),
    ),
    OfPosts(
        timestamp("first_post_at", "time of its earliest post"),
        "clock",
        of=lambda posts: posts.first("created_at"),
    ),
    OfPosts(
        timestamp("last_post_at", "time of its latest post"),
        "clock",
        of=lambda posts: posts.last("created_at"),
    ),
    OfPosts(
        double(
            "posts_per_week",
            "posts after the first, for each week from the first to the last",
            unit="posts per week",
            null="all posts have one time",
        ),
        "cadence",
        "posts per week",
        of=_posts_per_week,
    ),
    OfPosts(
        double(
            "median_gap_days",
            "median time between two posts in a row",
            unit="days",
            null="it has one post",
        ),
        "cadence",
        "median days between posts",
        of=lambda posts: posts.median_gap_days(),
    ),
)

MEASURES = (
    *_mean_and_median("likes"),
    *_mean_and_median("comments"),
    OfPosts(
        double(
            "mean_engagement_rate",
            "mean engagement rate of its posts with a known one",
            unit=PER_FOLLOWER,
            null=_OF_NO_POST,
        ),
        "audience",
        of=lambda posts: posts.mean_of_fractions("engagement_rate"),
    ),
    OfPosts(
        double(
            "median_engagement_rate",
            "median engagement rate of its posts with a known one",
            unit=PER_FOLLOWER,
            null=_OF_NO_POST,
        ),
        "audience",
        of=lambda posts: posts.median("engagement_rate"),
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
OF_TIER = (Feature(TIER, "audience"),)
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

OF_POSTS = (*LAST_SEEN, *ACTIVITY, *MEASURES)
FEATURES = (*LAST_SEEN, *OF_TIER, *ACTIVITY, *MEASURES, *RATIOS)

# The columns of posts that these read: what is kept of an account until all its posts have come.
READ = (
    "owner_id", "owner_username", "username", "followers", "following", "created_at", "crawled_at",
    "likes", "comments", "engagement_rate", "is_video", "multiple_images", "has_location",
    "caption_length", "hashtag_count", "mention_count", "emoji_count",
)  # fmt: skip
