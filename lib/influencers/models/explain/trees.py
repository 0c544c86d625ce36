"""An ensemble of trees as arrays, in the driver's or a task's memory: to ask it again, and why.

Spark's ensembles answer rows of a table. Explanations ask the same few rows thousands of times with
one value changed, or want to know which splits led to an answer: both need the trees themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Trees:
    """The nodes of all trees, one after another.

    Attributes:
        roots: the first node of each tree.
        feature: the place of the vector that a node looks at; a leaf looks at place 0.
        threshold: rows with at most this value go left; a leaf's is infinite.
        left, right: the nodes that follow; a leaf follows itself.
        value: of a forest, the share of positives among the training rows of the node; of boosted
            trees, what the tree adds to the logarithm of the odds.
        depth: of the deepest leaf.
        boosted: whether the values of trees add up; else their mean counts.
    """

    roots: NDArray[np.int64]
    feature: NDArray[np.int64]
    threshold: Floats
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    value: Floats
    depth: int
    boosted: bool = False

    def votes(self, vectors: Floats) -> Floats:
        """The probability of the positive class, as Spark's ensemble gives it."""
        values = self.value[self._descend(vectors)]
        return np.asarray(expit(values.sum(1)) if self.boosted else values.mean(1))

    def contributions(self, vectors: Floats) -> Floats:
        """What each place of the vector adds: rows by places.

        Along the path of a row, each split moves the value from its node to the next; the move is
        the split feature's (Saabas, "Interpreting random forests", 2014). Together with the values
        of the roots they make the votes of a forest, and the logarithm of the odds of boosted
        trees.
        """
        moved = np.zeros(vectors.shape)
        rows = np.arange(len(vectors))
        for root in self.roots:
            at = np.full(len(vectors), root)
            for _ in range(self.depth):
                place = self.feature[at]
                after = self._next(at, vectors[rows, place])
                # A row meets one place a step, so that no sum is lost.
                moved[rows, place] += self.value[after] - self.value[at]
                at = after
        return np.asarray(moved if self.boosted else moved / len(self.roots))

    def _descend(self, vectors: Floats) -> NDArray[np.int64]:
        at = np.tile(self.roots, (len(vectors), 1))
        rows = np.arange(len(vectors))[:, None]
        for _ in range(self.depth):
            at = self._next(at, vectors[rows, self.feature[at]])
        return at

    def _next(self, at: NDArray[np.int64], values: Floats) -> NDArray[np.int64]:
        return np.where(values <= self.threshold[at], self.left[at], self.right[at])


def trees_of(nodes: pd.DataFrame, *, boosted: bool = False) -> Trees:
    """The trees of an ensemble's nodes.

    Args:
        nodes: as `ensemble.nodes` has them.
        boosted: whether they are of boosted trees, as `boosted.fit` makes them.
    """
    nodes = nodes.sort_values(["tree", "id"], ignore_index=True)
    start = nodes.groupby("tree")["id"].transform("size").groupby(nodes["tree"]).first()
    offset = nodes["tree"].map(start.cumsum() - start).to_numpy("int64")
    # Ids of a tree count from 0 in the order that they are kept in.
    here = offset + nodes["id"].to_numpy("int64")
    leaf = nodes["left"].to_numpy("int64") < 0
    left, right = (
        np.where(leaf, here, offset + nodes[side].to_numpy("int64")) for side in ("left", "right")
    )
    value = (
        nodes["prediction"]
        if boosted
        else nodes["stat_1"] / nodes[["stat_0", "stat_1"]].sum(axis=1)
    )
    return Trees(
        roots=np.unique(offset),
        feature=np.where(leaf, 0, nodes["feature"].to_numpy("int64")),
        threshold=np.where(leaf, np.inf, nodes["threshold"].to_numpy("float64")),
        left=left,
        right=right,
        value=value.to_numpy("float64"),
        depth=_depth(np.unique(offset), left, right, leaf),
        boosted=boosted,
    )


def _depth(
    roots: NDArray[np.int64],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    leaf: NDArray[np.bool_],
) -> int:
    depth, level = 0, roots
    while True:
        level = level[~leaf[level]]
        if not len(level):
            return depth
        level = np.concatenate((left[level], right[level]))
        depth += 1
