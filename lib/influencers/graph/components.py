"""Which hashes hang together through near pairs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components as scipy_components

_SCHEMA = "phash bigint, component bigint"


@contextmanager
def components(near: DataFrame, *, driver_pairs: int) -> Iterator[DataFrame]:
    """The component of each hash that has a near one: `phash`, `component`.

    A component is named by its smallest hash. Found with GraphFrames; up to `driver_pairs` pairs
    it is quicker done in the driver's memory, 16 bytes a pair.

    Args:
        near: `a`, `b`: hashes; rows of a hash with itself do not count.
        driver_pairs: 0: always with GraphFrames.
    """
    edges = near.where(F.col("a") != F.col("b")).select("a", "b")
    few = edges.limit(driver_pairs + 1).count() <= driver_pairs if driver_pairs else False
    if few:
        yield near.sparkSession.createDataFrame(_in_memory(edges.toPandas()), _SCHEMA)
        return
    from graphframes import GraphFrame

    arrows = edges.select(F.col("a").alias("src"), F.col("b").alias("dst"))
    vertices = edges.select(F.explode(F.array("a", "b")).alias("id")).distinct()
    labelled = GraphFrame(vertices, arrows).connectedComponents()
    try:
        smallest = labelled.groupBy("component").agg(F.min("id").alias("smallest"))
        yield labelled.join(smallest, on="component", how="inner").select(
            F.col("id").alias("phash"), F.col("smallest").alias("component")
        )
    finally:
        labelled.unpersist()


def _in_memory(edges: pd.DataFrame) -> pd.DataFrame:
    ends = edges[["a", "b"]].to_numpy(dtype=np.int64)
    hashes, places = np.unique(ends, return_inverse=True)
    places = places.reshape(-1, 2)
    ones = np.ones(len(places), dtype=np.int8)
    graph = coo_array((ones, (places[:, 0], places[:, 1])), shape=(len(hashes), len(hashes)))
    _, labels = scipy_components(graph, directed=False)
    smallest = np.full(labels.max(initial=-1) + 1, np.iinfo(np.int64).max)
    np.minimum.at(smallest, labels, hashes)
    return pd.DataFrame({"phash": hashes, "component": smallest[labels]})
