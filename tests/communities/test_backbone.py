"""Backbones, held against their definitions, and what is told of them."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pytest
from pyspark.sql import DataFrame, SparkSession

from influencers.communities.backbone import BACKBONES, kept

Edge = tuple[str, str, int]
Pairs = set[tuple[str, str]]


def frame(spark: SparkSession, edges: list[Edge]) -> DataFrame:
    return spark.createDataFrame(edges, "src string, dst string, weight long")


def backbone(edges: DataFrame, name: str, **settings: Any) -> Pairs:
    found = BACKBONES[name](edges, **{"significance": 0.2, "neighbours": 30, **settings})
    assert found.columns == edges.columns
    return {(row["src"], row["dst"]) for row in found.collect()}


def sample(seed: int) -> list[Edge]:
    """A graph of which a few edges are very much heavier than the rest."""
    graph = nx.gnm_random_graph(30, 120, seed=seed)
    return [
        (f"t{a:02}", f"t{b:02}", 1 + (a * 7 + b * 13 + seed) % 5 + (500 if (a + b) % 9 == 0 else 0))
        for a, b in sorted((min(e), max(e)) for e in graph.edges)
    ]


def slow_disparity(edges: list[Edge], significance: float) -> Pairs:
    strength: dict[str, int] = {}
    degree: dict[str, int] = {}
    for src, dst, weight in edges:
        for end in (src, dst):
            strength[end] = strength.get(end, 0) + weight
            degree[end] = degree.get(end, 0) + 1
    return {
        (src, dst)
        for src, dst, weight in edges
        if any(
            (1 - weight / strength[end]) ** (degree[end] - 1) < significance for end in (src, dst)
        )
    }


def slow_mutual(edges: list[Edge], neighbours: int) -> Pairs:
    """By definition, where no two edges of a vertex weigh the same."""
    first = {}
    for end in {end for src, dst, _ in edges for end in (src, dst)}:
        own = sorted(((w, (s, d)) for s, d, w in edges if end in (s, d)), reverse=True)
        first[end] = {pair for _, pair in own[:neighbours]}
    return {(s, d) for s, d, _ in edges if (s, d) in first[s] & first[d]}


@pytest.mark.parametrize("significance", [0.01, 0.2])
def test_disparity_is_its_definition(spark: SparkSession, significance: float) -> None:
    edges = sample(3)
    wanted = slow_disparity(edges, significance)
    assert 0 < len(wanted) < len(edges)
    assert backbone(frame(spark, edges), "disparity", significance=significance) == wanted


def test_mutual_is_its_definition(spark: SparkSession) -> None:
    edges = [(s, d, 10_000 * w + n) for n, (s, d, w) in enumerate(sample(5))]
    wanted = slow_mutual(edges, 4)
    assert 0 < len(wanted) < len(edges)
    assert backbone(frame(spark, edges), "mutual", neighbours=4) == wanted


def test_equal_weights_are_kept_alike_in_any_partitioning(spark: SparkSession) -> None:
    edges = frame(spark, [(s, d, 1) for s, d, _ in sample(7)])
    found = backbone(edges.repartition(1), "mutual", neighbours=3)
    assert found == backbone(edges.orderBy("dst").repartition(7), "mutual", neighbours=3)
    ends = [end for pair in found for end in pair]
    assert max(ends.count(end) for end in ends) <= 3


def test_what_is_kept_is_counted(spark: SparkSession) -> None:
    edges = frame(spark, [("a", "b", 6), ("b", "c", 3), ("c", "d", 1)])
    numbers = kept(edges, edges.where("weight > 2"))
    assert (numbers.edges, numbers.tags) == (2, 3)
    assert numbers.edges_share == pytest.approx(2 / 3)
    assert (numbers.tags_share, numbers.weight_share) == (0.75, 0.9)


@pytest.mark.parametrize("name", BACKBONES)
def test_no_graph_has_no_backbone(spark: SparkSession, name: str) -> None:
    none = frame(spark, [])
    assert backbone(none, name) == set()
    numbers = kept(none, none)
    assert (numbers.edges, numbers.tags, numbers.edges_share) == (0, 0, None)


def test_a_sole_edge_says_nothing_of_its_ends(spark: SparkSession) -> None:
    # No vertex has a second edge to compare it with: no part is larger than chance.
    assert backbone(frame(spark, [("a", "b", 9)]), "disparity") == set()
    assert backbone(frame(spark, [("a", "b", 9)]), "mutual") == {("a", "b")}
