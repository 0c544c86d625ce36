from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from influencers.explore.bins import edges, log_bin, quartiles, significant

COUNTS = [1, 2, 3, 4, 5, 6, 9, 10, 11, 99, 100, 101, 999, 1_000, 9_999_999, 10_000_000, 123_456_789]


@pytest.mark.parametrize("per_decade", [1, 5, 8, 50])
def test_every_count_lies_within_its_bin(spark: SparkSession, per_decade: int) -> None:
    number = log_bin(F.col("n"), per_decade)
    start, end = edges(number, per_decade, whole=True)
    frame = spark.createDataFrame([(n,) for n in COUNTS], "n bigint")
    rows = frame.select("n", start.alias("start"), end.alias("end")).collect()
    assert all(row["start"] <= row["n"] < row["end"] for row in rows)
    assert len(rows) == len(COUNTS)
    # Powers of ten begin a bin.
    assert {n for n in COUNTS if str(n).strip("0") == "1"} <= {row["start"] for row in rows}


def test_whole_numbers_fill_their_bins_without_gaps(spark: SparkSession) -> None:
    start, end = edges(log_bin(F.col("id"), 8), 8, whole=True)
    rows = spark.range(1, 200).select(start.alias("start"), end.alias("end")).distinct().collect()
    ends = sorted((row["start"], row["end"]) for row in rows)
    assert [first[1] for first in ends[:-1]] == [second[0] for second in ends[1:]]


def test_rates_lie_within_their_bins_and_zero_in_none(spark: SparkSession) -> None:
    rates = [0.000123, 0.01, 0.0999999, 0.1, 1.0, 17.5]
    number = log_bin(F.col("rate"), 8)
    start, end = edges(number, 8, whole=False)
    frame = spark.createDataFrame([(r,) for r in [*rates, 0.0, -1.0, None]], "rate double")
    rows = frame.select("rate", number.alias("bin"), start.alias("a"), end.alias("b")).collect()
    assert all(row["a"] <= row["rate"] * (1 + 1e-12) and row["rate"] < row["b"] for row in rows[:6])
    assert [row["bin"] for row in rows[6:]] == [None, None, None]


def test_rounding_to_significant_digits(spark: SparkSession) -> None:
    numbers = [0.0, 1.0, 9_999.0, 12_344.0, 12_346.0, 99_996.0, 0.0123449, 0.99996, 3.14159e-7, 2e9]
    frame = spark.createDataFrame([(n,) for n in [*numbers, None]], "n double")
    found = [row[0] for row in frame.select(significant(F.col("n"))).collect()]
    assert found[:-1] == pytest.approx([rounded(n) for n in numbers], rel=1e-12)
    assert found[-1] is None


def rounded(number: float) -> float:
    """Four significant digits by decimal arithmetic."""
    if not number:
        return 0.0
    exact = Decimal(repr(number))
    unit = Decimal(1).scaleb(exact.adjusted() - 3)
    return float((exact / unit).quantize(Decimal(1), rounding=ROUND_HALF_UP) * unit)


def test_quartiles_ignore_nulls_and_interpolate(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(n,) for n in (4, None, 1, 3, 2)], "n bigint")
    assert tuple(frame.agg(*quartiles(F.col("n"), "n")).head()) == (1.75, 2.5, 3.25)
    assert tuple(frame.where("n > 9").agg(*quartiles(F.col("n"), "n")).head()) == (None,) * 3
