"""How good the communities are where they are known: real graphs, LFR graphs, the sample, posts."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession

from influencers.communities.stability import adjusted_mutual_information
from influencers.communities.tables import COMMUNITIES
from influencers.config import ALGORITHMS, load
from influencers.storage.store import Store
from influencers.synthetic import generate
from jobs import communities, ingest
from test_algorithms import BEST, frame, groups, modularity, real, rows_of

pytestmark = pytest.mark.long


@pytest.mark.parametrize("name", sorted(BEST))
def test_louvain_by_dataframes_reaches_the_best_known(
    spark: SparkSession, shared_data: Path, name: str
) -> None:
    graph = real(shared_data, name)
    found = groups(rows_of(frame(spark, graph), ["louvain"], driver_edges=0))["louvain"]
    assert modularity(graph, found) >= 0.99 * BEST[name]
    named = nx.relabel_nodes(graph, {node: f"v{node}" for node in graph})
    assert all(nx.is_connected(named.subgraph(own)) for own in found)


def test_louvain_handed_over_to_the_driver(spark: SparkSession, shared_data: Path) -> None:
    graph = real(shared_data, "karate")
    found = groups(rows_of(frame(spark, graph), ["louvain"], driver_edges=40))["louvain"]
    assert modularity(graph, found) >= 0.99 * BEST["karate"]


def test_the_same_numbers_in_200_partitions(spark: SparkSession, shared_data: Path) -> None:
    edges = frame(spark, real(shared_data, "karate"))
    assert rows_of(edges.repartition(200)) == rows_of(edges.repartition(1))


def test_a_ring_of_cliques_falls_into_its_cliques(spark: SparkSession) -> None:
    graph = nx.ring_of_cliques(30, 5)
    truth = {frozenset(f"v{5 * n + k}" for k in range(5)) for n in range(30)}
    found = groups(rows_of(frame(spark, graph), ["label_propagation"]))
    assert found["label_propagation"] == truth


def test_common_neighbours_as_weights_of_karate(spark: SparkSession, shared_data: Path) -> None:
    graph = real(shared_data, "karate")
    for a, b, data in graph.edges(data=True):
        data["weight"] = 1 + len(list(nx.common_neighbors(graph, a, b)))
    found = groups(rows_of(frame(spark, graph), ["weighted_label_propagation"]))
    named = nx.relabel_nodes(graph, {node: f"v{node}" for node in graph})
    assert nx.community.modularity(named, found["weighted_label_propagation"]) >= 0.40


def counted(truth: dict[str, Any], found: dict[str, Any]) -> pd.DataFrame:
    both = Counter((truth[name], found[name]) for name in found)
    return pd.DataFrame(
        [(str(a), str(b), count) for (a, b), count in both.items()],
        columns=["community", "other", "tags"],
    )


def normalised_mutual_information(counts: pd.DataFrame) -> float:
    joint = counts.pivot_table(
        index="community", columns="other", values="tags", fill_value=0
    ).to_numpy(float)
    joint /= joint.sum()
    rows, columns = joint.sum(axis=1), joint.sum(axis=0)
    some = joint > 0
    mutual = float((joint[some] * np.log((joint / np.outer(rows, columns))[some])).sum())
    return -2 * mutual / float((rows * np.log(rows)).sum() + (columns * np.log(columns)).sum())


@pytest.mark.parametrize(
    ("asked", "realised", "louvain", "labels"), [(0.2, 0.35, 0.99, 0.97), (0.3, 0.46, 0.99, 0.97)]
)
def test_lfr_graphs_are_found_again(
    spark: SparkSession, asked: float, realised: float, louvain: float, labels: float
) -> None:
    graph = nx.LFR_benchmark_graph(
        1000, 3, 1.5, asked, average_degree=20, max_degree=50, min_community=20,
        max_community=100, seed=7,
    )  # fmt: skip
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    truth = {f"v{node}": min(graph.nodes[node]["community"]) for node in graph}
    mixed = sum(truth[f"v{a}"] != truth[f"v{b}"] for a, b in graph.edges)
    assert mixed / graph.number_of_edges() == pytest.approx(realised, abs=0.06)
    rows = rows_of(frame(spark, graph))
    measured = {
        name: normalised_mutual_information(
            counted(truth, {tag: own for way, tag, own in rows if way == name})
        )
        for name in ALGORITHMS
    }
    assert measured["louvain"] >= louvain
    assert min(measured.values()) >= labels


def test_planted_communities_are_found_again(spark: SparkSession, tmp_path: Path) -> None:
    config = load(None, [f"paths.output={tmp_path}/out", "generate.images=0"])
    generate(tmp_path / "sample", config.generate)
    settings = [f"paths.output={tmp_path}/out", f'paths.input=["{tmp_path}/sample/posts.csv"]']
    ingest.run(spark, load(None, settings))
    numbers = communities.run(spark, load(None, settings)).communities
    with (tmp_path / "sample" / "truth" / "hashtags.csv").open(newline="") as lines:
        truth = {row["hashtag"]: row["community"] for row in csv.DictReader(lines)}
    written = Store(spark, config).read(COMMUNITIES)
    for row_name in ALGORITHMS:
        found = {
            row.hashtag: row.community
            for row in written.where(f"algorithm = '{row_name}'").collect()
            if truth.get(row.hashtag)
        }
        assert len(found) > 400
        assert adjusted_mutual_information(counted(truth, found)) >= 0.95, row_name
    assert sum(one.chosen for one in numbers.values()) == 1


def test_real_posts(spark: SparkSession, shared_data: Path, tmp_path: Path) -> None:
    """With a support of two accounts, positive NPMI and every link."""
    source = shared_data / "posts" / "posts.csv"
    settings = [f"paths.output={tmp_path}/out", f'paths.input=["{source}"]']
    ingest.run(spark, load(None, settings))
    config = load(None, [*settings, "communities.backbone=none"])
    numbers = communities.run(spark, config).communities
    assert numbers["louvain"].modularity >= 0.83
    assert numbers["weighted_label_propagation"].modularity >= 0.77
    assert all(one.largest_share <= 0.30 for one in numbers.values())
