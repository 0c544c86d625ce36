"""Settings of the exploratory figures and analyses."""

from __future__ import annotations

from dataclasses import dataclass

from influencers.config.checks import Check, above, at_least, at_most, below, within
from influencers.config.setting import Section, setting

_SIX_OR_MORE = Check(
    within(6, 1000).holds, "from 6, which it takes for an interval of the median, to 1000"
)


@dataclass(frozen=True)
class ExploreConfig(Section, section="explore"):
    """How the exploratory figures are drawn, and what the analyses take as an effect."""

    bins_per_decade: int = setting(
        8, "Histogram bins per factor of ten on logarithmic axes.", within(1, 50)
    )
    top_accounts: int = setting(
        10, "Number of leading accounts listed per follower tier.", within(1, 1000)
    )
    min_posts: int = setting(
        5,
        "Minimum number of posts of an account for its usual engagement rate to be computed.",
        within(1, 1000),
    )
    leader_min_posts: int = setting(
        10,
        "Minimum number of posts of an account for it to be ranked; from 9 posts on, no end of "
        "its confidence interval rests on the single best or worst post.",
        _SIX_OR_MORE,
    )
    top_hashtags: int = setting(
        40, "Number of hashtags that are analysed one by one, most common first.", within(1, 1000)
    )
    min_hashtag_accounts: int = setting(
        20,
        "Minimum number of accounts that use a hashtag for it to be analysed.",
        within(1, 1000),
    )
    settled_days: float = setting(
        2.0,
        "Age in days below which posts are left out of the analyses: they still gain likes.",
        at_least(0),
    )
    negligible_effect: float = setting(
        0.1,
        "Size of an effect (-1 to 1) below which it is negligible: its whole confidence interval "
        "is nearer to 0.",
        above(0) & below(1),
    )
    negligible_odds_ratio: float = setting(
        1.25,
        "Odds ratio below which an effect is negligible: its whole confidence interval is between "
        "1 / this and this.",
        above(1) & at_most(100),
    )
    account_buckets: int = setting(
        64, "Groups of accounts from which confidence intervals are computed.", within(10, 1000)
    )
