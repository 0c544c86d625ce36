"""What is known of each post and of each account from the posts alone."""

from __future__ import annotations

from influencers.storage.table import (
    FRACTION,
    PER_FOLLOWER,
    Column,
    Table,
    bigint,
    boolean,
    double,
    integer,
    string,
    timestamp,
)

_TIER = "follower tier: `nano`, `micro`, `mid`, `macro`, `mega`, parted at `features.tier_edges`"

_OF_NO_POST = "not known of any of its posts"


def _history(name: str, what: str, *, unit: str) -> tuple[Column, ...]:
    none = "no earlier post with a known value"
    of = f"{what} of the author's last `features.history_posts` posts strictly before"
    return (
        double(f"history_median_{name}", f"median {of}", unit=unit, null=none),
        double(f"history_last_{name}", f"{what} of the latest known of these posts", unit=unit,
               null=none),
        double(f"history_max_{name}", f"highest {of}", unit=unit, null=none),
    )  # fmt: skip


POST_FEATURES = Table(
    "post_features",
    grain="a post: content, time, engagement, and its author's history strictly before it",
    key=("shortcode",),
    job="features",
    columns=(
        string("shortcode", "id of the post"),
        bigint("owner_id", "id of the account that posted it"),
        timestamp("created_at", "when it was posted"),
        boolean("is_video", "whether the post is a video", null="unknown"),
        boolean("multiple_images", "whether the post is a carousel", null="unknown"),
        string(
            "content_type",
            "`video`, `carousel` or `photo`",
            null="neither `is_video` nor `multiple_images` is known",
        ),
        boolean("has_location", "whether the post has a location"),
        bigint("likes", "likes at the crawl", null="unknown"),
        bigint("comments", "comments at the crawl", null="unknown"),
        bigint("followers", "followers of the account at the crawl", null="unknown"),
        bigint("following", "accounts that the account follows, at the crawl", null="unknown"),
        string("tier", _TIER, null="followers are unknown"),
        double("post_age_days", "time from the post to the latest post of all", unit="days"),
        integer("hour", "hour of the day when it was posted, 0 to 23", unit="UTC"),
        integer("day_of_week", "day of the week: 1 Monday to 7 Sunday", unit="UTC"),
        bigint("engagement", "likes + comments; unknown comments count as 0",
               null="likes are unknown"),
        double(
            "engagement_rate",
            "engagement / followers",
            unit=PER_FOLLOWER,
            null="likes or followers are unknown, or followers are 0",
        ),
        integer("caption_length", "characters of the caption; 0 without one"),
        integer("word_count", "words of the caption: runs of characters without white space"),
        integer("line_count", "lines of the caption; 0 without one"),
        integer("hashtag_count", "different hashtags in the caption"),
        integer("mention_count", "different accounts that the caption mentions"),
        integer("emoji_count", "emoji in the caption; a family, a flag or a toned hand is one"),
        boolean("question", "whether the caption contains a question mark of any script"),
        bigint("history_posts", "all posts of the author strictly before this one"),
        double(
            "days_since_last_post",
            "time since the author's last post strictly before this one",
            unit="days",
            null="it is the author's first",
        ),
        *_history("engagement_rate", "engagement rate", unit=PER_FOLLOWER),
        *_history("likes", "likes", unit=""),
    ),
)  # fmt: skip


def _mean_and_median(name: str, what: str, *, unit: str = "") -> tuple[Column, ...]:
    unknown = _OF_NO_POST
    of = f"{what} of its posts with known {what}"
    return (
        double(f"mean_{name}", f"mean {of}", unit=unit, null=unknown),
        double(f"median_{name}", f"median {of}", unit=unit, null=unknown),
    )


ACCOUNTS = Table(
    "accounts",
    grain="an account, by all known posts of it",
    key=("owner_id",),
    job="features",
    columns=(
        bigint("owner_id", "id of the account"),
        string("owner_username", "handle, as last seen", null="not given"),
        string("username", "display name, as last seen", null="not given"),
        bigint("followers", "followers, as last seen", null="unknown"),
        bigint("following", "accounts that it follows, as last seen", null="unknown"),
        string("tier", _TIER, null="followers are unknown"),
        bigint("posts", "posts of the account in `posts`"),
        timestamp("first_post_at", "time of its earliest post"),
        timestamp("last_post_at", "time of its latest post"),
        double(
            "posts_per_week",
            "posts after the first, for each week from the first to the last",
            unit="posts per week",
            null="all posts have one time",
        ),
        double("median_gap_days", "median time between two posts in a row", unit="days",
               null="it has one post"),
        *_mean_and_median("likes", "likes"),
        *_mean_and_median("comments", "comments"),
        double(
            "mean_engagement_rate",
            "mean engagement rate of its posts with a known one",
            unit=PER_FOLLOWER,
            null=_OF_NO_POST,
        ),
        double(
            "median_engagement_rate",
            "median engagement rate of its posts with a known one",
            unit=PER_FOLLOWER,
            null=_OF_NO_POST,
        ),
        double("video_share", "videos among its posts of which this is known", unit=FRACTION,
               null=_OF_NO_POST),
        double("carousel_share", "carousels among its posts of which this is known", unit=FRACTION,
               null=_OF_NO_POST),
        double("location_share", "posts with a location among its posts", unit=FRACTION),
        double("mean_caption_length", "mean characters of a caption; 0 for a post without one"),
        double("mean_hashtag_count", "mean number of different hashtags in a post"),
        double("mean_mention_count", "mean number of different accounts that a post mentions"),
        double("mean_emoji_count", "mean number of emoji in a post"),
        double(
            "follower_following_ratio",
            "followers / accounts that it follows",
            unit="ratio",
            null="either is unknown, or it follows none",
        ),
    ),
)  # fmt: skip
