"""Louvain's modularity communities of a graph that fits the driver's memory.

V. A. Traag, L. Waltman, N. J. van Eck, "From Louvain to Leiden: guaranteeing well-connected
communities", Scientific Reports 9 (2019): Louvain with a refinement, so that no community falls
apart. The work is done by graspologic-native, in Rust.
"""

from __future__ import annotations

import graspologic_native
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array

Integers = NDArray[np.int64]

# Cycles of moving, refining and merging, each starting from the last one's communities.
_CYCLES = 2
# The best of up to ten runs; of large graphs one: runs then differ by less than they cost.
_MOST_RUNS, _EDGES_FOR_ONE_RUN = 10, 1_000_000


def communities_in_memory(edges: pd.DataFrame, loops: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """The community of each vertex: vertex, community, both int64; a community is any number.

    The order of rows plays no part.

    Args:
        edges: src, dst, weight; undirected, each once, no self loops.
        loops: id, loop: the weight inside a vertex that stands for several; only vertices that
            have some.
        seed: of what is left to chance.
    """
    ends = edges[["src", "dst"]].to_numpy(dtype=np.int64)
    inside = loops["id"].to_numpy(dtype=np.int64)
    ids, places = np.unique(np.concatenate([ends.ravel(), inside]), return_inverse=True)
    if len(ids) == 0:
        return pd.DataFrame({"vertex": ids, "community": ids})
    count = len(ids)
    # The library takes a weight from a vertex to itself for an edge to another. A leaf of that
    # weight says the same: it adds as much to the vertex' strength and to its community, and a
    # leaf always stays with its vertex.
    leaves = count + np.arange(len(inside))
    pairs = np.concatenate([
        places[: ends.size].reshape(-1, 2), np.stack([places[ends.size :], leaves], axis=1)
    ])  # fmt: skip
    weights = np.concatenate([edges["weight"].to_numpy(float), loops["loop"].to_numpy(float)])
    labels = _leiden(pairs, weights / weights.mean(), count + len(leaves), seed=seed)
    return pd.DataFrame({"vertex": ids, "community": labels[:count]})


def _leiden(pairs: Integers, weights: NDArray[np.float64], count: int, *, seed: int) -> Integers:
    rows, columns = np.concatenate([pairs, pairs[:, ::-1]]).T
    both = np.concatenate([weights, weights])
    graph = coo_array((both, (rows, columns)), shape=(count, count)).tocsr()
    graph.sort_indices()
    _, community_of = graspologic_native.leiden_csr(
        graph.indptr.astype(np.int64),
        graph.indices.astype(np.int32),
        graph.data,
        count,
        iterations=_CYCLES,
        trials=int(np.clip(_EDGES_FOR_ONE_RUN // len(pairs), 1, _MOST_RUNS)),
        seed=seed,
    )
    labels = np.empty(count, dtype=np.int64)
    labels[np.fromiter(community_of.keys(), np.int64, len(community_of))] = np.fromiter(
        community_of.values(), np.int64, len(community_of)
    )
    return labels
