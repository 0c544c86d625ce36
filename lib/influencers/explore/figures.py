"""The figures of exploration: what each is called, computed from, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from matplotlib import figure as matplotlib_figure

from influencers.config import Config
from influencers.explore import comparisons, distributions, relations
from influencers.explore.cells import Cells, Groups
from influencers.explore.rows import Rows
from influencers.figures.figure import Figure


@dataclass(frozen=True, kw_only=True)
class Exploration(Figure):
    """A figure: `count` counts rows, `table` makes its bounded table of that, `draw` draws it.

    The table is written as `figure_NAME`: its columns are declared in `tables`. It is drawn the
    same in any row order.

    Attributes:
        count: counts some rows, all posts of an account among them, in a task.
        of_accounts: whether rows of accounts are counted, in place of those of posts.
        table: the table, of the groups of all tasks.
        draw: the figure, of the table.
    """

    count: Callable[[Cells, Rows, Config], None]
    of_accounts: bool = False
    table: Callable[[Groups, Config], pd.DataFrame]
    draw: Callable[[pd.DataFrame, Config], matplotlib_figure.Figure]


FIGURES: tuple[Exploration, ...] = (
    Exploration(
        name="follower_distribution",
        title="Accounts by followers",
        section="engagement",
        count=lambda cells, accounts, config: distributions.count_followers(
            cells, accounts, bins_per_decade=config.explore.bins_per_decade
        ),
        of_accounts=True,
        table=lambda groups, config: distributions.follower_distribution(
            groups, bins_per_decade=config.explore.bins_per_decade
        ),
        draw=lambda table, config: distributions.draw_follower_distribution(
            table, tier_edges=config.features.tier_edges
        ),
    ),
    Exploration(
        name="engagement_vs_followers",
        title="Engagement rate by followers",
        section="engagement",
        count=lambda cells, posts, config: relations.count_engagement_by_followers(
            cells, posts, bins_per_decade=config.explore.bins_per_decade
        ),
        table=lambda groups, config: relations.engagement_vs_followers(
            groups, bins_per_decade=config.explore.bins_per_decade
        ),
        draw=lambda table, _: relations.draw_engagement_vs_followers(table),
    ),
    Exploration(
        name="likes_distribution",
        title="Posts by likes",
        section="engagement",
        count=lambda cells, posts, config: distributions.count_likes(
            cells, posts, bins_per_decade=config.explore.bins_per_decade
        ),
        table=lambda groups, config: distributions.likes_distribution(
            groups, bins_per_decade=config.explore.bins_per_decade
        ),
        draw=lambda table, _: distributions.draw_likes_distribution(table),
    ),
    Exploration(
        name="likes_vs_comments",
        title="Likes and comments of posts",
        section="engagement",
        count=lambda cells, posts, config: relations.count_comments_by_likes(
            cells, posts, bins_per_decade=config.explore.bins_per_decade
        ),
        table=lambda groups, config: relations.likes_vs_comments(
            groups, bins_per_decade=config.explore.bins_per_decade
        ),
        draw=lambda table, _: relations.draw_likes_vs_comments(table),
    ),
    Exploration(
        name="engagement_by_hashtags",
        title="Engagement rate by number of hashtags",
        section="engagement",
        count=lambda cells, posts, _: comparisons.count_by_hashtags(cells, posts),
        table=lambda groups, _: comparisons.engagement_by_hashtags(groups),
        draw=lambda table, _: comparisons.draw_engagement_by_hashtags(table),
    ),
    Exploration(
        name="engagement_by_content_type",
        title="Engagement rate by type of post",
        section="engagement",
        count=lambda cells, posts, _: comparisons.count_by_content_type(cells, posts),
        table=lambda groups, _: comparisons.engagement_by_content_type(groups),
        draw=lambda table, _: comparisons.draw_engagement_by_content_type(table),
    ),
)
