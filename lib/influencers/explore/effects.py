"""Effect sizes with intervals that know that posts of one account resemble each other.

The effect is Cliff's delta: of a pair of one post from each group, how much more often the first
has the larger value than the second (1 always, 0 as often as not, -1 never). It asks for no
distribution, and ties count for neither. Sixteen posts of one account are not sixteen witnesses,
so that intervals come from leaving out one bucket of accounts at a time (the delete-a-group
jackknife: Kott, "The delete-a-group jackknife", Journal of Official Statistics 17(4), 2001).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Below this many buckets with accounts the spread between them is a guess.
MIN_BUCKETS = 10
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Effect:
    """An effect in -1..1, and the interval it lies in.

    Attributes:
        value: NaN where one of the groups is empty.
        low, high: NaN where too few buckets of accounts speak.
        buckets: how many do.
    """

    value: float
    low: float
    high: float
    buckets: int


# Of values that are all the same, or of a group that is empty.
UNDEFINED = Effect(math.nan, math.nan, math.nan, 0)


def cliffs_delta(first: NDArray[Any], second: NDArray[Any]) -> Floats:
    """Cliff's delta between two histograms over the same rising values.

    Args:
        first: counts, the values along the last axis; further axes are done one by one.
        second: the same of the other group.

    Returns:
        P(first > second) - P(first < second); NaN where a group is empty.
    """
    first, second = first.astype(np.float64), second.astype(np.float64)
    below = np.cumsum(second, axis=-1) - second
    total = second.sum(axis=-1, keepdims=True)
    above = total - below - second
    pairs = first.sum(axis=-1) * total[..., 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((first * (below - above)).sum(axis=-1) / pairs, dtype=np.float64)


def delta_between(first: NDArray[Any], second: NDArray[Any], *, comparisons: int = 1) -> Effect:
    """Cliff's delta between two groups of posts, with its interval.

    Args:
        first: counts by bucket of accounts (rows) and rising value (columns).
        second: the same of the other group.
        comparisons: how many intervals are to hold together (Bonferroni).
    """
    all_first, all_second = first.sum(axis=0), second.sum(axis=0)
    value = float(cliffs_delta(all_first, all_second))
    without_each = cliffs_delta(all_first - first, all_second - second)
    speaking = (first.sum(axis=1) + second.sum(axis=1)) > 0
    # A group that lives in a few buckets is known no better than these few allow.
    buckets = min(int((group.sum(axis=1) > 0).sum()) for group in (first, second))
    return _with_interval(value, without_each[speaking], buckets, comparisons)


def delta_within(wins: NDArray[Any], weights: NDArray[Any], *, comparisons: int = 1) -> Effect:
    """Cliff's delta within accounts, averaged over accounts, with its interval.

    Args:
        wins: by bucket of accounts, the sum of (pairs won - pairs lost) / posts of the account.
        weights: the sum of pairs / posts, over the same accounts.
        comparisons: as in `delta_between`.
    """
    wins, weights = wins.astype(np.float64), weights.astype(np.float64)
    speaking = weights > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        value = float(wins.sum() / weights.sum())
        without_each = (wins.sum() - wins) / (weights.sum() - weights)
    return _with_interval(value, without_each[speaking], int(speaking.sum()), comparisons)


def student_t(probability: float, degrees: int) -> float:
    """The quantile of Student's t (Abramowitz and Stegun 26.7.5), good to .1 % from 9 degrees on.

    >>> round(student_t(0.975, 20), 3)
    2.086
    """
    z = NormalDist().inv_cdf(probability)
    return (
        z
        + (z**3 + z) / (4 * degrees)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * degrees**3)
    )


def _with_interval(value: float, without_each: Floats, buckets: int, comparisons: int) -> Effect:
    if buckets < MIN_BUCKETS or not np.isfinite(without_each).all():
        return Effect(value, math.nan, math.nan, buckets)
    groups = len(without_each)
    spread = float(((without_each - without_each.mean()) ** 2).sum())
    error = math.sqrt((groups - 1) / groups * spread)
    tail = (1 - CONFIDENCE) / (2 * comparisons)
    reach = student_t(1 - tail, buckets - 1) * error
    return Effect(value, max(value - reach, -1.0), min(value + reach, 1.0), buckets)
