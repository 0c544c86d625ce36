"""Communities by label propagation, with GraphFrames.

U. N. Raghavan, R. Albert, S. Kumara, "Near linear time algorithm to detect community structures
in large-scale networks", Physical Review E 76 (2007): each vertex starts with a label of its own
and takes, round by round, the label that most of its neighbours have.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.communities.graph import vertex_ids
from influencers.run.lineage import cut, held_as, release


@contextmanager
def label_propagation(edges: DataFrame, *, rounds: int) -> Iterator[DataFrame]:
    """The community of each vertex that has an edge: vertex, community bigint.

    All vertices move at once, weights do not count, and ties go to a label that the labels
    themselves decide: the result does not depend on row order or partitioning. Each vertex has
    one vote for its own label besides its neighbours': without it the two ends of a lone edge, or
    the centre and the leaves of a star, swap labels for ever and end apart.

    What the engine has cached is let go when the context ends: write the labels inside it.

    Args:
        edges: src, dst bigint; undirected, each once, no self loops.
        rounds: how many times every vertex may move; all are run.
    """
    # GraphFrames looks for its jar when imported: only those who propagate labels need it.
    from graphframes import GraphFrame

    ids = vertex_ids(edges)
    if ids.isEmpty():
        yield ids.select(F.col("id").alias("vertex"), F.col("id").alias("community"))
        return
    cached_before = _graph_rdds(edges)
    # A shuffle without a number of partitions: adaptive execution fits it to the size of the
    # graph. The engine runs some ten stages a round with that many tasks each.
    graph = GraphFrame(ids.repartition("id"), _votes(edges).repartition("src"))
    labels = graph.labelPropagation(maxIter=rounds)
    communities = cut(labels.select(F.col("id").alias("vertex"), F.col("label").alias("community")))
    labels.unpersist()
    kept = {*cached_before, held_as(communities)}
    for key, rdd in _graph_rdds(edges).items():
        if key not in kept:
            rdd.unpersist(False)
    try:
        yield communities
    finally:
        release(communities)


def _votes(edges: DataFrame) -> DataFrame:
    """Directed edges that give a vertex one vote for itself to each one of a neighbour.

    The engine lets every edge vote both ways, so that a loop counts twice: neighbours get two
    edges each, and all votes are doubled alike.
    """
    pairs = F.array(F.struct("src", "dst"),
                    F.struct(F.col("dst").alias("src"), F.col("src").alias("dst")))  # fmt: skip
    both_ways = edges.select(F.inline(pairs))
    loops = both_ways.select("src", F.col("src").alias("dst")).distinct()
    return both_ways.unionByName(loops)


def _graph_rdds(frame: DataFrame) -> dict[int, Any]:
    """What is held in the cache: GraphX never lets go of its part, nor does unpersisting a result.

    Nothing else may run meanwhile: what somebody else has cached is dropped, too, and a local
    checkpoint cannot be made again.
    """
    cached = frame.sparkSession.sparkContext._jsc.getPersistentRDDs()
    return {int(key): rdd for key, rdd in cached.items()}
