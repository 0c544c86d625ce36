"""Label propagation on graphs whose communities are known."""

from __future__ import annotations

from collections import defaultdict

import pytest
from pyspark.sql import DataFrame, SparkSession

from influencers.communities.graph import numbered, vertices
from influencers.communities.label_propagation import label_propagation

Edge = tuple[str, str]


def ring_of_cliques(cliques: int, size: int) -> list[Edge]:
    names = [[f"c{c:02}n{n}" for n in range(size)] for c in range(cliques)]
    inside = [(own[a], own[b]) for own in names for b in range(size) for a in range(b)]
    return inside + [(names[c][0], names[(c + 1) % cliques][1]) for c in range(cliques)]


def frame(spark: SparkSession, edges: list[Edge]) -> DataFrame:
    return spark.createDataFrame([(*edge, 1) for edge in edges],
                                 "src string, dst string, weight long")  # fmt: skip


def groups(edges: DataFrame, rounds: int = 6) -> set[frozenset[str]]:
    found = defaultdict(set)
    names = {row["id"]: row["hashtag"] for row in vertices(edges).collect()}
    with label_propagation(numbered(edges), rounds=rounds) as labels:
        assert dict(labels.dtypes) == {"vertex": "bigint", "community": "bigint"}
        for row in labels.collect():
            found[row["community"]].add(names[row["vertex"]])
    return {frozenset(group) for group in found.values()}


def test_a_ring_of_cliques_falls_into_its_cliques(spark: SparkSession) -> None:
    found = groups(frame(spark, ring_of_cliques(30, 5)))
    assert found == {frozenset(f"c{c:02}n{n}" for n in range(5)) for c in range(30)}


def test_a_lone_edge_and_a_star_are_one_community_each(spark: SparkSession) -> None:
    star = [("hub", f"leaf{n}") for n in range(6)]
    found = groups(frame(spark, [("one", "other"), *star]))
    assert found == {
        frozenset({"one", "other"}),
        frozenset({name for edge in star for name in edge}),
    }


def test_labels_do_not_depend_on_order_direction_or_partitions(spark: SparkSession) -> None:
    # Sparse enough for many ties.
    edges = [(f"v{n}", f"v{(n * n + 3 * k + 1) % 60}") for n in range(60) for k in range(2)]
    simple = sorted({(min(e), max(e)) for e in edges if e[0] != e[1]})
    labels = []
    for given, partitions in (
        (simple, 1),
        (simple[::-1], 7),
        ([(b, a) for a, b in simple], 2),
    ):
        with label_propagation(
            numbered(frame(spark, given)).repartition(partitions), rounds=4
        ) as found:
            labels.append(sorted(map(tuple, found.collect())))
    assert labels[0] == labels[1] == labels[2]
    assert 1 < len({label for _, label in labels[0]}) < 60


def test_an_empty_graph_has_no_labels(spark: SparkSession) -> None:
    assert groups(frame(spark, []).where("src is not null")) == set()


def test_nothing_stays_cached(spark: SparkSession) -> None:
    def cached() -> set[int]:
        return set(spark.sparkContext._jsc.getPersistentRDDs().keySet())

    before = cached()
    with pytest.raises(RuntimeError), label_propagation(
        numbered(frame(spark, ring_of_cliques(3, 3))), rounds=1
    ) as labels:  # fmt: skip
        labels.collect()
        assert cached() - before
        raise RuntimeError
    assert not cached() - before
