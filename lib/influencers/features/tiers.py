"""Follower tiers: nano < micro < mid < macro < mega."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.storage.table import string

TIERS = ("nano", "micro", "mid", "macro", "mega")
TIER = string(
    "tier",
    "follower tier: `nano`, `micro`, `mid`, `macro`, `mega`, parted at `features.tier_edges`",
    null="followers are unknown",
)


def tier(followers: Column, *, edges: Sequence[int]) -> Column:
    """The name of the tier; an edge belongs to the higher one; null if followers are unknown.

    Args:
        followers: a follower count.
        edges: four rising follower counts.
    """
    name = F.when(followers < edges[0], TIERS[0])
    for edge, label in zip(edges[1:], TIERS[1:], strict=False):
        name = name.when(followers < edge, label)
    return name.when(followers >= edges[-1], TIERS[-1])


def with_tier(rows: DataFrame, *, edges: Sequence[int]) -> DataFrame:
    """Rows, which have `followers`, with their `tier`."""
    return rows.withColumn(TIER.name, tier(F.col("followers"), edges=edges))
