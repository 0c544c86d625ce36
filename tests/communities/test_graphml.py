"""The graph for other programs, read back by one of them."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
from pyspark.sql import Row, SparkSession

from influencers.communities.graphml import graphml, heaviest

HOSTILE = ('<data key="x">', "a&b;", '"quoted" \'twice\'', "]]>", "café", "日本", "😀",
           "\u202eright to left", "tab\tand\nline", "x" * 5_000)  # fmt: skip


def edge(src: str, dst: str, weight: int = 500_000, accounts: int | None = 2) -> Row:
    return Row(src=src, dst=dst, posts=accounts, accounts=accounts, weight=weight)


def read_back(text: str, folder: Path) -> nx.Graph:
    path = folder / "graph.graphml"
    path.write_text(text, encoding="utf-8")
    return nx.read_graphml(path)


def test_any_hashtag_comes_back_as_it_was(tmp_path: Path) -> None:
    edges = [edge("centre", tag) for tag in HOSTILE]
    homes = [Row(hashtag=tag, community=n) for n, tag in enumerate(("centre", *HOSTILE))]
    graph = read_back(graphml(edges, homes), tmp_path)
    labels = {node: data["label"] for node, data in graph.nodes(data=True)}
    assert sorted(labels.values()) == sorted(("centre", *HOSTILE))
    assert {labels[b] for a, b in graph.edges if labels[a] == "centre"} | {
        labels[a] for a, b in graph.edges if labels[b] == "centre"
    } == set(HOSTILE)
    found = {data["label"]: data["community"] for _, data in graph.nodes(data=True)}
    assert found == {row["hashtag"]: row["community"] for row in homes}


def test_what_xml_cannot_hold_is_replaced_and_keeps_its_links(tmp_path: Path) -> None:
    homes = [Row(hashtag=tag, community=0) for tag in ("\x00", "\x1b[31m", "fine")]
    graph = read_back(graphml([edge("\x00", "fine"), edge("\x1b[31m", "fine")], homes), tmp_path)
    labels = sorted(data["label"] for _, data in graph.nodes(data=True))
    assert labels == ["fine", "\ufffd", "\ufffd[31m"]
    assert graph.number_of_edges() == 2


def test_counts_that_are_not_known_are_left_out(tmp_path: Path) -> None:
    homes = [Row(hashtag=tag, community=0) for tag in "abc"]
    text = graphml([edge("a", "b", accounts=None), edge("b", "c", 250_000, 7)], homes)
    graph = read_back(text, tmp_path)
    found = sorted((data["weight"], data.get("accounts")) for *_, data in graph.edges(data=True))
    assert found == [(0.25, 7), (0.5, None)]
    assert graphml([], []) and read_back(graphml([], []), tmp_path).number_of_nodes() == 0


def test_order_of_rows_does_not_change_the_text() -> None:
    edges = [edge("a", "b"), edge("b", "c"), edge("a", "c")]
    homes = [Row(hashtag=tag, community=0) for tag in "abc"]
    assert graphml(edges, homes) == graphml(edges[::-1], homes[::-1])


def test_the_heaviest_are_taken_ties_by_name(spark: SparkSession) -> None:
    edges = spark.createDataFrame(
        [("c", "d", 5), ("a", "b", 5), ("e", "f", 9), ("g", "h", 1)],
        "src string, dst string, weight long",
    )
    assert [row["src"] for row in heaviest(edges, most=2).collect()] == ["e", "a"]
