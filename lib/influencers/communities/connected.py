"""Communities that hang together: those that fall apart are split."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.graph.components import components


@contextmanager
def connected(
    edges: DataFrame, communities: DataFrame, *, driver_edges: int
) -> Iterator[DataFrame]:
    """Every part of a community that no edge inside it joins to the rest, as one of its own.

    Two vertices can share a label only because one between them handed it on and then took
    another.

    Args:
        edges: src, dst bigint; undirected, each once.
        communities: algorithm, vertex, community; for each algorithm, every end of an edge once.
        driver_edges: up to so many edges inside communities are joined in the driver's memory.

    Returns:
        algorithm, vertex; community, part: together they tell the communities of an algorithm
        apart.
    """
    # Algorithms are looked at together. Should two numbers ever be the same, a community may stay
    # unsplit, but none is ever joined to another: `part` only divides.
    own = communities.select("algorithm", "vertex", "community",
                       F.xxhash64("algorithm", "vertex").alias("key"))  # fmt: skip
    src = own.select("algorithm", F.col("vertex").alias("src"), "community",
                     F.col("key").alias("a"))  # fmt: skip
    dst = own.select("algorithm", F.col("vertex").alias("dst"), "community",
                     F.col("key").alias("b"))  # fmt: skip
    inside = (
        edges.select("src", "dst")
        .join(src, "src", how="inner")
        .join(dst, ["algorithm", "dst", "community"], how="inner")
        .select("a", "b")
    )
    with components(inside, driver_pairs=driver_edges) as joined:
        parts = joined.select(F.col("phash").alias("key"), F.col("component").alias("part"))
        yield own.join(parts, "key", how="left").select(
            "algorithm", "vertex", "community", F.coalesce("part", "key").alias("part")
        )
