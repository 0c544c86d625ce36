"""The small tables behind the report: of Spark's tables, the rows that the page has room for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.communities.excerpt import Foremost, foremost_tags
from influencers.communities.profiles import in_words
from influencers.config import ReportConfig
from influencers.explore.standing import OUTCOMES
from influencers.growth.movers import best_posts, top_movers
from influencers.measured.communities import Quality

# What an account or a table may add to the page at most.
_ROWS = 200
# Why there are no communities.
UNLINKED = "no two hashtags are used together often enough to be linked"
_TRAIT = ("feature", "position", "level", "outcome")


@dataclass(frozen=True)
class Sources:
    """The tables that the page is made of, of any size.

    Attributes:
        leaders: analysis_influence; `tiers`, `virality` and `content` are analyses likewise.
        edges: hashtag_edges.
        members: account_communities.
        copied: what `popularity.most_copied` gives; None if no images were compared.
        profiles: community_profiles; None if there are none of this run.
        growth: account_growth, and `performance` post_performance; None likewise.
    """

    leaders: DataFrame
    tiers: DataFrame
    virality: DataFrame
    content: DataFrame
    edges: DataFrame
    communities: DataFrame
    members: DataFrame
    accounts: DataFrame
    copied: DataFrame | None
    profiles: DataFrame | None
    growth: DataFrame | None = None
    performance: DataFrame | None = None


@dataclass(frozen=True)
class Changes:
    """What changed between crawls.

    Attributes:
        movers: as `movers.top_movers` has them.
        posts: as `movers.best_posts` has them.
    """

    movers: pd.DataFrame
    posts: pd.DataFrame


@dataclass(frozen=True)
class Circle:
    """A community of hashtags, and how many accounts are in it."""

    community: int
    hashtags: int
    accounts: int
    foremost: tuple[str, ...]


@dataclass(frozen=True)
class Frames:
    """The small tables behind the report; each is bounded before it is collected."""

    leaders: pd.DataFrame
    tiers: pd.DataFrame
    virality: pd.DataFrame
    content: pd.DataFrame
    circles: Sequence[Circle]
    accounts: int = 0
    copied: pd.DataFrame | None = None
    profiles: pd.DataFrame | None = None
    changes: Changes | None = None


def collected(
    tables: Sources, communities: Mapping[str, Quality], *, options: ReportConfig
) -> Frames:
    """The rows that the page has room for.

    Args:
        tables: what they are taken from.
        communities: the numbers of each algorithm: the best one's communities are shown.
        options: how many communities and hashtags are shown.
    """
    top = options.communities
    profiles = tables.profiles
    if profiles is not None:
        largest = profiles.where(F.col("community") < top)
        profiles = in_words(largest).sort("community")
    return Frames(
        leaders=_first(tables.leaders, "tier", "rank"),
        tiers=_first(tables.tiers, "median_followers"),
        virality=_first(tables.virality, "label", "feature"),
        # The outcomes of a trait are one row of the report.
        content=_first(tables.content, *_TRAIT, rows=_ROWS * len(OUTCOMES)),
        circles=largest_circles(
            tables.edges,
            tables.communities,
            tables.members,
            algorithm=best_algorithm(communities),
            top_communities=top,
            top_tags=options.tags,
        ),
        accounts=tables.accounts.count(),
        copied=None if tables.copied is None else tables.copied.toPandas(),
        profiles=None if profiles is None else profiles.toPandas(),
        changes=_changes(tables, options),
    )


def _changes(tables: Sources, options: ReportConfig) -> Changes | None:
    if tables.growth is None or tables.performance is None:
        return None
    return Changes(
        top_movers(tables.growth, tables.accounts, most=options.movers),
        best_posts(tables.performance, tables.accounts, most=options.movers),
    )


def best_algorithm(communities: Mapping[str, Quality]) -> str | None:
    """The algorithm whose communities are shown: the chosen one, else that of most modularity."""
    chosen = [name for name, quality in communities.items() if quality.chosen]
    if chosen:
        return chosen[0]
    known = {name: quality.modularity for name, quality in sorted(communities.items())}
    measured = {name: modularity for name, modularity in known.items() if modularity is not None}
    return max(measured, key=lambda name: measured[name], default=None)


def largest_circles(
    edges: DataFrame,
    communities: DataFrame,
    members: DataFrame,
    *,
    algorithm: str | None,
    top_communities: int,
    top_tags: int,
) -> list[Circle]:
    """The largest communities of an algorithm with their foremost hashtags.

    Args:
        edges: the table hashtag_edges.
        communities: the table communities.
        members: the table account_communities.
        algorithm: whose communities; None is nobody's, and there are none.
        top_communities: how many communities.
        top_tags: how many hashtags of each.
    """
    own = F.col("algorithm") == (algorithm or "")
    foremost = foremost_tags(
        edges,
        communities.where(own).drop("algorithm"),
        top_communities=top_communities,
        top_tags=top_tags,
    )
    shown = members.where(own & (F.col("community") < top_communities))
    counted = shown.groupBy("community").count().collect()
    return circles(foremost, {row["community"]: row["count"] for row in counted})


def circles(foremost: Foremost, accounts: Mapping[int, int]) -> list[Circle]:
    """The communities with their foremost hashtags and their accounts, the largest first."""
    return [
        Circle(
            community,
            size,
            accounts.get(community, 0),
            tuple(tag.hashtag for tag in foremost.tags if tag.community == community),
        )
        for community, size in enumerate(foremost.sizes)
    ]


def _first(table: DataFrame, *order: str, rows: int = _ROWS) -> pd.DataFrame:
    return table.sort(*order).limit(rows).toPandas()
