"""The small tables behind the report: of Spark's tables, the rows that the page has room for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.communities.excerpt import Excerpt, take_excerpt
from influencers.communities.profiles import in_words
from influencers.explore.standing import OUTCOMES

# What an account or a table may add to the page at most.
_ROWS = 200
_TRAIT = ("feature", "position", "level", "outcome")


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


def leader_rows(leaders: DataFrame) -> pd.DataFrame:
    """The rows of analysis_influence, by tier and rank."""
    return _first(leaders, "tier", "rank")


def tier_rows(tiers: DataFrame) -> pd.DataFrame:
    """The rows of analysis_tiers, the tier of the fewest followers first."""
    return _first(tiers, "median_followers")


def virality_rows(virality: DataFrame) -> pd.DataFrame:
    """The rows of analysis_virality, by label and feature."""
    return _first(virality, "label", "feature")


def content_rows(content: DataFrame) -> pd.DataFrame:
    """The rows of analysis_content, by trait and outcome."""
    # The outcomes of a trait are one row of the report.
    return _first(content, *_TRAIT, rows=_ROWS * len(OUTCOMES))


def profile_rows(profiles: DataFrame, *, communities: int) -> pd.DataFrame:
    """The profiles of the largest communities in words, the largest first.

    Args:
        profiles: the table community_profiles.
        communities: how many; communities are numbered from the largest.
    """
    largest = F.col("community") < communities
    return in_words(profiles.where(largest)).sort("community").toPandas()


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
    excerpt = take_excerpt(
        edges,
        communities.where(own).drop("algorithm"),
        top_communities=top_communities,
        top_tags=top_tags,
    )
    shown = members.where(own & (F.col("community") < top_communities))
    counted = shown.groupBy("community").count().collect()
    return circles(excerpt, {row["community"]: row["count"] for row in counted})


def circles(excerpt: Excerpt, accounts: Mapping[int, int]) -> list[Circle]:
    """The communities of an excerpt with their accounts, the largest first."""
    return [
        Circle(
            community,
            size,
            accounts.get(community, 0),
            tuple(tag.hashtag for tag in excerpt.tags if tag.community == community),
        )
        for community, size in enumerate(excerpt.sizes)
    ]


def _first(table: DataFrame, *order: str, rows: int = _ROWS) -> pd.DataFrame:
    return table.sort(*order).limit(rows).toPandas()
