"""A graph as the algorithms take it: vertices with a number each, edges by name."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F


def tag_id(hashtag: Column) -> Column:
    """The number of a hashtag: a 64-bit hash of its text.

    It depends on nothing but the text, so it needs no pass over the others, and is the same in
    every run, order and partitioning. Where an algorithm breaks ties by vertex number, the order
    is therefore fixed, and favours neither early nor frequent hashtags.
    """
    return F.xxhash64(hashtag)


def sole_tag(hashtag: Column) -> Column:
    """An aggregate: the one hashtag of a group that shares a number.

    Fails the query, naming both, when two hashtags share a number: their edges would be mixed up.
    The chance is one in 37 million for a million hashtags.
    """
    clash = F.concat(
        F.lit("two hashtags share one 64-bit number: "), F.min(hashtag), F.lit(", "), F.max(hashtag)
    )
    return F.when(F.min(hashtag) == F.max(hashtag), F.min(hashtag)).otherwise(F.raise_error(clash))


def vertices(edges: DataFrame) -> DataFrame:
    """The hashtags that have an edge: id bigint, hashtag string; a row is a hashtag.

    Args:
        edges: src and dst, hashtags.
    """
    ends = edges.select(F.explode(F.array("src", "dst")).alias("hashtag"))
    return ends.groupBy(tag_id(F.col("hashtag")).alias("id")).agg(
        sole_tag(F.col("hashtag")).alias("hashtag")
    )
