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


@dataclass(frozen=True)
class Foremost:
    """The foremost hashtags of the largest communities.

    Attributes:
        tags: as `Excerpt` has them.
        sizes: as `Excerpt` has them.
    """

    tags: tuple[Tag, ...]
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
    foremost = foremost_tags(edges, communities, top_communities=top_communities, top_tags=top_tags)
    at = {tag.hashtag: position for position, tag in enumerate(foremost.tags)}
    # Few names: as literals they cost no join.
    among = edges.where(F.col("src").isin(*at) & F.col("dst").isin(*at))
    links = [
        (at[row["src"]], at[row["dst"]], row["weight"])
        for row in among.select("src", "dst", "weight").collect()
    ]
    return Excerpt(foremost.tags, tuple(sorted(links)), foremost.sizes)


def foremost_tags(
    edges: DataFrame, communities: DataFrame, *, top_communities: int, top_tags: int
) -> Foremost:
    """The strongest hashtags of the largest communities; arguments as for `take_excerpt`."""
    drawn = communities.where(F.col("community") < top_communities)
    chosen = _strongest(edges, drawn, top_tags=top_tags)
    rows = chosen.orderBy("community", F.desc("strength"), "hashtag").collect()
    tags = tuple(Tag(row["hashtag"], row["community"], row["strength"]) for row in rows)
    sizes = {row["community"]: row["size"] for row in rows}
    return Foremost(tags, tuple(sizes.values()))


def _strongest(edges: DataFrame, drawn: DataFrame, *, top_tags: int) -> DataFrame:
    """The foremost hashtags of each community: hashtag, community, strength; the latter's size."""
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
    of_community = Window.partitionBy("community")
    order = of_community.orderBy(F.desc("strength"), "hashtag")
    return (
        drawn.join(strengths, "hashtag", how="left")
        .select("hashtag", "community", F.coalesce("strength", F.lit(0)).alias("strength"))
        .withColumn("rank", F.row_number().over(order))
        .withColumn("size", F.count("*").over(of_community))
        .where(F.col("rank") <= top_tags)
        .select("hashtag", "community", "strength", "size")
    )
