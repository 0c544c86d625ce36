"""Which part of a graph is drawn."""

from __future__ import annotations

from pyspark.sql import SparkSession

from influencers.communities.excerpt import Excerpt, Tag, take_excerpt

EDGES = "src string, dst string, weight long"
COMMUNITIES = "hashtag string, community long"


def test_the_strongest_of_the_largest_with_the_edges_among_them(spark: SparkSession) -> None:
    edges = spark.createDataFrame(
        [("a", "b", 5), ("a", "c", 4), ("b", "c", 1), ("b", "d", 1), ("a", "x", 9), ("x", "y", 2),
         ("y", "z", 7), ("p", "q", 8)],
        EDGES,
    )  # fmt: skip
    numbers = {"a": 0, "b": 0, "c": 0, "d": 0, "x": 1, "y": 1, "z": 1, "p": 2, "q": 2}
    communities = spark.createDataFrame(list(numbers.items()), COMMUNITIES)
    found = take_excerpt(edges, communities, top_communities=2, top_tags=2)
    assert found == Excerpt(
        tags=(Tag("a", 0, 9), Tag("b", 0, 7), Tag("y", 1, 9), Tag("z", 1, 7)),
        links=((0, 1, 5), (2, 3, 7)),
        sizes=(4, 3),
    )


def test_ties_go_by_name_and_hashtags_without_inside_edges_come_last(spark: SparkSession) -> None:
    edges = spark.createDataFrame([("b", "c", 3), ("a", "x", 9)], EDGES)
    communities = spark.createDataFrame([("c", 0), ("b", 0), ("a", 0), ("x", 1)], COMMUNITIES)
    found = take_excerpt(edges, communities, top_communities=1, top_tags=9)
    assert [(tag.hashtag, tag.strength) for tag in found.tags] == [("b", 3), ("c", 3), ("a", 0)]


def test_order_and_partitions_do_not_matter(spark: SparkSession) -> None:
    rows = sorted({(f"t{n % 20:02}", f"t{20 + n * 7 % 20}", 1 + n % 5) for n in range(60)})
    tags = [(f"t{n:02}", n % 3) for n in range(40)]
    plain = take_excerpt(
        spark.createDataFrame(rows, EDGES), spark.createDataFrame(tags, COMMUNITIES),
        top_communities=2, top_tags=5,
    )  # fmt: skip
    turned = take_excerpt(
        spark.createDataFrame(rows[::-1], EDGES).repartition(7),
        spark.createDataFrame(tags[::-1], COMMUNITIES).repartition(1),
        top_communities=2, top_tags=5,
    )  # fmt: skip
    assert plain == turned
    assert len(plain.tags) == 10


def test_an_empty_graph_gives_an_empty_excerpt(spark: SparkSession) -> None:
    found = take_excerpt(
        spark.createDataFrame([], EDGES), spark.createDataFrame([], COMMUNITIES),
        top_communities=2, top_tags=2,
    )  # fmt: skip
    assert found == Excerpt((), (), ())
