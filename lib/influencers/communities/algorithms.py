"""The algorithms that find communities, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.communities.connected import connected
from influencers.communities.graph import numbered, vertices
from influencers.communities.label_propagation import label_propagation
from influencers.communities.louvain import louvain
from influencers.communities.numbering import number_by_size
from influencers.communities.weighted_label_propagation import weighted_label_propagation
from influencers.config import CommunitiesConfig
from influencers.graph.lineage import cut, release

# From edges (src, dst, weight: bigint) to every vertex with its community (vertex, community:
# bigint). What it holds in memory is let go when the context ends.
Algorithm = Callable[[DataFrame, CommunitiesConfig], AbstractContextManager[DataFrame]]


def _label_propagation(
    edges: DataFrame, settings: CommunitiesConfig
) -> AbstractContextManager[DataFrame]:
    return label_propagation(edges, rounds=settings.rounds)


def _weighted(edges: DataFrame, settings: CommunitiesConfig) -> AbstractContextManager[DataFrame]:
    return weighted_label_propagation(
        edges, rounds=settings.max_iterations, tolerance=settings.tolerance
    )


def _louvain(edges: DataFrame, settings: CommunitiesConfig) -> AbstractContextManager[DataFrame]:
    return louvain(edges, driver_edges=settings.driver_edges, seed=settings.seed)


ALGORITHMS: Mapping[str, Algorithm] = {
    "label_propagation": _label_propagation,
    "weighted_label_propagation": _weighted,
    "louvain": _louvain,
}


@contextmanager
def find_communities(
    edges: DataFrame, names: tuple[str, ...], settings: CommunitiesConfig
) -> Iterator[DataFrame]:
    """What algorithms make of a graph: algorithm, hashtag string, community bigint.

    A row is an algorithm and a hashtag that has an edge. Communities hang together, and are
    numbered from the largest; the same edges give the same numbers, in whatever order they come.

    What is held in memory is let go when the context ends.

    Args:
        edges: src, dst: hashtags; weight: bigint; undirected, each once, no self loops.
        names: of `ALGORITHMS`.
        settings: of the algorithms.
    """
    graph = numbered(edges).persist()
    found: list[DataFrame] = []
    try:
        for name in names:
            with ALGORITHMS[name](graph, settings) as own:
                found.append(cut(own.select(F.lit(name).alias("algorithm"), "*")))
        together = found[0]
        for own in found[1:]:
            together = together.unionByName(own)
        with connected(graph, together, driver_edges=settings.driver_edges) as parts:
            named = parts.join(
                vertices(edges).withColumnRenamed("id", "vertex"), "vertex", how="inner"
            )
            label = F.struct("community", "part").alias("label")
            yield number_by_size(named.select("algorithm", "hashtag", label))
    finally:
        graph.unpersist()
        for own in found:
            release(own)
