"""How good a ranking is: metrics from counts per score.

Scores are whole numbers. What Spark counts of them (see `score_counts`) is small however many rows
there are, and exact metrics are made of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import Column
from pyspark.sql import functions as F
from scipy.special import digamma

from influencers.measured.models import Ranked

Floats = NDArray[np.float64]

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


def measures(rows: NDArray[Any], positives: NDArray[Any]) -> dict[str, Floats]:
    """All metrics that depend on the order of the rows alone; ties share a rank.

    - average_precision: see the function of that name.
    - auc: the chance that a positive ranks above a negative, ties counting half.
    - precision_at_top_decile: that of the best-ranked tenth (rounded up) of the rows; where a tie
      crosses its edge, the mean over all ways to break it. lift_at_top_decile: over prevalence.
    - recall_at_precision_80: the highest recall of any threshold whose precision is .8 or more.
    - prevalence: the share of positives.
    - random_average_precision: the mean average precision over all orders of the rows. It is the
      prevalence and a term of about ln(n)/n, which is not small for hundreds of rows.

    Args:
        rows: by score, the highest first, along the last axis; further axes are done one by one.
        positives: those among them.

    Returns:
        By name; NaN where a metric has no meaning, for want of rows, positives or negatives.
    """
    seen, hits_so_far = rows.cumsum(-1), positives.cumsum(-1)
    total, hits = _last(seen), _last(hits_so_far)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = hits_so_far / seen
        prevalence = hits / total
        recall = np.where(precision >= HIGH_PRECISION, hits_so_far, 0).max(-1, initial=0) / hits
        beaten = (rows - positives).astype("float64") * (hits_so_far - positives / 2)
        auc = beaten.sum(-1) / (hits * (total - hits))
        top = _top_precision(rows, positives, seen)
        return {
            "prevalence": prevalence,
            "random_average_precision": _random_average_precision(total, hits),
            "average_precision": average_precision(rows, positives),
            "auc": auc,
            "precision_at_top_decile": np.where(hits > 0, top, np.nan),
            "lift_at_top_decile": np.where(hits > 0, top / prevalence, np.nan),
            "recall_at_precision_80": recall,
        }


def average_precision(rows: NDArray[Any], positives: NDArray[Any]) -> Floats:
    """The sum of (recall step x precision) over falling thresholds, without interpolation.

    Args:
        rows: as for `measures`; or the sum of the rows' weights.
        positives: as for `measures`; or the sum of their weights.

    Returns:
        One for each line of the further axes; NaN without positives.
    """
    seen, hits = rows.cumsum(-1), positives.cumsum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        # Before the first row there is no precision, and nothing to weigh with it.
        weighed = np.where(positives > 0, positives * (hits / seen), 0.0)
        return np.asarray(weighed.sum(-1) / _last(hits))


def ranking_metrics(counts: ScoreCounts) -> Ranked:
    """The `measures` of one ranking; None where one has no meaning."""
    measured = measures(counts.rows, counts.positives)
    return Ranked(
        rows=int(counts.rows.sum()),
        positives=int(counts.positives.sum()),
        **{name: float(value) if np.isfinite(value) else None for name, value in measured.items()},
    )


def brier(
    counts: ScoreCounts, probability: Floats | None = None, unit: int = PROBABILITY_UNIT
) -> float | None:
    """The mean squared distance of probability and outcome; None without rows.

    Args:
        counts: of the rows.
        probability: what each score stands for; None: itself, in parts of `unit`.
        unit: of a score.
    """
    rows = int(counts.rows.sum())
    if not rows:
        return None
    p = counts.scores / unit if probability is None else probability
    return float(squares(counts.rows, counts.positives, p).sum() / rows)


def squares(rows: NDArray[Any], positives: NDArray[Any], p: Floats) -> Floats:
    """The squared distances of a probability and the outcomes, summed by score."""
    return np.asarray(positives * (1 - p) ** 2 + (rows - positives) * p**2)


def _random_average_precision(total: NDArray[Any], hits: NDArray[Any]) -> Floats:
    """The expected average precision of a random order of `total` rows with `hits` positives.

    The row at rank k is positive in a share P/n of the orders, and then 1 + (k-1)(P-1)/(n-1) of the
    first k are: summed over k, with the harmonic number for the sum of 1/k.
    """
    n, positives = np.asarray(total, "float64"), np.asarray(hits, "float64")
    harmonic = digamma(n + 1) + np.euler_gamma
    others = np.where(n > 1, (positives - 1) / (n - 1), 0.0)
    expected = (harmonic + others * (n - harmonic)) / n
    return np.asarray(np.where(positives > 0, expected, np.nan))


def _last(sums: NDArray[Any]) -> NDArray[Any]:
    return sums[..., -1] if sums.shape[-1] else np.zeros(sums.shape[:-1], "int64")


def _top_precision(rows: NDArray[Any], positives: NDArray[Any], seen: NDArray[Any]) -> Floats:
    size = np.ceil(np.round(TOP_DECILE * _last(seen), 9))
    taken = np.clip(size[..., None] - (seen - rows), 0, rows)
    rate = np.where(rows > 0, positives / np.maximum(rows, 1), 0.0)
    return np.asarray((taken * rate).sum(-1) / size)
