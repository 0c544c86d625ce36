"""The backbone of a graph: the edges that say something of their ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from influencers.communities.graph import tag_id


@dataclass(frozen=True)
class Kept:
    """What a backbone has of its graph, in numbers and shares (0..1; None of nothing).

    Attributes:
        edges: edges of the backbone.
        tags: hashtags that have one.
    """

    edges: int
    tags: int
    edges_share: float | None
    tags_share: float | None
    weight_share: float | None


def everything(edges: DataFrame, *, significance: float, neighbours: int) -> DataFrame:
    """The graph as it is."""
    return edges


def disparity(edges: DataFrame, *, significance: float, neighbours: int) -> DataFrame:
    """The edges that are a larger part of an end's strength than chance would make them.

    Were the strength of a vertex with k edges cut at k - 1 random places, a part would be at least
    the share p with probability (1 - p)^(k - 1). An edge stays if that is below `significance` at
    one of its ends; the only edge of a vertex says nothing of it, and stays if the other end
    keeps it. M. A. Serrano, M. Boguñá, A. Vespignani, "Extracting the multiscale backbone of
    complex weighted networks", PNAS 106 (2009).

    Args:
        edges: src, dst, weight, and any more columns, which are kept.
        significance: 0..1; smaller keeps fewer.
        neighbours: not used.
    """
    ends = edges.select("weight", F.explode(F.array("src", "dst")).alias("end"))
    strengths = ends.groupBy("end").agg(
        F.sum("weight").alias("strength"), F.count(F.lit(1)).alias("degree")
    )

    def chance(strength: Column, degree: Column) -> Column:
        return F.pow(1 - F.col("weight") / strength, degree - 1)

    first = strengths.select(F.col("end").alias("src"), F.struct("strength", "degree").alias("a"))
    second = strengths.select(F.col("end").alias("dst"), F.struct("strength", "degree").alias("b"))
    least = F.least(*(chance(F.col(f"{e}.strength"), F.col(f"{e}.degree")) for e in ("a", "b")))
    return (
        edges.join(first, "src", how="inner")
        .join(second, "dst", how="inner")
        .where(least < significance)
        .select(*edges.columns)
    )


def mutual(edges: DataFrame, *, significance: float, neighbours: int) -> DataFrame:
    """The edges that are among the heaviest of both their ends; no vertex has more than so many.

    Args:
        edges: src, dst, weight, and any more columns, which are kept.
        significance: not used.
        neighbours: how many edges of a vertex stay at most; ties by a hash of the other end, so
            that no part of the alphabet is favoured.
    """
    there = F.struct(F.col("src").alias("end"), F.col("dst").alias("other"))
    back = F.struct(F.col("dst").alias("end"), F.col("src").alias("other"))
    ends = edges.select("src", "dst", "weight", F.inline(F.array(there, back)))
    order = Window.partitionBy("end").orderBy(F.desc("weight"), tag_id(F.col("other")), "other")
    chosen = (
        ends.withColumn("rank", F.row_number().over(order))
        .where(F.col("rank") <= neighbours)
        .groupBy("src", "dst")
        .agg(F.count(F.lit(1)).alias("ends"))
        .where(F.col("ends") == 2)
    )
    return edges.join(chosen, ["src", "dst"], how="left_semi")


Backbone = Callable[..., DataFrame]

BACKBONES: Mapping[str, Backbone] = {
    "none": everything,
    "disparity": disparity,
    "mutual": mutual,
}


def kept(edges: DataFrame, backbone: DataFrame) -> Kept:
    """What a backbone has of a graph; both are src, dst, weight."""
    (all_edges, all_tags, all_weight), (own_edges, own_tags, own_weight) = (
        _counts(frame) for frame in (edges, backbone)
    )
    return Kept(
        edges=own_edges,
        tags=own_tags,
        edges_share=own_edges / all_edges if all_edges else None,
        tags_share=own_tags / all_tags if all_tags else None,
        weight_share=own_weight / all_weight if all_weight else None,
    )


def _counts(edges: DataFrame) -> tuple[int, int, int]:
    ends = edges.select("weight", F.explode(F.array("src", "dst")).alias("end"))
    per_tag = ends.groupBy("end").agg(
        F.count(F.lit(1)).alias("degree"), F.sum("weight").alias("strength")
    )
    sums = per_tag.agg(
        F.count(F.lit(1)).alias("tags"), F.sum("degree").alias("ends"), F.sum("strength").alias("w")
    ).head()
    assert sums is not None
    return (sums["ends"] or 0) // 2, sums["tags"], (sums["w"] or 0) // 2
