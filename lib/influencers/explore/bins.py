"""Values as log-scaled bins, and exact quantiles of rounded values.

Both bound what leaves Spark: a figure's table has as many rows as bins, however many posts there
are, and a quantile keeps at most 9,000 different values a decade. A quantile sketch would be
smaller still, but its answer depends on how rows lie in partitions.

Posts are therefore counted by rounded value first, as by any other group: that is summed where the
posts lie, and what is left for a quantile is a row a value.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

QUARTILES = (0.25, 0.5, 0.75)


def log_bin(value: Column, per_decade: int) -> Column:
    """The number of the bin that holds `value`: bin 0 begins at 1, bin `per_decade` at 10.

    Null where `value` is null, 0 or negative: these have no place on a log axis.
    """
    return F.when(value > 0, F.floor(F.log10(value) * per_decade)).cast("int")


def edges(number: Column, per_decade: int, *, whole: bool) -> tuple[Column, Column]:
    """Where a log bin begins and where the next one does.

    Args:
        number: of the bin.
        per_decade: as in `log_bin`.
        whole: the bin holds whole numbers: the edges are the first of this bin's and the first of
            the next's (bigint), so that between 1 and 2 there is no gap that could not be filled.
    """

    def start(bin_number: Column) -> Column:
        exact = F.pow(F.lit(10.0), bin_number / F.lit(float(per_decade)))
        return F.ceil(exact).cast("bigint") if whole else exact

    return start(number), start(number + 1)


def significant(value: Column, digits: int = 4) -> Column:
    """`value`, never negative, rounded to so many significant digits; null stays null."""
    magnitude = F.floor(F.log10(value)) - (digits - 1)
    unit = F.pow(F.lit(10.0), magnitude.cast("double"))
    # For magnitudes below 1 dividing by the power of ten is exact where multiplying is not.
    power = F.pow(F.lit(10.0), (-magnitude).cast("double"))
    rounded = F.when(magnitude < 0, _nearest(value * power) / power).otherwise(
        _nearest(value / unit) * unit
    )
    return F.when(value == 0, F.lit(0.0)).otherwise(rounded)


def _nearest(value: Column) -> Column:
    """The nearest whole number, of two the upper one; `F.round` says so by way of decimals."""
    return F.floor(value + 0.5)


def quantile(value: Column, share: float, count: Column | None = None) -> Column:
    """The exact quantile, among the rows of a group, of values rounded to four digits.

    Nulls are ignored; null when nothing is left. Between two values it interpolates.

    Args:
        value: is rounded here, unless there is a count.
        share: of the values that are below.
        count: how many of the value a row stands for; None: it is one.
    """
    if count is None:
        return F.percentile(significant(value), F.lit(share))
    return F.percentile(value, F.lit(share), count)


def quartiles(value: Column, prefix: str, count: Column | None = None) -> Sequence[Column]:
    """Columns `{prefix}_p25`, `{prefix}_median` and `{prefix}_p75`; as `quantile`."""
    names = ("p25", "median", "p75")
    return [
        quantile(value, share, count).alias(f"{prefix}_{name}")
        for name, share in zip(names, QUARTILES, strict=True)
    ]
