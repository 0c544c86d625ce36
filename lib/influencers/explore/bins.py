"""Values as log-scaled bins and as four significant digits.

Both bound what leaves a task: a figure's table has as many rows as bins, however many posts there
are, and a quantile keeps at most 9,000 different values a decade. A quantile sketch would be
smaller still, but its answer depends on how rows lie in partitions.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.arrays import IntegerArray

Floats = npt.NDArray[np.float64]  # NaN: unknown

Ints = npt.NDArray[np.int64]

_DIGITS = 4
_NUMBERS = 10**_DIGITS
_ZERO = -(10**8)
_POWERS = np.array([float(f"1e{n}") for n in range(330)])
_LARGEST = 2**63 - 1  # of a bigint


def log_bin(values: Floats, per_decade: int) -> Floats:
    """The number of the bin that holds each value: bin 0 begins at 1, bin `per_decade` at 10.

    NaN where the value is unknown, 0 or negative: these have no place on a log axis.

    >>> log_bin(np.array([1.0, 9.0, 10.0, 0.0]), 1).tolist()
    [0.0, 0.0, 1.0, nan]
    """
    logs = np.log10(values, where=values > 0, out=np.full(len(values), np.nan))
    bins: Floats = np.floor(logs * per_decade)
    return bins


def edges(bins: Floats, per_decade: int) -> Floats:
    """Where each log bin begins; NaN stays NaN."""
    return np.array([math.pow(10.0, one / per_decade) for one in bins.tolist()])


def whole_edges(bins: Floats, per_decade: int) -> IntegerArray:
    """The first whole number of each log bin, so that between 1 and 2 no gap stays empty.

    That of the next bin follows from the next number. Null for NaN; the largest bigint is the most.

    >>> whole_edges(np.array([0.0, 1.0, 2.0, 8.0]), 8).tolist()
    [1, 2, 2, 10]
    """
    starts = np.ceil(edges(bins, per_decade)).tolist()
    whole = [None if one != one else min(int(one), _LARGEST) for one in starts]
    return pd.array(whole, dtype=pd.Int64Dtype())


def rounded_code(values: Floats) -> Ints:
    """A whole number for each value, never negative, as four significant digits, halves up.

    Larger values have larger numbers. `rounded_value` gives the value.

    >>> rounded_value(rounded_code(np.array([0.0, 12345.0, 0.0123449]))).tolist()
    [0.0, 12350.0, 0.01234]
    """
    zero = values <= 0
    some = np.where(zero, 1.0, values)
    magnitude = np.floor(np.log10(some)).astype(np.int64) - (_DIGITS - 1)
    # For magnitudes below 1 dividing by the power of ten is exact where multiplying is not.
    power = _POWERS[np.abs(magnitude)]
    digits = np.floor(np.where(magnitude < 0, some * power, some / power) + 0.5).astype(np.int64)
    # 9,999.5 is rounded up to the next magnitude.
    over = digits == _NUMBERS
    code = (magnitude + over) * _NUMBERS + np.where(over, _NUMBERS // 10, digits)
    return np.where(zero, _ZERO, code)


def rounded_value(codes: Ints) -> Floats:
    """The values that `rounded_code` has given these numbers."""
    magnitude, digits = np.divmod(codes, _NUMBERS)
    zero = codes == _ZERO
    power = _POWERS[np.abs(np.where(zero, 0, magnitude))]
    value = np.where(magnitude < 0, digits / power, digits * power)
    return np.where(zero, 0.0, value)


def interpolated(places: Floats, value_at: Callable[[Ints], Floats]) -> Floats:
    """Values between ranks, as `percentile` of Spark interpolates.

    Args:
        places: ranks from 0, and places between two.
        value_at: the values at ranks.
    """
    below, above = np.floor(places).astype(np.int64), np.ceil(places).astype(np.int64)
    lower, upper = value_at(below), value_at(above)
    between = (above - places) * lower + (places - below) * upper
    found: Floats = np.where(lower == upper, lower, between)
    return found
