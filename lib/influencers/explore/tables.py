"""The tables behind the figures, and the analyses of influence, virality and content."""

from __future__ import annotations

from influencers.storage.table import (
    FRACTION,
    PER_FOLLOWER,
    Column,
    Table,
    bigint,
    double,
    integer,
    string,
)

_PART = string(
    "part", "`shown` for what the figure draws; else why these are left out, as its caption says"
)
_LEFT_OUT = "`part` is not `shown`"
_LIKES_ONLY = bigint(
    "likes_only", "posts of these with unknown comments: their engagement is the likes alone"
)
_JOB = "explore"
_PERCENTILES = (("p25", "25th percentile"), ("median", "median"), ("p75", "75th percentile"))


def _quartiles(prefix: str, of: str, *, unit: str, null: str) -> tuple[Column, ...]:
    return tuple(
        double(f"{prefix}_{name}", f"{what} of {of}", unit=unit, null=null)
        for name, what in _PERCENTILES
    )


def _bin(name: str, of: str) -> tuple[Column, ...]:
    """The edges of a bin of whole numbers on a log scale."""
    return (
        bigint(f"{name}_from", f"fewest {of} of the bin (log scale)", null=_LEFT_OUT),
        bigint(f"{name}_to", f"fewest {of} of the next bin", null=_LEFT_OUT),
    )


def _typical(of: str) -> tuple[Column, ...]:
    """The same in every row."""
    none = "no value is known"
    return (
        double("median", f"median {of}, zeros too; the same in every row", null=none),
        double("p90", f"90th percentile of {of}, zeros too; the same in every row", null=none),
    )


def _column_of_cells(what: str, along: str, *, unit: str = "") -> tuple[Column, ...]:
    """What is known of all posts in the cell's column of cells."""
    return (
        bigint("column_posts", f"posts in the bin of {along} with known {what}, zeros too",
               null=_LEFT_OUT),
        *_quartiles("column", f"the {what} of these posts", unit=unit, null=_LEFT_OUT),
    )  # fmt: skip


# A group of posts by its content: its posts, and their engagement, as it is and by the author's.
_ENGAGEMENT = (
    bigint("posts", "posts of the group, or left out"),
    bigint("accounts", "accounts that posted them"),
    _LIKES_ONLY,
    *_quartiles("rate", "the engagement rates of the group's posts", unit=PER_FOLLOWER,
                null=_LEFT_OUT),
    bigint("relative_posts", "posts of the group with a rate relative to their author's; 0 where "
           "left out"),
    *_quartiles(
        "relative",
        "the engagement rate / the author's median engagement rate",
        unit="multiple of the author's median",
        null=f"{_LEFT_OUT}, or no author has `explore.min_posts` posts and a median above 0",
    ),
)  # fmt: skip

FIGURE_FOLLOWER_DISTRIBUTION = Table(
    "figure_follower_distribution",
    grain="a bin of follower counts, or a reason why accounts are left out",
    key=("part", "followers_from"),
    job=_JOB,
    columns=(
        _PART,
        *_bin("followers", "followers"),
        bigint("accounts", "accounts in the bin, or left out"),
        *_typical("followers of accounts"),
    ),
)

FIGURE_LIKES_DISTRIBUTION = Table(
    "figure_likes_distribution",
    grain="a bin of like counts, or a reason why posts are left out",
    key=("part", "likes_from"),
    job=_JOB,
    columns=(
        _PART,
        *_bin("likes", "likes"),
        bigint("posts", "posts in the bin, or left out"),
        *_typical("likes of posts"),
    ),
)

