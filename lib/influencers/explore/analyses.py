"""The analyses: by table name, what each is computed from."""

from __future__ import annotations

from pyspark.sql import DataFrame

from influencers.config import Config
from influencers.explore.content import content, supported_hashtags
from influencers.explore.influence import leaders, tiers
from influencers.explore.relative import with_relative_rate
from influencers.explore.virality import virality


def analyses(
    posts: DataFrame, post_features: DataFrame, accounts: DataFrame, config: Config
) -> dict[str, DataFrame]:
    """The tables of the three analyses, and the tiers' summary, none of them computed yet."""
    chosen = config.explore
    return {
        "analysis_influence": leaders(
            post_features, accounts, top=chosen.top_accounts, min_posts=chosen.min_posts
        ),
        "analysis_tiers": tiers(accounts, min_posts=chosen.min_posts),
        "analysis_virality": virality(
            post_features,
            models=config.models,
            negligible=chosen.negligible_effect,
            account_buckets=chosen.account_buckets,
        ),
        "analysis_content": content(
            with_relative_rate(post_features, accounts, min_posts=chosen.min_posts),
            supported_hashtags(
                posts, top=chosen.top_hashtags, min_accounts=chosen.min_hashtag_accounts
            ),
            negligible=chosen.negligible_effect,
            account_buckets=chosen.account_buckets,
        ),
    }
