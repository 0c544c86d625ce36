"""What changes between crawls, and how posts perform beside their author's earlier ones."""

from __future__ import annotations

from influencers.storage.table import (
    FRACTION,
    PER_FOLLOWER,
    Table,
    bigint,
    double,
    integer,
    string,
    timestamp,
)

KINDS = ("usual", "step", "hit", "give_back", "follow_unfollow", "drop")
BASES = ("own", "curve", "mature")
# A curve of all tiers together.
ALL = "all"

_LOG_GROWTH = "change of ln(followers) a day"
_RATE_NULL = "no such post with a known engagement, or no followers"

ACCOUNT_GROWTH = Table(
    "account_growth",
    grain="an interval between two crawls of an account with known followers, at least "
    "`growth.interval_hours` apart",
    key=("owner_id", "from_at", "to_at"),
    job="growth",
    columns=(
        bigint("owner_id", "id of the account"),
        timestamp("from_at", "time of the first crawl"),
        timestamp("to_at", "time of the second crawl"),
        bigint("followers_from", "followers at the first"),
        bigint("followers_to", "followers at the second"),
        double("days", "time between them", unit="days"),
        double(
            "log_growth_per_day",
            "ln(followers_to / followers_from) / days",
            unit=_LOG_GROWTH,
            null="followers are 0 at either end",
        ),
        bigint(
            "following_change",
            "accounts followed at the second less those at the first",
            null="unknown at either end",
        ),
        bigint("posts_between", "posts after `from_at`, up to `to_at`"),
        double(
            "engagement_rate_before",
            "median engagement of the last `growth.rate_posts` posts up to `from_at`, for each of "
            "`followers_from`",
            unit=PER_FOLLOWER,
            null=_RATE_NULL,
        ),
        double(
            "engagement_rate_after",
            "median engagement of the first `growth.rate_posts` posts after `to_at`, for each of "
            "`followers_to`",
            unit=PER_FOLLOWER,
            null=_RATE_NULL,
        ),
        bigint(
            "resolution",
            "larger step to which either follower count is rounded in the input",
            null="all digits known",
        ),
        double(
            "peer_median",
            "median growth of peers: intervals of the same quarter decade of followers and of like "
            "length or, where they are fewer than `growth.min_peers`, of that length alone",
            unit=_LOG_GROWTH,
            null="too few peers",
        ),
        double(
            "peer_mad",
            "median absolute deviation of the peers' growth, 0.00001 at least",
            unit=_LOG_GROWTH,
            null="too few peers",
        ),
        double(
            "z",
            "robust z-score: 0.6745 * (log_growth_per_day - peer_median) / peer_mad",
            unit="standard deviations",
            null="growth is unknown, or too few peers",
        ),
        string(
            "kind",
            "`usual`, `step` (a sudden rise), `hit` (one with a post of many likes in it or in the "
            "`growth.hit_days` before it), `give_back` "
            "(followers of a step are lost), `follow_unfollow` (accounts followed rise and fall) "
            "or `drop` (a sudden loss)",
            null="no z-score, or followers change by less than `resolution`",
        ),
    ),
)

LIKE_CURVES = Table(
    "like_curves",
    grain="an age of posts of a content type by authors of a tier, or of all tiers: what share of "
    "the final likes they have by then",
    key=("tier", "content_type", "age_bucket"),
    job="growth",
    columns=(
        string("tier", f"follower tier of the author; `{ALL}`: all tiers together"),
        string("content_type", "`video`, `carousel` or `photo`"),
        integer("age_bucket", "lowest age in the bucket, which ends at the next; 720 ends the last",
                unit="hours"),
        bigint("posts", "posts with an observation at such an age"),
        bigint("observations", "observations at such an age"),
        double("age_hours", "median age of these observations", unit="hours"),
        double("share_q25", "25th percentile of the share of the last likes", unit=FRACTION),
        double(
            "share_median",
            "median of the share of the last likes; above 1 where likes were taken back",
            unit=FRACTION,
        ),
        double("share_q75", "75th percentile of the share of the last likes", unit=FRACTION),
    ),
)  # fmt: skip

POST_PERFORMANCE = Table(
    "post_performance",
    grain="a post: its likes beside those of its author's earlier posts at the same age",
    key=("shortcode",),
    job="growth",
    columns=(
        string("shortcode", "id of the post"),
        bigint("owner_id", "id of the account that posted it"),
        string("content_type", "`video`, `carousel` or `photo`", null="not known"),
        timestamp("created_at", "when it was posted"),
        timestamp("observed_at", "its last crawl of known time", null="no crawl of known time"),
        double("age_days", "its age at `observed_at`", unit="days", null="no crawl of known time"),
        bigint("likes", "likes at its last crawl", null="unknown or hidden"),
        double(
            "expected",
            "mean of the middle half of the likes that the author's earlier posts of this type had "
            "at this age",
            unit="likes",
            null="fewer than `growth.min_earlier` of these are known",
        ),
        double(
            "score",
            "likes / expected, or -expected / likes where they are fewer: 2 is twice, -2 half of "
            "what was expected",
            unit="multiple of `expected`",
            null="likes or `expected` unknown, or `expected` below `growth.min_expected`",
        ),
        string(
            "basis",
            "how most of the earlier posts were brought to this age: `own` observations, the like "
            "`curve`, or not at all, as all are `mature`",
            null="`expected` is unknown",
        ),
        bigint("earlier_posts", "earlier posts that `expected` is of"),
        timestamp("last_seen_at", "when a crawl last had it", null="no crawl of known time"),
        timestamp(
            "missing_since",
            "the first crawl that has newer and older posts of the author, but neither then nor "
            "later this one",
            null="not missing",
        ),
    ),
)