FIGURE_ENGAGEMENT_VS_FOLLOWERS = Table(
    "figure_engagement_vs_followers",
    grain="a cell of followers × engagement rate, or a reason why posts are left out",
    key=("part", "followers_from", "rate_from"),
    job=_JOB,
    columns=(
        _PART,
        *_bin("followers", "followers"),
        double("rate_from", "lowest engagement rate of the bin (log scale)", unit=PER_FOLLOWER,
               null=_LEFT_OUT),
        double("rate_to", "lowest engagement rate of the next bin", unit=PER_FOLLOWER,
               null=_LEFT_OUT),
        bigint("posts", "posts in the cell, or left out"),
        _LIKES_ONLY,
        *_column_of_cells("engagement rates", "followers", unit=PER_FOLLOWER),
    ),
)  # fmt: skip

FIGURE_LIKES_VS_COMMENTS = Table(
    "figure_likes_vs_comments",
    grain="a cell of likes × comments, or a reason why posts are left out",
    key=("part", "likes_from", "comments_from"),
    job=_JOB,
    columns=(
        _PART,
        *_bin("likes", "likes"),
        *_bin("comments", "comments"),
        bigint("posts", "posts in the cell, or left out"),
        *_column_of_cells("comments", "likes"),
    ),
)

FIGURE_ENGAGEMENT_BY_HASHTAGS = Table(
    "figure_engagement_by_hashtags",
    grain="a group of posts by number of hashtags, or a reason why posts are left out",
    key=("part", "hashtags"),
    job=_JOB,
    columns=(
        _PART,
        string("hashtags", "range of the number of hashtags, such as `3–5`", null=_LEFT_OUT),
        *_ENGAGEMENT,
    ),
)

FIGURE_ENGAGEMENT_BY_CONTENT_TYPE = Table(
    "figure_engagement_by_content_type",
    grain="a content type, or a reason why posts are left out",
    key=("part", "content_type"),
    job=_JOB,
    columns=(
        _PART,
        string("content_type", "`photo`, `carousel` or `video`", null=_LEFT_OUT),
        *_ENGAGEMENT,
    ),
)

ANALYSIS_INFLUENCE = Table(
    "analysis_influence",
    grain="a leading account of its follower tier",
    key=("tier", "rank"),
    job=_JOB,
    columns=(
        string("tier", "follower tier: `nano`, `micro`, `mid`, `macro` or `mega`"),
        integer(
            "rank",
            "place in the tier by `median_low`, 1 is first; ties by median, followers, then id",
        ),
        bigint("owner_id", "id of the account"),
        string("owner_username", "handle, as last seen", null="not given"),
        bigint("followers", "followers, as last seen"),
        bigint("posts", "posts of known engagement rate; at least `explore.leader_min_posts`"),
        double("median_engagement_rate", "median engagement rate of these posts",
               unit=PER_FOLLOWER),
        double("median_low", "lower end of the 95 % confidence interval of that median",
               unit=PER_FOLLOWER),
        double("median_high", "upper end of that interval", unit=PER_FOLLOWER),
        double("percentile", "ranked accounts of the tier whose median is not higher, its own "
               "included", unit=FRACTION),
        double("engagement_rate_p25", "25th percentile of its posts' engagement rates",
               unit=PER_FOLLOWER),
        double("engagement_rate_p75", "75th percentile of its posts' engagement rates",
               unit=PER_FOLLOWER),
        double("median_likes", "median likes of its posts with known likes"),
    ),
)  # fmt: skip

ANALYSIS_TIERS = Table(
    "analysis_tiers",
    grain="a follower tier that has accounts",
    key=("tier",),
    job=_JOB,
    columns=(
        string("tier", "follower tier: `nano`, `micro`, `mid`, `macro` or `mega`",
               null="accounts whose followers are unknown"),
        bigint("accounts", "accounts of the tier"),
        bigint("ranked_accounts", "accounts of these with at least `explore.min_posts` posts and a "
               "known engagement rate"),
        bigint("posts", "posts of all its accounts"),
        double("median_followers", "median followers of its accounts",
               null="followers are unknown"),
        *_quartiles("engagement_rate", "the median engagement rates of its ranked accounts",
                    unit=PER_FOLLOWER, null="no account is ranked"),
    ),
)  # fmt: skip


