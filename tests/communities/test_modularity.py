"""Modularity, held against networkx, on real graphs and small random ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession

from influencers.communities.modularity import quality as quality_of
from influencers.measured.communities import Quality


def frames(
    spark: SparkSession, graph: Any, community: dict[Any, int]
) -> tuple[DataFrame, DataFrame]:
    edges = [
        (*sorted((str(a), str(b))), int(data.get("weight", 1)))
        for a, b, data in graph.edges(data=True)
    ]
    tags = [("one", str(node), number) for node, number in community.items()]
    return (
        spark.createDataFrame(edges, "src string, dst string, weight long"),
        spark.createDataFrame(tags, "algorithm string, hashtag string, community long"),
    )


def quality(edges: DataFrame, communities: DataFrame) -> Quality:
    return quality_of(edges, communities).get("one", Quality())


def slow_quality(graph: Any, community: dict[Any, int]) -> tuple[float, float]:
    groups = [
        {node for node, own in community.items() if own == number}
        for number in set(community.values())
    ]
    return tuple(nx.community.modularity(graph, groups, weight=w) for w in ("weight", None))  # type: ignore[return-value]


@pytest.mark.parametrize("name", ["karate", "polbooks", "football", "polblogs", "eu-core"])
def test_real_graphs_with_their_known_groups(
    spark: SparkSession, shared_data: Path, name: str
) -> None:
    graph = nx.Graph(nx.read_gml(shared_data / "graphs" / f"{name}.gml", label="id"))
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    graph.remove_nodes_from(list(nx.isolates(graph)))
    for a, b, data in graph.edges(data=True):
        data["weight"] = 1 + (a * 31 + b * 17) % 1_000_000
    known = sorted({str(value) for value in nx.get_node_attributes(graph, "gt").values()})
    community = {node: known.index(str(value)) for node, value in graph.nodes(data="gt")}
    found = quality(*frames(spark, graph, community))
    weighted, unweighted = slow_quality(graph, community)
    assert found.modularity == pytest.approx(weighted, abs=1e-9)
    assert found.modularity_unweighted == pytest.approx(unweighted, abs=1e-9)
    assert (found.tags, found.edges) == (graph.number_of_nodes(), graph.number_of_edges())


edge_weights = st.dictionaries(
    st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda e: e[0] < e[1]),
    st.integers(1, 10**12),
    min_size=1,
    max_size=20,
)


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(weights=edge_weights, numbers=st.lists(st.integers(0, 3), min_size=8, max_size=8))
def test_any_graph_and_division(
    spark: SparkSession, weights: dict[tuple[int, int], int], numbers: list[int]
) -> None:
    graph = nx.Graph()
    graph.add_weighted_edges_from((a, b, weight) for (a, b), weight in weights.items())
    community = {node: numbers[node] for node in graph}
    found = quality(*frames(spark, graph, community))
    weighted, unweighted = slow_quality(graph, community)
    assert found.modularity == pytest.approx(weighted, abs=1e-9)
    assert found.modularity_unweighted == pytest.approx(unweighted, abs=1e-9)
    sizes = [list(community.values()).count(number) for number in set(community.values())]
    assert found.communities == len(sizes)
    assert found.largest_share == max(sizes) / len(graph)


def test_an_empty_graph_has_no_modularity(spark: SparkSession) -> None:
    edges = spark.createDataFrame([], "src string, dst string, weight long")
    communities = spark.createDataFrame([], "algorithm string, hashtag string, community long")
    assert quality(edges, communities) == Quality(None, None, 0, None, 0, 0)
