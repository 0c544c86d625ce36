"""The figures of exploration: what each is called, computed from, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from matplotlib import figure as matplotlib_figure
from pyspark.sql import DataFrame

from influencers.config import Config
from influencers.explore import comparisons, distributions, relations
from influencers.figures.figure import Figure


@dataclass(frozen=True)
class Sources:
    """The tables that figures are computed from.

    Attributes:
        post_features: with `relative_rate` (see `with_relative_rate`).
        accounts: as the job `features` has left them.
    """

    post_features: DataFrame
    accounts: DataFrame


@dataclass(frozen=True, kw_only=True)
class Exploration(Figure):
    """A figure: `table` computes its bounded table, `draw` draws that table, in any row order.

    The table is written as `figure_NAME`: its columns are declared in `schemas`.
    """

    table: Callable[[Sources, Config], DataFrame]
    draw: Callable[[pd.DataFrame, Config], matplotlib_figure.Figure]


FIGURES: tuple[Exploration, ...] = (
    Exploration(
        name="follower_distribution",
        title="Accounts by followers",
        section="engagement",
        table=lambda sources, config: distributions.follower_distribution(
            sources.accounts, bins_per_decade=config.explore.bins_per_decade
        ),
        draw=lambda table, config: distributions.draw_follower_distribution(
            table, tier_edges=config.features.tier_edges
        ),
    ),
    Exploration(
        name="engagement_vs_followers",
        title="Engagement rate by followers",
        section="engagement",
        table=lambda sources, config: relations.engagement_vs_followers(
            sources.post_features, bins_per_decade=config.explore.bins_per_decade
        ),
        draw=lambda table, _: relations.draw_engagement_vs_followers(table),
    ),
    Exploration(
        name="likes_distribution",
        title="Posts by likes",
        section="engagement",
        table=lambda sources, config: distributions.likes_distribution(
            sources.post_features, bins_per_decade=config.explore.bins_per_decade
        ),
        draw=lambda table, _: distributions.draw_likes_distribution(table),
    ),
    Exploration(
        name="likes_vs_comments",
        title="Likes and comments of posts",
        section="engagement",
        table=lambda sources, config: relations.likes_vs_comments(
            sources.post_features, bins_per_decade=config.explore.bins_per_decade
        ),
        draw=lambda table, _: relations.draw_likes_vs_comments(table),
    ),
    Exploration(
        name="engagement_by_hashtags",
        title="Engagement rate by number of hashtags",
        section="engagement",
        table=lambda sources, _: comparisons.engagement_by_hashtags(sources.post_features),
        draw=lambda table, _: comparisons.draw_engagement_by_hashtags(table),
    ),
    Exploration(
        name="engagement_by_content_type",
        title="Engagement rate by type of post",
        section="engagement",
        table=lambda sources, _: comparisons.engagement_by_content_type(sources.post_features),
        draw=lambda table, _: comparisons.draw_engagement_by_content_type(table),
    ),
)
