"""The analyses: by table name, what each is computed from."""

from __future__ import annotations

from pyspark.sql import DataFrame

from influencers.config import Config
from influencers.explore.clock import posts_by_second, read_clock
from influencers.explore.content import content
from influencers.explore.influence import leaders, tiers
from influencers.explore.levels import supported_hashtags
from influencers.explore.mature import settled_posts
from influencers.explore.verdicts import Band
from influencers.explore.virality import DELTA, ODDS_RATIO, viral_labels, virality
from influencers.run.persisted import Keep


def analyses(
    posts: DataFrame, post_features: DataFrame, accounts: DataFrame, config: Config, keep: Keep
) -> dict[str, DataFrame]:
    """The tables of the three analyses, and the tiers' summary.

    Only what they rest on is computed here: the thresholds of virality, whether times of day can
    be trusted, and which hashtags are judged.

    Args:
        posts: the table posts.
        post_features: with `relative_rate` (see `with_relative_rate`).
        accounts: the table accounts.
        config: of the analyses, and of what is viral.
        keep: persists what is gone through more than once.
    """
    chosen = config.explore
    clock = read_clock(posts_by_second(post_features))
    viral = viral_labels(post_features, config.models)
    compared = settled_posts(post_features, accounts, days=chosen.settled_days)
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
            compared, tagged, clock=clock, band=bands[DELTA], account_buckets=buckets, keep=keep
        ),
    }
