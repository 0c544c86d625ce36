"""Weighted label propagation on the driver: the labels of the rounds of DataFrames."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from influencers.communities.labels_in_memory import labels_in_memory
from influencers.communities.weighted_label_propagation import weighted_label_propagation
from influencers.graph.hashing import xxhash64


def test_hashes_are_those_of_spark(spark: SparkSession) -> None:
    numbers = np.random.default_rng(1).integers(-(2**63), 2**63 - 1, 200)
    numbers[:4] = [0, -1, 2**63 - 1, -(2**63)]
    rows = spark.createDataFrame(pd.DataFrame({"number": numbers})).coalesce(1)
    salts = (0, 1, 7, 2**31 - 1)
    hashes = rows.select(*(F.xxhash64("number", F.lit(salt)) for salt in salts)).toPandas()
    for place, salt in enumerate(salts):
        assert (hashes.iloc[:, place].to_numpy() == xxhash64(numbers, salt)).all()


def edges_of(seed: int) -> pd.DataFrame:
    """A graph of several dense parts and some links between them, vertices named at random."""
    graph = nx.relaxed_caveman_graph(6, 7, 0.3, seed=seed)
    names = np.random.default_rng(seed).integers(-(2**63), 2**63 - 1, len(graph))
    pairs = [(names[a], names[b]) for a, b in graph.edges if a != b]
    weights = np.random.default_rng(seed + 1).integers(1, 4, len(pairs))
    return pd.DataFrame(pairs, columns=["src", "dst"]).assign(weight=weights)


@pytest.mark.parametrize(("seed", "rounds"), [(1, 1), (2, 3), (3, 20)])
def test_labels_are_those_of_frames(spark: SparkSession, seed: int, rounds: int) -> None:
    edges = edges_of(seed)
    found = {}
    for driver_edges in (0, len(edges)):
        with weighted_label_propagation(
            spark.createDataFrame(edges), max_iterations=rounds, tolerance=0.0,
            driver_edges=driver_edges,
        ) as labels:  # fmt: skip
            found[driver_edges] = sorted(map(tuple, labels.collect()))
    assert found[0] == found[len(edges)]
    shuffled = edges.sample(frac=1, random_state=seed).rename(columns={"src": "dst", "dst": "src"})
    again = labels_in_memory(shuffled, max_iterations=rounds, tolerance=0.0)
    assert sorted(again.itertuples(index=False, name=None)) == found[0]


def test_a_graph_without_edges_has_no_labels() -> None:
    none = pd.DataFrame({"src": [], "dst": [], "weight": []}, dtype=np.int64)
    assert labels_in_memory(none, max_iterations=5, tolerance=0.0).empty
