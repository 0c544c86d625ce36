"""All algorithms on graphs whose communities are known, in any order and partitioning."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from pyspark.sql import DataFrame, SparkSession

from influencers.communities.algorithms import ALGORITHMS, find_communities
from influencers.config import ALGORITHMS as NAMES
from influencers.config import CommunitiesConfig, ModelsConfig, declarations
from influencers.errors import UserError
from influencers.report.table import plain

# The best of three runs of igraph's Louvain.
BEST = {"karate": 0.4198, "polbooks": 0.5268, "football": 0.6046, "polblogs": 0.4271,
        "eu-core": 0.4144}  # fmt: skip
Found = dict[str, set[frozenset[str]]]


def frame(spark: SparkSession, graph: Any) -> DataFrame:
    edges = [(*sorted((f"v{a}", f"v{b}")), int(data.get("weight", 1)) * 1_000_000)
             for a, b, data in graph.edges(data=True)]  # fmt: skip
    return spark.createDataFrame(edges, "src string, dst string, weight long")


def rows_of(edges: DataFrame, names: Iterable[str] = NAMES, **settings: Any) -> list[Any]:
    with find_communities(
        edges, tuple(names), replace(CommunitiesConfig(), **settings)
    ) as found:  # fmt: skip
        return sorted(map(tuple, found.collect()))


def groups(rows: list[Any]) -> Found:
    found: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for algorithm, hashtag, community in rows:
        found[algorithm][community].add(hashtag)
    return {name: {frozenset(own) for own in each.values()} for name, each in found.items()}


def real(folder: Path, name: str) -> Any:
    graph = nx.Graph(nx.read_gml(folder / "graphs" / f"{name}.gml", label="id"))
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    graph.remove_nodes_from(list(nx.isolates(graph)))
    return graph


def modularity(graph: Any, communities: Iterable[frozenset[str]]) -> float:
    named = nx.relabel_nodes(graph, {node: f"v{node}" for node in graph})
    return float(nx.community.modularity(named, communities, weight=None))


def test_every_algorithm_of_the_configuration_is_there() -> None:
    assert tuple(ALGORITHMS) == NAMES


def test_an_unknown_algorithm_is_refused_in_one_line(spark: SparkSession) -> None:
    with pytest.raises(
        UserError, match=r"no algorithm .* 'lovain': choose from label_pro"
    ) as error:
        rows_of(frame(spark, nx.Graph()), ["lovain"])
    assert "\n" not in str(error.value)
    with pytest.raises(UserError, match=r"models\.community_algorithm must be empty or one of"):
        ModelsConfig(community_algorithm="lovain")


def test_declarations_are_what_settings_and_the_documentation_say() -> None:
    taken = {name for algorithm in ALGORITHMS.values() for name in algorithm.settings}
    assert taken <= set(declarations(CommunitiesConfig))
    assert [algorithm.title for algorithm in ALGORITHMS.values()] == [*map(plain, NAMES)]
    page = (Path(__file__).resolve().parents[2] / "docs/communities.md").read_text("utf-8")
    rows = [line.split(" | ")[:2] for line in page.splitlines() if line.startswith("| `")]
    described = {cells[0].strip("| `"): cells[1] for cells in rows}
    assert {name: described.get(name) for name in ALGORITHMS} == {
        name: algorithm.summary for name, algorithm in ALGORITHMS.items()
    }


def test_shuffled_rows_and_partitions_give_the_same_numbers(
    spark: SparkSession, shared_data: Path
) -> None:
    edges = frame(spark, real(shared_data, "football"))
    plain = rows_of(edges.repartition(1))
    shuffled = edges.orderBy("weight", "dst").repartition(7)
    assert rows_of(shuffled) == plain
    assert {name for name, *_ in plain} == set(NAMES)


@pytest.mark.parametrize("name", sorted(BEST))
def test_louvain_on_the_driver_reaches_the_best_known(
    spark: SparkSession, shared_data: Path, name: str
) -> None:
    graph = real(shared_data, name)
    found = groups(rows_of(frame(spark, graph), ["louvain"]))["louvain"]
    assert modularity(graph, found) >= 0.99 * BEST[name]
    named = nx.relabel_nodes(graph, {node: f"v{node}" for node in graph})
    assert all(nx.is_connected(named.subgraph(own)) for own in found)


def test_an_empty_graph_has_no_communities(spark: SparkSession) -> None:
    assert rows_of(frame(spark, nx.Graph())) == []


@pytest.mark.long
def test_nothing_stays_cached(spark: SparkSession) -> None:
    def cached() -> set[int]:
        return set(spark.sparkContext._jsc.getPersistentRDDs().keySet())

    before = cached()
    rows_of(frame(spark, nx.ring_of_cliques(3, 4)))
    rows_of(frame(spark, nx.ring_of_cliques(3, 4)), ["louvain"], driver_edges=0)
    assert cached() <= before
