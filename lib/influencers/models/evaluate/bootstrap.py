"""How far a metric could be off: bootstrap intervals over accounts.

Posts of one account resemble each other, so accounts are drawn, not posts: groups of them (see
`row_sample.GROUPS`), with replacement, each with all its rows (the cluster bootstrap; Field and
Welsh, "Bootstrapping clustered data", JRSS B 69(3), 2007). The interval is between the 2.5th and
the 97.5th percentile of what the draws gave.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from influencers.measured.models import Interval
from influencers.models.evaluate.metrics import Floats, measures, squares
from influencers.models.evaluate.score_counts import GroupedCounts

DRAWS = 200

_LOW, _HIGH = 2.5, 97.5


def draws(groups: int, *, seed: int, times: int = DRAWS) -> NDArray[np.int64]:
    """How often each group is drawn: a row a draw. The same groups, the same draws."""
    if groups == 0:
        return np.zeros((times, 0), "int64")
    random = np.random.default_rng(seed)
    return random.multinomial(groups, np.full(groups, 1 / groups), size=times)


def resampled(counts: GroupedCounts, *, seed: int) -> tuple[Floats, Floats]:
    """Rows and positives by draw and score."""
    drawn = draws(counts.rows.shape[1], seed=seed).astype("float64")
    # Products of doubles are many times as fast as of integers, and exact for counts below 2^53.
    rows, positives = (
        drawn @ matrix.T.astype("float64") for matrix in (counts.rows, counts.positives)
    )
    return rows, positives


def interval(values: Floats) -> Interval | None:
    """Low and high; None where too many draws had no value."""
    known = values[np.isfinite(values)]
    if len(known) < 0.9 * len(values) or not len(known):
        return None
    low, high = np.percentile(known, [_LOW, _HIGH])
    return float(low), float(high)


def interval_of(values: Floats, *, groups: int, least: int) -> Interval | None:
    """The interval, where enough groups of accounts speak.

    Args:
        values: one for each draw.
        groups: of accounts that were drawn from.
        least: with fewer groups the spread between them is a guess, and there is no interval.
    """
    return None if groups < least else interval(values)


def metric_draws(
    counts: GroupedCounts, *, seed: int, probability: Floats | None = None
) -> dict[str, Floats]:
    """Every metric of a ranking in every draw; `brier` too where scores stand for probabilities."""
    rows, positives = resampled(counts, seed=seed)
    metrics = measures(rows, positives)
    if probability is not None:
        with np.errstate(invalid="ignore", divide="ignore"):
            metrics["brier"] = squares(rows, positives, probability).sum(-1) / rows.sum(-1)
    return metrics
