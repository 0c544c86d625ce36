"""The part of a hashtag graph that fits a figure: its largest communities' foremost hashtags."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F


@dataclass(frozen=True)
class Tag:
    """A hashtag to draw.

    Attributes:
        hashtag: its text.
        community: the number of its community.
        strength: the weight of its edges inside the community.
    """

    hashtag: str
    community: int
    strength: int


@dataclass(frozen=True)
class Excerpt:
    """What is drawn.

    Attributes:
        tags: by community, then strength from the strongest, then name.
        links: edges between them, as positions in `tags` and a weight, in that order.
        sizes: how many hashtags each community drawn has in the whole graph, by its number.
    """

    tags: tuple[Tag, ...]
    links: tuple[tuple[int, int, int], ...]
    sizes: tuple[int, ...]


def take_excerpt(
    edges: DataFrame, communities: DataFrame, *, top_communities: int, top_tags: int
) -> Excerpt:
    """The strongest hashtags of the largest communities, and the edges among them.

    At most `top_communities * top_tags` hashtags reach the driver, whatever the size of the graph.

    Args:
        edges: src, dst, weight.
        communities: hashtag, community, of one algorithm; numbered from the largest.
        top_communities: how many communities.
        top_tags: how many hashtags of each: those with the most edge weight inside it, ties by
            name.
    """
    drawn = communities.where(F.col("community") < top_communities)
    chosen = _strongest(edges, drawn, top_tags=top_tags)
    rows = chosen.orderBy("community", F.desc("strength"), "hashtag").collect()
    tags = tuple(Tag(row["hashtag"], row["community"], row["strength"]) for row in rows)
    at = {tag.hashtag: position for position, tag in enumerate(tags)}
    names = F.broadcast(chosen.select("hashtag"))
    among = edges.join(names.withColumnRenamed("hashtag", "src"), "src", how="left_semi").join(
        names.withColumnRenamed("hashtag", "dst"), "dst", how="left_semi"
    )
    links = [
        (at[row["src"]], at[row["dst"]], row["weight"])
        for row in among.select("src", "dst", "weight").collect()
    ]
    sizes = drawn.groupBy("community").count().orderBy("community").collect()
    return Excerpt(tags, tuple(sorted(links)), tuple(row["count"] for row in sizes))


def _strongest(edges: DataFrame, drawn: DataFrame, *, top_tags: int) -> DataFrame:
    """The foremost hashtags of each community: hashtag, community, strength."""
    src = drawn.select(F.col("hashtag").alias("src"), F.col("community").alias("a"))
    dst = drawn.select(F.col("hashtag").alias("dst"), F.col("community").alias("b"))
    strengths = (
        edges.join(src, "src", how="inner")
        .join(dst, "dst", how="inner")
        .where(F.col("a") == F.col("b"))
        .select("weight", F.explode(F.array("src", "dst")).alias("hashtag"))
        .groupBy("hashtag")
        .agg(F.sum("weight").alias("strength"))
    )
    order = Window.partitionBy("community").orderBy(F.desc("strength"), "hashtag")
    return (
        drawn.join(strengths, "hashtag", how="left")
        .select("hashtag", "community", F.coalesce("strength", F.lit(0)).alias("strength"))
        .withColumn("rank", F.row_number().over(order))
        .where(F.col("rank") <= top_tags)
        .select("hashtag", "community", "strength")
    )
