"""Medians and quantiles of values that were counted."""

from __future__ import annotations

import math

import numpy as np

from influencers.features.account_posts import Floats, Whole


def twice_median(values: Whole, counts: Whole) -> int:
    """The sum of the two middle values: twice the median, a whole number.

    >>> twice_median(np.array([7, 1]), np.array([1, 3]))
    2

    Args:
        values: in any order.
        counts: of each, at least 1 in all.
    """
    order = np.argsort(values)
    ends = np.cumsum(counts[order])
    number = int(ends[-1])
    middle = np.searchsorted(ends, [(number - 1) // 2, number // 2], side="right")
    return int(values[order[middle]].sum())


def quantile(values: Floats, counts: Whole, share: float) -> float:
    """A quantile, linear between two values in a row, as numpy's.

    Args:
        values: rising.
        counts: of each, at least 1 in all.
        share: 0 to 1.
    """
    ends = np.cumsum(counts)
    place = (int(ends[-1]) - 1) * share
    lower = math.floor(place)
    low, high = values[np.searchsorted(ends, [lower, math.ceil(place)], side="right")].tolist()
    return float(low + (high - low) * (place - lower))
