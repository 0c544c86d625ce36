"""Settings of what changes between crawls: followers, likes, and how posts perform."""

from __future__ import annotations

from dataclasses import dataclass

from influencers.config.checks import above, at_least, at_most, within
from influencers.config.setting import Section, setting

_SHARE = above(0) & at_most(1)


@dataclass(frozen=True)
class GrowthConfig(Section, section="growth"):
    """How followers grow, how likes come in, and which posts do better than their author's usual.

    Performance is likes beside those of the author's earlier posts at the same age.
    """

    interval_hours: float = setting(
        20.0,
        "Minimum hours between two crawls of an account whose followers are compared.",
        above(0),
    )
    rate_posts: int = setting(
        10,
        "Number of posts on either side of an interval whose median engagement rate is taken.",
        within(1, 1000),
    )
    min_peers: int = setting(
        20,
        "Minimum number of intervals of like length and followers to judge one by; below, those of "
        "all followers.",
        at_least(3),
    )
    step_z: float = setting(
        3.5, "Robust z-score beyond which an interval is a step or a drop.", above(0)
    )
    step_log_growth: float = setting(
        0.05, "Minimum change of the natural logarithm of followers in a step or a drop.", above(0)
    )
    hit_times: float = setting(
        2.0,
        "Likes of a post, as a multiple of its author's median, above which it explains a step.",
        above(0),
    )
    hit_days: float = setting(
        2.0, "Days before an interval from which such a post explains it, too.", at_least(0)
    )
    give_back_share: float = setting(
        0.3, "Share of a step's gain whose loss is a give-back.", _SHARE
    )
    give_back_days: float = setting(30.0, "Maximum days from a step to its give-back.", above(0))
    follow_rise: int = setting(
        500, "Minimum rise of followed accounts for their fall to be follow-unfollow.", at_least(1)
    )
    unfollow_share: float = setting(
        0.7, "Share of that rise by which they must have fallen.", _SHARE
    )
    follow_days: float = setting(
        30.0, "Maximum days in which followed accounts rise and fall.", above(0)
    )
    mature_days: float = setting(
        30.0, "Age in days from which a post's likes count as final.", at_least(30)
    )
    min_curve_posts: int = setting(
        30, "Minimum number of posts for a point of a like curve.", at_least(1)
    )
    performance_posts: int = setting(
        100,
        "Maximum number of the author's earlier posts that a post is compared with.",
        within(1, 10_000),
    )
    min_earlier: int = setting(
        10, "Minimum number of earlier posts for a performance score.", at_least(1)
    )
    min_expected: float = setting(
        10.0, "Expected likes below which a post has no performance score.", above(0)
    )
    settled_days: float = setting(
        7.0,
        "Days before the author's newest post from which likes count as final, where ages or "
        "curves are not known.",
        at_least(0),
    )
    crawl_minutes: float = setting(
        60.0, "Minutes from its first observation in which a crawl of an account ends.", at_least(0)
    )
    crawl_posts: int = setting(
        5, "Minimum number of an account's posts in a crawl that may show one missing.", at_least(5)
    )
    coverage: float = setting(
        0.8,
        "Minimum share of the posts known in its span that such a crawl has seen.",
        _SHARE,
    )
