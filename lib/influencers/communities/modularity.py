"""How good a division into communities is: modularity, sizes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


@dataclass(frozen=True)
class Quality:
    """The numbers of one division into communities.

    Attributes:
        modularity: with the edges' weights; None for a graph without edges.
        modularity_unweighted: the same with every edge counted once.
        communities: how many there are.
        largest_share: the part of all hashtags that is in the largest; None when there are none.
        tags: hashtags with a community.
        edges: edges of the graph.
    """

    modularity: float | None
    modularity_unweighted: float | None
    communities: int
    largest_share: float | None
    tags: int
    edges: int


def quality(edges: DataFrame, communities: DataFrame) -> Quality:
    """The quality of one division of a graph.

    Modularity is the share of edge weight inside communities, less what chance would put there:
    Σ over communities c of inside(c)/m - (degrees(c)/2m)², m the weight of all edges
    (M. E. J. Newman, "Analysis of weighted networks", Physical Review E 70 (2004)). All sums are
    of integers, and the fraction is rounded once, at the end.

    Args:
        edges: src, dst, weight; undirected, each once, no self loops.
        communities: hashtag, community; every end of an edge once.
    """
    per_community = _per_community(edges, communities)
    # Squares of what fits a bigint need up to 38 digits.
    wide = {c: F.col(c).cast("decimal(19,0)") for c in ("strength", "degree")}
    sums = per_community.agg(
        F.sum("strength").alias("strength"),
        F.sum("inside_strength").alias("inside_strength"),
        F.sum(wide["strength"] * wide["strength"]).alias("strength_squares"),
        F.sum("degree").alias("degree"),
        F.sum("inside_degree").alias("inside_degree"),
        F.sum(wide["degree"] * wide["degree"]).alias("degree_squares"),
        F.sum("tags").alias("tags"),
        F.max("tags").alias("largest"),
        F.count(F.lit(1)).alias("communities"),
    ).head()
    assert sums is not None
    return Quality(
        modularity=_modularity(sums["strength"], sums["inside_strength"], sums["strength_squares"]),
        modularity_unweighted=_modularity(
            sums["degree"], sums["inside_degree"], sums["degree_squares"]
        ),
        communities=sums["communities"],
        largest_share=sums["largest"] / sums["tags"] if sums["tags"] else None,
        tags=sums["tags"] or 0,
        edges=(sums["degree"] or 0) // 2,
    )


def _per_community(edges: DataFrame, communities: DataFrame) -> DataFrame:
    """A row is a community: its hashtags, and the ends of edges at them by number and weight."""
    src = communities.select(F.col("hashtag").alias("src"), F.col("community").alias("a"))
    dst = communities.select(F.col("hashtag").alias("dst"), F.col("community").alias("b"))
    ends = (
        edges.join(src, "src", how="inner")
        .join(dst, "dst", how="inner")
        .select("weight", (F.col("a") == F.col("b")).alias("inside"),
                F.explode(F.array("a", "b")).alias("community"))
    )  # fmt: skip
    degrees = ends.groupBy("community").agg(
        F.sum("weight").alias("strength"),
        F.sum(F.when(F.col("inside"), F.col("weight")).otherwise(0)).alias("inside_strength"),
        F.count(F.lit(1)).alias("degree"),
        F.count_if("inside").alias("inside_degree"),
    )
    sizes = communities.groupBy("community").agg(F.count(F.lit(1)).alias("tags"))
    return sizes.join(degrees, "community", how="left")


def _modularity(ends: int | None, inside: int, squares: int) -> float | None:
    """From both ends of every edge: their weight, that inside communities, Σ of squares."""
    if not ends:
        return None
    return float(Fraction(int(inside), int(ends)) - Fraction(int(squares), int(ends) ** 2))
