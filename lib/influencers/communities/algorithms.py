"""The algorithms that find communities: each declared once, and run by its declaration."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.communities.connected import connected
from influencers.communities.graph import numbered, vertices
from influencers.communities.label_propagation import label_propagation
from influencers.communities.louvain import louvain
from influencers.communities.numbering import number_by_size
from influencers.communities.weighted_label_propagation import weighted_label_propagation
from influencers.config import CommunitiesConfig
from influencers.errors import UserError
from influencers.run.lineage import cut, release


@dataclass(frozen=True)
class Algorithm:
    """An algorithm that finds communities.

    Attributes:
        name: in settings and in the column `algorithm` of tables.
        title: how the report and figures name it.
        summary: what it is, in one sentence, as docs/communities.md has it.
        settings: the settings of `communities` that it takes, by name.
        find: from edges (src, dst, weight: bigint), and those settings by keyword, to every vertex
            with its community (vertex, community: bigint). What it holds in memory is released
            when the context ends.
    """

    name: str
    title: str
    summary: str
    settings: tuple[str, ...]
    find: Callable[..., AbstractContextManager[DataFrame]]

    def communities(
        self, edges: DataFrame, settings: CommunitiesConfig
    ) -> AbstractContextManager[DataFrame]:
        """What `find` makes of a graph under a configuration."""
        return self.find(edges, **{name: getattr(settings, name) for name in self.settings})


# Their names are the choices of `communities.algorithms`, which stand in `config.ALGORITHMS`.
ALGORITHMS: Mapping[str, Algorithm] = {
    algorithm.name: algorithm
    for algorithm in (
        Algorithm(
            "label_propagation",
            title="label propagation",
            summary="Raghavan et al. 2007, all vertices at once",
            settings=("rounds",),
            find=label_propagation,
        ),
        Algorithm(
            "weighted_label_propagation",
            title="weighted label propagation",
            summary="the same with weighted votes; a hash lets half of the vertices move in a "
            "round; on the driver up to `driver_edges` links, with the same labels",
            settings=("max_iterations", "tolerance", "driver_edges"),
            find=weighted_label_propagation,
        ),
        Algorithm(
            "louvain",
            title="louvain",
            summary="Leiden (Traag et al. 2019) on the driver up to `driver_edges` links; beyond, "
            "levels of Louvain by DataFrames, handed over once they fit",
            settings=("driver_edges", "seed"),
            find=louvain,
        ),
    )
}


def algorithm_of(name: str) -> Algorithm:
    """The algorithm of a name.

    Raises:
        UserError: there is none of this name.
    """
    if name not in ALGORITHMS:
        raise UserError(
            f"no algorithm for communities is named {name!r}: choose from {', '.join(ALGORITHMS)}"
        )
    return ALGORITHMS[name]


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

    Raises:
        UserError: there is no algorithm of a name.
    """
    algorithms = [algorithm_of(name) for name in names]
    graph = numbered(edges).persist()
    divisions: list[DataFrame] = []
    try:
        for algorithm in algorithms:
            with algorithm.communities(graph, settings) as own:
                divisions.append(cut(own.select(F.lit(algorithm.name).alias("algorithm"), "*")))
        together = reduce(DataFrame.unionByName, divisions)
        with connected(graph, together, driver_edges=settings.driver_edges) as parts:
            named = parts.join(
                vertices(edges).withColumnRenamed("id", "vertex"), "vertex", how="inner"
            )
            label = F.struct("community", "part").alias("label")
            yield number_by_size(named.select("algorithm", "hashtag", label))
    finally:
        graph.unpersist()
        for division in divisions:
            release(division)
