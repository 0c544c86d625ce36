"""What has changed between crawls, and which posts can be judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from influencers.measured.keys import key


@dataclass(frozen=True)
class Growth:
    """Followers, likes and performance over time."""

    accounts: int = key("Accounts with an interval between two crawls.", 0)
    intervals: int = key("Intervals between two crawls of an account.", 0)
    by_kind: Mapping[str, int] = key(
        "Intervals by kind: usual, step, hit, give_back, follow_unfollow, drop; those without a "
        "verdict are not among them.",
        factory=dict,
    )
    curves: int = key("Like curves, one for each tier, or all tiers, and content type.", 0)
    curve_observations: int = key(
        "Observations that the curves of all tiers together are made of.", 0
    )
    posts: int = key("Posts in post_performance.", 0)
    scored_by_basis: Mapping[str, int] = key(
        "Posts with a performance score by what it rests on: own, curve, mature.", factory=dict
    )
    missing: int = key("Posts that are missing from a later crawl that should have them.", 0)
