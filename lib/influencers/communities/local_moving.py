"""One level of Louvain: vertices move between communities until modularity no longer rises."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.communities.graph import (
    BROADCAST_VERTICES,
    beside_edges,
    both_ways,
    tasks_for,
)
from influencers.communities.weighted_label_propagation import arrows_of, may_move
from influencers.run.lineage import cut, release

_MOST_ROUNDS = 40
# A level ends when so few vertices would move, or modularity has not risen for so many rounds.
_SETTLED_SHARE = 0.001
_SMALLEST_GAIN = 1e-4
_PATIENCE = 4


@dataclass(frozen=True)
class _State:
    """Communities, and the modularity of those that they came from.

    Attributes:
        labels: id, community, strength, and more.
        before: the modularity before the last round.
        unsettled: how many vertices would have liked to move in it.
    """

    labels: DataFrame
    before: float
    unsettled: int


def settle(
    edges: DataFrame, loops: DataFrame, *, level: int, start: DataFrame | None = None
) -> DataFrame:
    """The communities that vertices settle in: id, community and more; to be released.

    In each round, half of the vertices, chosen by a hash, may move to the neighbouring community
    that raises modularity most: where all move at once, neighbours swap places for ever. As moves
    at once can still get in each other's way, the best of all rounds is taken.

    Args:
        edges: src, dst, weight; each once, no self loops.
        loops: id, loop: the weight inside a vertex; only where there is some.
        level: tells the hashes of one level from those of another.
        start: vertex, community: where vertices are at first, and never worse than that in the
            end; None: each is alone.
    """
    arrows = _arrows(edges, loops).persist()
    alone = arrows.where(F.col("src") == F.col("dst")).select(
        F.col("src").alias("id"), F.col("src").alias("community"), "strength"
    )
    labels = cut(alone if start is None else _started(alone, start))
    best, highest, calm = labels, -1.0, 0
    try:
        count = labels.count()
        inside = _total(loops, "loop")
        twice = 2 * (_total(edges, "weight") + inside)
        for number in range(_MOST_ROUNDS):
            state = _round(arrows, labels, (level, number), twice=twice, inside=inside,
                           few=count <= BROADCAST_VERTICES)  # fmt: skip
            calm = 0 if state.before > highest + _SMALLEST_GAIN else calm + 1
            if state.before > highest:
                if best is not labels:
                    release(best)
                best, highest = labels, state.before
            elif labels is not best:
                release(labels)
            labels = state.labels
            if state.unsettled <= _SETTLED_SHARE * count or calm >= _PATIENCE:
                break
        return best
    finally:
        arrows.unpersist()
        if labels is not best:
            release(labels)


def _started(alone: DataFrame, start: DataFrame) -> DataFrame:
    own = start.select(F.col("vertex").alias("id"), "community")
    return (
        alone.drop("community").join(own, "id", how="inner").select("id", "community", "strength")
    )


def _arrows(edges: DataFrame, loops: DataFrame) -> DataFrame:
    """As `arrows_of`, with the strength of the vertex that each starts from."""
    tasks = tasks_for(edges)
    strengths = _strengths(edges, loops)
    return arrows_of(edges).join(strengths, "src", how="inner").repartition(tasks, "src")


def _strengths(edges: DataFrame, loops: DataFrame) -> DataFrame:
    """The weight of all ends of edges at a vertex: src, strength."""
    twice = loops.select(F.col("id").alias("src"), (2 * F.col("loop")).alias("weight"))
    ends = both_ways(edges).select("src", "weight").unionByName(twice)
    return ends.groupBy("src").agg(F.sum("weight").alias("strength"))


def _round(
    arrows: DataFrame,
    labels: DataFrame,
    salts: tuple[int, int],
    *,
    twice: int,
    inside: int,
    few: bool,
) -> _State:
    """A round of moves, from arrows and labels; `twice` is twice the weight of all edges."""
    totals = labels.groupBy("community").agg(F.sum("strength").alias("total"))
    seen = labels.select(F.col("id").alias("dst"), "community")
    ties = (
        arrows.join(beside_edges(seen, few=few), "dst", how="inner")
        .groupBy("src", "strength", "community")
        .agg(F.sum("weight").alias("weight"), F.max(F.col("src") == F.col("dst")).alias("own"))
    )
    # Single sums of whole numbers, and no sums of fractions: the same in any partitioning.
    others = F.col("total") - F.when(F.col("own"), F.col("strength")).otherwise(0)
    gain = F.col("weight") - F.col("strength") * (others / F.lit(float(twice)))
    best = F.max(F.struct(gain.alias("gain"), "own", "community")).alias("best")
    chosen = (
        ties.join(beside_edges(totals, few=few), "community", how="inner")
        .groupBy("src", "strength")
        .agg(best, F.max(F.when(F.col("own"), F.struct("community", "weight"))).alias("held"))
    )
    moves = may_move(F.col("src"), *salts)
    moved = cut(
        chosen.select(
            F.col("src").alias("id"),
            F.when(moves, F.col("best.community"))
            .otherwise(F.col("held.community"))
            .alias("community"),
            "strength",
            (~F.col("best.own")).alias("unsettled"),
            F.col("held.weight").alias("inside"),
        )
    )
    # Both ends of an edge count it.
    counts = moved.agg(
        F.count_if("unsettled").alias("unsettled"), F.sum("inside").alias("inside")
    ).head()
    assert counts is not None
    within = (int(counts["inside"]) + 2 * inside) / twice
    before = within - _squares(totals, "total") / twice**2
    return _State(moved, before, int(counts["unsettled"]))


def modularity_apart(edges: DataFrame, loops: DataFrame) -> float:
    """The modularity where each vertex is a community of its own; there is an edge or a loop.

    Args:
        edges: src, dst, weight; each once, no self loops.
        loops: id, loop: the weight inside a vertex; only where there is some.
    """
    inside = _total(loops, "loop")
    twice = 2 * (_total(edges, "weight") + inside)
    return 2 * inside / twice - _squares(_strengths(edges, loops), "strength") / twice**2


def _squares(frame: DataFrame, column: str) -> float:
    """The sum of squares of whole numbers, as decimals: the same in any order."""
    wide = F.col(column).cast("decimal(19,0)")
    sums = frame.agg(F.sum(wide * wide)).head()
    assert sums is not None
    return float(sums[0])


def _total(frame: DataFrame, column: str) -> int:
    sums = frame.agg(F.sum(column)).head()
    assert sums is not None
    return int(sums[0] or 0)
