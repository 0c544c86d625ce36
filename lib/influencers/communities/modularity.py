"""How good a division into communities is: modularity, sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from influencers.measured.communities import Quality, Stability
from influencers.measured.keys import Absent


@dataclass(frozen=True)
class Compared:
    """The divisions of one graph that several algorithms make.

    Attributes:
        qualities: by algorithm.
        chosen: the algorithm whose communities are described and shown.
    """

    qualities: Mapping[str, Quality]
    chosen: str

    def numbers(self, *, accounts: int, stability: Stability | Absent | None) -> dict[str, Quality]:
        """By algorithm, for metrics.json.

        Args:
            accounts: how many have a community of the chosen algorithm.
            stability: of the chosen algorithm.
        """
        chosen = replace(
            self.qualities[self.chosen], chosen=True, accounts=accounts, stability=stability
        )
        return {**self.qualities, self.chosen: chosen}

    def remarks(self) -> list[str]:
        """What is worth saying of each division, a line each."""
        lines = []
        for name, division in self.qualities.items():
            modularity = "none" if division.modularity is None else f"{division.modularity:.3f}"
            end = " (chosen)" if name == self.chosen else ""
            lines.append(
                f"{name}: {division.communities:,} communities, modularity {modularity}{end}"
            )
        return lines


def compare(
    edges: DataFrame, communities: DataFrame, names: Sequence[str], *, chosen: str = ""
) -> Compared:
    """The quality of each algorithm's division of a graph, and which is shown.

    Args:
        edges: src, dst, weight; see `quality`.
        communities: algorithm, hashtag, community.
        names: of the algorithms, in the order in which they are reported.
        chosen: the algorithm to show; empty: that of the highest modularity.
    """
    qualities = {name: Quality() for name in names} | quality(edges, communities)
    return Compared(qualities, chosen or best_by_modularity(qualities))


def quality(edges: DataFrame, communities: DataFrame) -> dict[str, Quality]:
    """The quality of each algorithm's division of a graph, by the algorithm's name.

    Modularity is the share of edge weight inside communities, less what chance would put there:
    Σ over communities c of inside(c)/m - (degrees(c)/2m)², m the weight of all edges
    (M. E. J. Newman, "Analysis of weighted networks", Physical Review E 70 (2004)). All sums are
    of integers, and the fraction is rounded once, at the end.

    Args:
        edges: src, dst, weight; undirected, each once, no self loops.
        communities: algorithm, hashtag, community; for each algorithm, every end of an edge once.
    """
    per_community = community_sums(edges, communities)
    # Squares of what fits a bigint need up to 38 digits.
    wide = {c: F.col(c).cast("decimal(19,0)") for c in ("strength", "degree")}
    rows = per_community.groupBy("algorithm").agg(
        F.sum("strength").alias("strength"),
        F.sum("inside_strength").alias("inside_strength"),
        F.sum(wide["strength"] * wide["strength"]).alias("strength_squares"),
        F.sum("degree").alias("degree"),
        F.sum("inside_degree").alias("inside_degree"),
        F.sum(wide["degree"] * wide["degree"]).alias("degree_squares"),
        F.sum("tags").alias("tags"),
        F.max("tags").alias("largest"),
        F.count(F.lit(1)).alias("communities"),
    )
    return {row["algorithm"]: _quality(row) for row in rows.collect()}


def best_by_modularity(qualities: Mapping[str, Quality]) -> str:
    """The algorithm of the highest modularity; ties, and an empty graph, to the first by name."""
    return max(sorted(qualities), key=lambda name: qualities[name].modularity or 0.0)


def community_sums(edges: DataFrame, communities: DataFrame) -> DataFrame:
    """What each community has of the graph: a row is an algorithm and a community.

    Args:
        edges: src, dst, weight; undirected, each once, no self loops.
        communities: algorithm, hashtag, community.

    Returns:
        algorithm, community; tags; strength and degree, of the ends of edges at its hashtags by
        weight and number; inside_strength and inside_degree, of those whose other end is inside.
    """
    src = communities.select("algorithm", F.col("hashtag").alias("src"),
                             F.col("community").alias("a"))  # fmt: skip
    dst = communities.select("algorithm", F.col("hashtag").alias("dst"),
                             F.col("community").alias("b"))  # fmt: skip
    ends = (
        edges.join(src, "src", how="inner")
        .join(dst, ["algorithm", "dst"], how="inner")
        .select("algorithm", "weight", (F.col("a") == F.col("b")).alias("inside"),
                F.explode(F.array("a", "b")).alias("community"))
    )  # fmt: skip
    degrees = ends.groupBy("algorithm", "community").agg(
        F.sum("weight").alias("strength"),
        F.sum(F.when(F.col("inside"), F.col("weight")).otherwise(0)).alias("inside_strength"),
        F.count(F.lit(1)).alias("degree"),
        F.count_if("inside").alias("inside_degree"),
    )
    sizes = communities.groupBy("algorithm", "community").agg(F.count(F.lit(1)).alias("tags"))
    return sizes.join(degrees, ["algorithm", "community"], how="left")


def _quality(sums: Row) -> Quality:
    return Quality(
        modularity=_modularity(sums["strength"], sums["inside_strength"], sums["strength_squares"]),
        modularity_unweighted=_modularity(
            sums["degree"], sums["inside_degree"], sums["degree_squares"]
        ),
        communities=sums["communities"],
        largest_share=sums["largest"] / sums["tags"],
        tags=sums["tags"],
        edges=(sums["degree"] or 0) // 2,
    )


def _modularity(ends: int | None, inside: int, squares: int) -> float | None:
    """From both ends of every edge: their weight, that inside communities, Σ of squares."""
    if not ends:
        return None
    return float(Fraction(int(inside), int(ends)) - Fraction(int(squares), int(ends) ** 2))
