"""The six figures: by name, what each is computed from and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure
from pyspark.sql import DataFrame

from influencers.config import Config
from influencers.explore import comparisons, distributions, relations
from influencers.explore.relative import with_relative_rate


@dataclass(frozen=True)
class Sources:
    """The tables that figures are computed from."""

    post_features: DataFrame
    accounts: DataFrame

    def relative(self, config: Config) -> DataFrame:
        """post_features with the rate relative to the author's own."""
        return with_relative_rate(
            self.post_features, self.accounts, min_posts=config.explore.min_posts
        )


@dataclass(frozen=True)
class Exploration:
    """A figure: `table` computes its bounded table, `draw` draws that table, in any row order."""

    name: str
    table: Callable[[Sources, Config], DataFrame]
    draw: Callable[[pd.DataFrame, Config], Figure]


FIGURES: tuple[Exploration, ...] = (
    Exploration(
        "follower_distribution",
        lambda sources, config: distributions.follower_distribution(
            sources.accounts, bins_per_decade=config.explore.bins_per_decade
        ),
        lambda table, config: distributions.draw_follower_distribution(
            table, tier_edges=config.features.tier_edges
        ),
    ),
    Exploration(
        "engagement_vs_followers",
        lambda sources, config: relations.engagement_vs_followers(
            sources.post_features, bins_per_decade=config.explore.bins_per_decade
        ),
        lambda table, _: relations.draw_engagement_vs_followers(table),
    ),
    Exploration(
        "likes_distribution",
        lambda sources, config: distributions.likes_distribution(
            sources.post_features, bins_per_decade=config.explore.bins_per_decade
        ),
        lambda table, _: distributions.draw_likes_distribution(table),
    ),
    Exploration(
        "likes_vs_comments",
        lambda sources, config: relations.likes_vs_comments(
            sources.post_features, bins_per_decade=config.explore.bins_per_decade
        ),
        lambda table, _: relations.draw_likes_vs_comments(table),
    ),
    Exploration(
        "engagement_by_hashtags",
        lambda sources, config: comparisons.engagement_by_hashtags(sources.relative(config)),
        lambda table, _: comparisons.draw_engagement_by_hashtags(table),
    ),
    Exploration(
        "engagement_by_content_type",
        lambda sources, config: comparisons.engagement_by_content_type(sources.relative(config)),
        lambda table, _: comparisons.draw_engagement_by_content_type(table),
    ),
)
