"""Effect sizes with intervals that know that posts of one account resemble each other.

The effect on numbers is Cliff's delta: of a pair of one post from each group, how much more often
the first has the larger value than the second (1 always, 0 as often as not, -1 never). It asks for
no distribution, and ties count for neither. The effect on a yes or no is the odds ratio: a trait
of few posts differs by a small share at most, but may well be three times rarer.

Sixteen posts of one account are not sixteen witnesses, so that intervals come from leaving out one
bucket of accounts at a time (the delete-a-group jackknife: Kott, "The delete-a-group jackknife",
Journal of Official Statistics 17(4), 2001).

Of many intervals of 95 % some miss. Those of a table are therefore simultaneous (Bonferroni): in
95 of 100 tables all of them hold, whatever depends on what. Holm's and Benjamini and Hochberg's
procedures find somewhat more, but say nothing of what they do not reject: `no effect` is a claim
too, and has to be as safe as `higher`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

Floats = NDArray[np.float64]

# Below this many buckets with accounts the spread between them is a guess.
MIN_BUCKETS = 10
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Effect:
    """An effect, and the interval it lies in.

    Attributes:
        value: Cliff's delta (-1..1) or an odds ratio (above 0); NaN where a group is empty.
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
    return _bounded(_with_interval(value, without_each[speaking], buckets, comparisons))


def odds_ratio_between(
    first: NDArray[Any], second: NDArray[Any], *, comparisons: int = 1
) -> Effect:
    """The odds of a trait in one group, divided by those in another, with its interval.

    Half a post is added to each of the four cells (Haldane and Anscombe), so that a cell without
    posts has odds, too. The interval is that of the logarithm. There is none unless posts of each
    cell are found in at least `MIN_BUCKETS` buckets.

    Args:
        first: counts by bucket of accounts (rows), without and with the trait (two columns).
        second: the same of the other group.
        comparisons: as in `delta_between`.
    """
    cells = np.concatenate([first, second], axis=1).astype(np.float64)
    total = cells.sum(axis=0)
    if not (total[:2].sum() and total[2:].sum()):
        return UNDEFINED
    speaking = cells.sum(axis=1) > 0
    without_each = _log_odds_ratio(total - cells[speaking])
    buckets = int((cells > 0).sum(axis=0).min())
    effect = _with_interval(float(_log_odds_ratio(total)), without_each, buckets, comparisons)
    value, low, high = np.exp([effect.value, effect.low, effect.high]).tolist()
    return Effect(value, low, high, buckets)


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
    buckets = int(speaking.sum())
    return _bounded(_with_interval(value, without_each[speaking], buckets, comparisons))


def student_t(probability: float, degrees: int) -> float:
    """The quantile of Student's t.

    >>> round(student_t(0.975, 20), 3)
    2.086
    """
    return float(stdtrit(degrees, probability))


def _log_odds_ratio(cells: Floats) -> Floats:
    """Of the cells (first without, first with, second without, second with), last axis."""
    logs = np.log(cells + 0.5)
    return np.asarray(logs[..., 1] - logs[..., 0] - logs[..., 3] + logs[..., 2])


def _bounded(delta: Effect) -> Effect:
    """The effect with an interval that does not leave -1..1."""
    return replace(delta, low=max(delta.low, -1.0), high=min(delta.high, 1.0))


def _with_interval(value: float, without_each: Floats, buckets: int, comparisons: int) -> Effect:
    if buckets < MIN_BUCKETS or not np.isfinite(without_each).all():
        return Effect(value, math.nan, math.nan, buckets)
    groups = len(without_each)
    spread = float(((without_each - without_each.mean()) ** 2).sum())
    error = math.sqrt((groups - 1) / groups * spread)
    tail = (1 - CONFIDENCE) / (2 * comparisons)
    reach = student_t(1 - tail, buckets - 1) * error
    return Effect(value, value - reach, value + reach, buckets)
