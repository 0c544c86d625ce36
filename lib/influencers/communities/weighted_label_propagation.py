"""Communities by label propagation with weights, in rounds of DataFrames.

As label propagation (Raghavan et al., 2007), but a neighbour votes with the weight of the edge, and
in each round a hash allows only half of the vertices to move: where all move at once, the two sides
of a bipartite part swap labels for ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.communities.graph import (
    BROADCAST_VERTICES,
    beside_edges,
    both_ways,
    tasks_for,
    vertex_ids,
)
from influencers.communities.labels_in_memory import labels_in_memory
from influencers.run.lineage import cut, release


@contextmanager
def weighted_label_propagation(
    edges: DataFrame, *, max_iterations: int, tolerance: float, driver_edges: int
) -> Iterator[DataFrame]:
    """The community of each vertex that has an edge: vertex, community bigint.

    A vertex takes the label with the largest weight among its neighbours. Of labels of equal
    weight it keeps its own, else the one that a hash of label and round puts first: one fixed
    order would let the same few labels win every tie. Weights are whole numbers, so that their sums
    do not depend on the order of rows.

    What is held in memory is let go when the context ends.

    Args:
        edges: src, dst, weight bigint; undirected, each once, no self loops.
        max_iterations: at most so many rounds.
        tolerance: it ends once at most this share of vertices would move.
        driver_edges: up to so many edges are looked at in the driver's memory, with the same
            labels; 0: none.
    """
    if driver_edges and edges.count() <= driver_edges:
        labels = labels_in_memory(
            edges.toPandas(), max_iterations=max_iterations, tolerance=tolerance
        )
        yield edges.sparkSession.createDataFrame(labels, "vertex bigint, community bigint")
        return
    with _by_frames(edges, max_iterations=max_iterations, tolerance=tolerance) as found:
        yield found


@contextmanager
def _by_frames(edges: DataFrame, *, max_iterations: int, tolerance: float) -> Iterator[DataFrame]:
    arrows = arrows_of(edges).persist()
    labels = cut(vertex_ids(edges).select("id", F.col("id").alias("label")))
    try:
        count = labels.count()
        for number in range(max_iterations):
            moved = cut(_round(arrows, labels, number, few=count <= BROADCAST_VERTICES))
            unsettled = moved.where("unsettled").count()
            release(labels)
            labels = moved
            if unsettled <= tolerance * count:
                break
        yield labels.select(F.col("id").alias("vertex"), F.col("label").alias("community"))
    finally:
        arrows.unpersist()
        release(labels)


def arrows_of(edges: DataFrame) -> DataFrame:
    """Every edge from both ends, and an arrow of no weight from each vertex to itself.

    All arrows from a vertex lie in one partition, so that its votes are counted where they are. The
    arrow to itself tells which of the labels it sees is its own.
    """
    loops = vertex_ids(edges).select(
        F.col("id").alias("src"), F.col("id").alias("dst"), F.lit(0).cast("bigint").alias("weight")
    )
    return both_ways(edges).unionByName(loops).repartition(tasks_for(edges), "src")


def may_move(vertex: Column, *salts: int) -> Column:
    """Whether a hash lets the vertex move: half of them, others with other salts."""
    return F.xxhash64(vertex, *(F.lit(salt) for salt in salts)).bitwiseAND(F.lit(1)) == 0


def _round(arrows: DataFrame, labels: DataFrame, number: int, *, few: bool) -> DataFrame:
    """The labels after a round: id, label; unsettled, whether another label is stronger."""
    seen = beside_edges(labels.select(F.col("id").alias("dst"), "label"), few=few)
    votes = (
        arrows.join(seen, "dst", how="inner")
        .groupBy("src", "label")
        .agg(F.sum("weight").alias("votes"), F.max(F.col("src") == F.col("dst")).alias("own"))
    )
    luck = F.xxhash64("label", F.lit(number))
    won = votes.groupBy("src").agg(
        F.max(F.struct("votes", "own", luck.alias("luck"), "label")).alias("best"),
        F.max(F.when(F.col("own"), F.col("label"))).alias("held"),
    )
    moves = may_move(F.col("src"), number)
    return won.select(
        F.col("src").alias("id"),
        F.when(moves, F.col("best.label")).otherwise(F.col("held")).alias("label"),
        (~F.col("best.own")).alias("unsettled"),
    )
