"""Weighted label propagation of a graph that fits the driver's memory.

Round for round what `weighted_label_propagation` does by DataFrames, with the same labels.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from influencers.graph.hashing import xxhash64

Integers = NDArray[np.int64]


def labels_in_memory(edges: pd.DataFrame, *, max_iterations: int, tolerance: float) -> pd.DataFrame:
    """The community of each vertex that has an edge: vertex, community, both int64.

    The order of rows plays no part.

    Args:
        edges: src, dst, weight; undirected, each once, no self loops.
        max_iterations: at most so many rounds.
        tolerance: it ends once at most this share of vertices would move.
    """
    ends = edges[["src", "dst"]].to_numpy(dtype=np.int64)
    ids, places = np.unique(ends.ravel(), return_inverse=True)
    pairs = places.reshape(-1, 2)
    itself = np.arange(len(ids))
    # Every edge from both ends, and an arrow of no weight from each vertex to itself.
    src = np.concatenate([pairs[:, 0], pairs[:, 1], itself])
    dst = np.concatenate([pairs[:, 1], pairs[:, 0], itself])
    weight = edges["weight"].to_numpy(dtype=np.int64)
    weights = np.concatenate([weight, weight, np.zeros(len(ids), dtype=np.int64)])
    labels = ids.copy()
    for number in range(max_iterations if len(ids) else 0):
        best, is_settled = _strongest(src, dst, weights, labels, number)
        moves = xxhash64(ids, number) & 1 == 0
        labels = np.where(moves, best, labels)
        if np.count_nonzero(~is_settled) <= tolerance * len(ids):
            break
    return pd.DataFrame({"vertex": ids, "community": labels})


def _strongest(
    src: Integers, dst: Integers, weights: Integers, labels: Integers, number: int
) -> tuple[Integers, NDArray[np.bool_]]:
    """The label with the most votes of each vertex, and whether it is its own already.

    Of labels with as many votes its own goes first, then the one with the largest hash.
    """
    seen = labels[dst]
    order = np.lexsort((seen, src))
    voters, names = src[order], seen[order]
    starts = np.flatnonzero(np.r_[True, (np.diff(voters) != 0) | (np.diff(names) != 0)])
    votes = np.add.reduceat(weights[order], starts)
    voters, names = voters[starts], names[starts]
    own = names == labels[voters]
    luck = xxhash64(names, number)
    ranked = np.lexsort((names, luck, own, votes, voters))
    lasts = np.flatnonzero(np.r_[np.diff(voters[ranked]) != 0, True])
    best = ranked[lasts]
    return names[best], own[best]
