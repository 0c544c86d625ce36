"""The usual growth of accounts of like size over intervals of like length.

Growth is counted in steps of 1e-5 of ln(followers) a day, so that median and deviation come of
counts, the same in whatever order rows come, and no values are held.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import LongType, StructField, StructType

from influencers.features.account_posts import Floats, Whole
from influencers.growth.histogram import twice_median

# Where an interval belongs: its followers, its length, and its growth in steps.
CELL = ("band", "length", "step")
STEP = 1e-5
_STEPS = 100_000
# The robust z-score of Iglewicz and Hoaglin (1993).
_NORMAL = 0.6745
# Of all followers.
_ALL = -1
# The least followers of each quarter decade: the smallest n with n^4 >= 10^k.
_BANDS = np.array([isqrt(isqrt(10**k)) + (k % 4 > 0) for k in range(73)])
_FOUND = StructType(
    [StructField(name, LongType()) for name in ("band", "length", "number", "median", "deviation")]
)


def cell(followers: Whole, days: Floats, growth: Floats) -> dict[str, Floats | Whole]:
    """Where intervals belong, by `CELL`; the step is unknown where the growth is.

    >>> found = cell(np.array([1, 999, 1000]), np.array([1.0, 6.0, 30.0]), np.zeros(3))
    >>> found["band"].tolist(), found["length"].tolist()
    ([0, 11, 12], [0, 3, 5])
    """
    return {
        "band": np.searchsorted(_BANDS, followers, side="right") - 1,
        "length": np.rint(np.log2(days)).astype(np.int64),
        "step": np.clip(np.rint(growth / STEP), -_STEPS, _STEPS),
    }


@dataclass(frozen=True)
class Peers:
    """The median and the median absolute deviation of growth by band and length.

    Attributes:
        found: by band and length: the median in half steps, the deviation in quarter steps; the
            band is -1 for all.
    """

    found: dict[tuple[int, int], tuple[int, int]]

    def of(self, band: Whole, length: Whole) -> tuple[Floats, Floats]:
        """Median and deviation of the peers of intervals; NaN where they are too few."""
        cells, of_cell = np.unique(np.stack([band, length]), axis=1, return_inverse=True)
        values = [
            self.found.get((one, other), self.found.get((_ALL, other), (np.nan, np.nan)))
            for one, other in cells.T.tolist()
        ]
        table = np.array(values, np.float64).reshape(-1, 2)[of_cell.ravel()]
        return table[:, 0] * (STEP / 2), np.maximum(table[:, 1] * (STEP / 4), STEP)


def z_scores(growth: Floats, median: Floats, deviation: Floats) -> Floats:
    """How far growth is from that of the peers, in standard deviations if they were normal."""
    return _NORMAL * (growth - median) / deviation


def peers_of(intervals: DataFrame, *, least: int) -> Peers:
    """The usual growth in each cell; runs one query, and brings a row a cell to the driver.

    Args:
        intervals: with the columns of `CELL`.
        least: how many intervals a cell has to have.
    """
    bands = F.explode(F.array(F.col("band"), F.lit(_ALL).cast("bigint"))).alias("band")
    known = intervals.where(F.col("step").isNotNull()).select(bands, "length", "step")
    counts = known.groupBy(*CELL).count()
    found = counts.groupBy("band", "length").applyInArrow(_centre, _FOUND)
    enough = found.where(F.col("number") >= least).collect()
    return Peers(
        {(row["band"], row["length"]): (row["median"], row["deviation"]) for row in enough}
    )


def _centre(cell: pa.Table) -> pa.Table:
    """Number, median and deviation of one cell, as `Peers` has them."""
    step, count = cell["step"].to_numpy(), cell["count"].to_numpy()
    median = twice_median(step, count)
    # Of half steps from a median in half steps, twice the median is in quarter steps.
    deviation = twice_median(np.abs(2 * step - median), count)
    row = {
        "band": [cell["band"][0].as_py()],
        "length": [cell["length"][0].as_py()],
        "number": [int(count.sum())],
        "median": [median],
        "deviation": [deviation],
    }
    return pa.table(row)
