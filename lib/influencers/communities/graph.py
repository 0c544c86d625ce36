"""A graph as the algorithms take it: vertices with a number each, edges between numbers."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

# Up to so many vertices a table of them goes to every executor instead of being shuffled to the
# edges: 16 bytes each, some 200 MB as a hash table.
BROADCAST_VERTICES = 4_000_000

# Edges that one task looks at in a round, at most.
_EDGES_PER_TASK = 2_000_000


def tag_id(hashtag: Column) -> Column:
    """The number of a hashtag: a 64-bit hash of its text.

    It depends on nothing but the text, so it needs no pass over the others, and is the same in
    every run, order and partitioning. Where an algorithm breaks ties by vertex number, the order
    is therefore fixed, and favours neither early nor frequent hashtags.
    """
    return F.xxhash64(hashtag)


def sole_tag(hashtag: Column) -> Column:
    """An aggregate: the one hashtag of a group that shares a number.

    Fails the query, naming both, when two hashtags share a number: their edges would be mixed up.
    The chance is one in 37 million for a million hashtags.
    """
    clash = F.concat(
        F.lit("two hashtags share one 64-bit number: "), F.min(hashtag), F.lit(", "), F.max(hashtag)
    )
    return F.when(F.min(hashtag) == F.max(hashtag), F.min(hashtag)).otherwise(F.raise_error(clash))


def vertices(edges: DataFrame) -> DataFrame:
    """The hashtags that have an edge: id bigint, hashtag string; a row is a hashtag.

    Args:
        edges: src and dst, hashtags.
    """
    ends = edges.select(F.explode(F.array("src", "dst")).alias("hashtag"))
    return ends.groupBy(tag_id(F.col("hashtag")).alias("id")).agg(
        sole_tag(F.col("hashtag")).alias("hashtag")
    )


def numbered(edges: DataFrame) -> DataFrame:
    """The edges between numbers: src, dst, weight bigint; a row is an edge.

    Args:
        edges: src and dst, hashtags; weight bigint.
    """
    return edges.select(
        tag_id(F.col("src")).alias("src"), tag_id(F.col("dst")).alias("dst"), "weight"
    )


def vertex_ids(edges: DataFrame) -> DataFrame:
    """The numbers of the vertices that have an edge: id bigint; a row is a vertex."""
    return edges.select(F.explode(F.array("src", "dst")).alias("id")).distinct()


def both_ways(edges: DataFrame) -> DataFrame:
    """Every edge once from each of its ends: src, dst, weight."""
    there = F.struct("src", "dst", "weight")
    back = F.struct(F.col("dst").alias("src"), F.col("src").alias("dst"), "weight")
    return edges.select(F.inline(F.array(there, back)))


def tasks_for(edges: DataFrame) -> int:
    """How many tasks look at the edges of a round, where each edge is seen from both ends."""
    cores = edges.sparkSession.sparkContext.defaultParallelism
    return max(cores, -(-2 * edges.count() // _EDGES_PER_TASK))


def beside_edges(frame: DataFrame, *, few: bool) -> DataFrame:
    """A table of vertices to be joined to edges: sent to every executor if they are few."""
    return F.broadcast(frame) if few else frame
