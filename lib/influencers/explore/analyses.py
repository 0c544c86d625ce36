"""The analyses: by table name, what each is computed from."""

from __future__ import annotations

from pyspark.sql import DataFrame

from influencers.config import Config
from influencers.explore.clock import posts_by_second, read_clock
from influencers.explore.content import content, supported_hashtags
from influencers.explore.influence import leaders, tiers
from influencers.explore.mature import settled_posts
from influencers.explore.relative import with_relative_rate
from influencers.explore.verdicts import Band
from influencers.explore.virality import DELTA, ODDS_RATIO, viral_labels, virality


def analyses(
    posts: DataFrame, post_features: DataFrame, accounts: DataFrame, config: Config
) -> dict[str, DataFrame]:
    """The tables of the three analyses, and the tiers' summary.

    Only what they rest on is computed here: the thresholds of virality, and whether times of day
    can be trusted.
    """
    chosen = config.explore
    clock = read_clock(posts_by_second(post_features))
    viral = viral_labels(post_features, config.models)
    compared = with_relative_rate(
        settled_posts(post_features, accounts, days=chosen.settled_days),
        accounts,
        min_posts=chosen.min_posts,
    )
    tagged = supported_hashtags(
        posts, top=chosen.top_hashtags, min_accounts=chosen.min_hashtag_accounts
    )
    bands = {
        DELTA: Band.of_delta(chosen.negligible_effect),
        ODDS_RATIO: Band.of_odds_ratio(chosen.negligible_odds_ratio),
    }
    buckets = chosen.account_buckets
    return {
        "analysis_influence": leaders(
            post_features, accounts, top=chosen.top_accounts, min_posts=chosen.leader_min_posts
        ),
        "analysis_tiers": tiers(accounts, min_posts=chosen.min_posts),
        "analysis_virality": virality(
            compared, viral, clock=clock, bands=bands, account_buckets=buckets
        ),
        "analysis_content": content(
            compared, tagged, clock=clock, band=bands[DELTA], account_buckets=buckets
        ),
    }
