"""How good a ranking is: exact metrics from counts per score.

Scores are whole numbers of bounded variety. Spark counts rows and positives per score, and only
these counts, at most about a million however many rows there are, come to the driver.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

PROBABILITY_UNIT = 1_000_000
TOP_DECILE = 0.1
HIGH_PRECISION = 0.8


@dataclass(frozen=True)
class ScoreCounts:
    """Rows and positives per distinct score, the highest score first."""

    scores: NDArray[np.int64]
    rows: NDArray[np.int64]
    positives: NDArray[np.int64]


def probability_score(probability: Column) -> Column:
    """A probability as whole millionths."""
    return F.round(probability * PROBABILITY_UNIT).cast("bigint")


def magnitude_score(value: Column) -> Column:
    """A number of any size as a whole score in the same order.

    Values that differ by less than one part in ten thousand, and those below a millionth, may
    share a score; null stays null.
    """
    size = F.log1p(F.abs(value) * 1e6) * 1e4
    return F.round(F.signum(value) * size).cast("bigint")


def count_scores(scored: DataFrame, names: Sequence[str]) -> dict[str, ScoreCounts]:
    """Count rows and positives per score, for several rankings in one pass.

    Args:
        scored: one row per example: `label` 1.0 or 0.0, and a bigint column per name. Rows
            without a label, and for a ranking those without a score, are not counted.
        names: the rankings.
    """
    rankings = F.array(
        *(
            F.struct(F.lit(name).alias("name"), F.col(name).cast("bigint").alias("score"))
            for name in names
        )
    )
    counted = (
        scored.where(F.col("label").isNotNull())
        .select("label", F.inline(rankings))
        .where(F.col("score").isNotNull())
        .groupBy("name", "score")
        .agg(
            F.count(F.lit(1)).alias("rows"),
            F.sum(F.col("label").cast("bigint")).alias("positives"),
        )
        .toPandas()
        .sort_values("score", ascending=False)
    )
    return {
        name: ScoreCounts(*(part[c].to_numpy("int64") for c in ("score", "rows", "positives")))
        for name, part in ((name, counted[counted["name"] == name]) for name in names)
    }


def ranking_metrics(counts: ScoreCounts) -> dict[str, float | int | None]:
    """All metrics that depend on the order of the rows alone; ties share a rank.

    - average_precision: the sum of (recall step x precision) over falling thresholds, without
      interpolation.
    - auc: the chance that a positive ranks above a negative, ties counting half.
    - precision_at_top_decile: that of the best-ranked tenth (rounded up) of the rows; where a tie
      crosses its edge, the mean over all ways to break it. lift_at_top_decile: over prevalence.
    - recall_at_precision_80: the highest recall of any threshold whose precision is .8 or more.

    Metrics that have no meaning, for want of rows, positives or negatives, are None.
    """
    rows, positives = int(counts.rows.sum()), int(counts.positives.sum())
    negatives = rows - positives
    metrics: dict[str, float | int | None] = {
        "rows": rows,
        "positives": positives,
        "prevalence": positives / rows if rows else None,
        "average_precision": None,
        "auc": None,
        "precision_at_top_decile": None,
        "lift_at_top_decile": None,
        "recall_at_precision_80": None,
    }
    if not positives:
        return metrics
    seen, found = counts.rows.cumsum(), counts.positives.cumsum()
    precision = found / seen
    reached = found[precision >= HIGH_PRECISION]
    top = _top_precision(counts, TOP_DECILE)
    metrics |= {
        "average_precision": float((counts.positives * precision).sum() / positives),
        "precision_at_top_decile": top,
        "lift_at_top_decile": top * rows / positives,
        "recall_at_precision_80": float(reached[-1] / positives) if len(reached) else 0.0,
    }
    if negatives:
        refused = (counts.rows - counts.positives).astype("float64")
        beaten_by = found - counts.positives / 2
        metrics["auc"] = float((refused * beaten_by).sum() / (positives * negatives))
    return metrics


def brier(counts: ScoreCounts, unit: int = PROBABILITY_UNIT) -> float | None:
    """The mean squared distance of probability and outcome; None without rows."""
    rows = int(counts.rows.sum())
    if not rows:
        return None
    p = counts.scores / unit
    squares = counts.positives * (1 - p) ** 2 + (counts.rows - counts.positives) * p**2
    return float(squares.sum() / rows)


def _top_precision(counts: ScoreCounts, share: float) -> float:
    size = ceil(round(share * int(counts.rows.sum()), 9))
    before = counts.rows.cumsum() - counts.rows
    taken = np.clip(size - before, 0, counts.rows)
    return float((taken * counts.positives / counts.rows).sum() / size)