def _interval(*, unit: str) -> tuple[Column, ...]:
    """A simultaneous interval of an effect, and what it comes to."""
    few = "`effect` is null, or it rests on posts of too few accounts"
    return (
        double("low", "lower end of its interval; in 95 % of tables all intervals hold at once "
               "(Bonferroni)", unit=unit, null=few),
        double("high", "upper end of its interval", unit=unit, null=few),
        string(
            "verdict",
            "what the interval comes to: `higher`, `slightly higher`, `no effect`, `slightly "
            "lower`, `lower`, `unclear`, or why there is no verdict; see docs/verdicts.md",
        ),
    )  # fmt: skip


_BY_MEASURE = "-1..1 for Cliff's delta; ratio for an odds ratio"

ANALYSIS_VIRALITY = Table(
    "analysis_virality",
    grain="a feature, compared between viral and other posts by one definition of viral",
    key=("label", "feature"),
    job=_JOB,
    columns=(
        string("label", "definition of viral: `top_likes` or `top_engagement_in_tier`"),
        string("feature", "a column of `post_features`, or a yes or no made of one, such as "
               "`weekend`"),
        bigint("viral_posts", "viral posts of which the feature is known"),
        bigint("other_posts", "other posts of which it is known"),
        double("typical_viral", "its median among the viral posts; of a yes or no, the fraction "
               "of yes", unit="of the feature", null="there are no such posts"),
        double("typical_other", "the same among the other posts", unit="of the feature",
               null="there are no such posts"),
        string("measure", "`Cliff's delta` for numbers, `odds ratio` for a yes or no"),
        double(
            "effect",
            "effect size by that measure: above 0, or above 1 for an odds ratio, viral posts have "
            "more of the feature",
            unit=_BY_MEASURE,
            null="all values are the same, or there are no viral or no other posts",
        ),
        *_interval(unit=_BY_MEASURE),
    ),
)  # fmt: skip

ANALYSIS_CONTENT = Table(
    "analysis_content",
    grain="a level of a feature of posts, against the same authors' posts without it, by one "
    "outcome",
    key=("outcome", "feature", "level"),
    job=_JOB,
    columns=(
        string("outcome", "what is compared: `engagement_rate`, `comments` or "
               "`comments_per_like`"),
        string("feature", "`content_type`, `has_location`, `question`, `hashtag_count`, `hashtag`, "
               "`hour` or `weekday`"),
        string("level", "value of the feature, such as `video`, `3–5` or `Monday`; `yes` of a yes "
               "or no; `any` where no level can be judged"),
        integer("position", "place of the level among those of its feature, from 0"),
        bigint("posts", "posts with the level and a known outcome"),
        bigint("accounts", "accounts that posted them"),
        bigint("compared_accounts", "accounts of these that have posts without the level, too"),
        double(
            "median_relative_rate",
            "median of engagement rate / the author's median engagement rate, of posts with the "
            "level",
            unit="multiple of the author's median",
            null="another outcome than `engagement_rate`, or no such post has one",
        ),
        double(
            "effect",
            "Cliff's delta within the author, averaged over authors: above 0, posts with the level "
            "do better than the author's others",
            unit="-1..1",
            null="no account has posts with and without the level",
        ),
        *_interval(unit="-1..1"),
    ),
)  # fmt: skip

FIGURES = (
    FIGURE_FOLLOWER_DISTRIBUTION,
    FIGURE_ENGAGEMENT_VS_FOLLOWERS,
    FIGURE_LIKES_DISTRIBUTION,
    FIGURE_LIKES_VS_COMMENTS,
    FIGURE_ENGAGEMENT_BY_HASHTAGS,
    FIGURE_ENGAGEMENT_BY_CONTENT_TYPE,
)
ANALYSES = (ANALYSIS_INFLUENCE, ANALYSIS_TIERS, ANALYSIS_VIRALITY, ANALYSIS_CONTENT)
