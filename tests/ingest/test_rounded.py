"""Counts that are rounded where they are shown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from influencers.config import IngestConfig
from influencers.ingest import posts
from influencers.ingest.records import RECORDS_SCHEMA
from influencers.ingest.rounded import (
    COUNTS,
    RESOLUTIONS,
    is_ambiguous,
    resolution,
    with_counts_written,
    with_exponent,
)
from influencers.ingest.values import whole_number

READ = [
    # text, value, step
    ("1.2K", 1_200, 100),
    ("1,2 k", 1_200, 100),
    ("12k", 12_000, 1_000),
    ("+3K", 3_000, 1_000),
    ("1M", 1_000_000, 1_000_000),
    ("3,4 mln", 3_400_000, 100_000),
    ("12,5 mil", 12_500, 100),
    ("2.5 Mio.", 2_500_000, 100_000),
    ("10 \u0442\u044b\u0441.", 10_000, 1_000),
    ("1\u00a0M", 1_000_000, 1_000_000),
    ("1.2\u4e07", 12_000, 1_000),
    ("1.05 crore", 10_500_000, 100_000),
    ("1.5 bn", 1_500_000_000, 100_000_000),
    ("0.5M", 500_000, 100_000),
    ("0K", 0, 1_000),
    ("1.20K", 1_200, 10),
]
NOT_ROUNDED = ["12", "1,234", "K", "1.2", "1.2 x", "", "km", "-1", "-2K", "1.2.3K", "1e2k", None]


def looked_at(spark: SparkSession, texts: list[str | None], decimal: str = "") -> list[Row]:
    """Texts, their values, their steps, and whether they are ambiguous."""
    cell = F.col("text")
    exponent = with_exponent(cell, decimal=decimal).alias("cell")
    rows = spark.createDataFrame([(text,) for text in texts], "text string").coalesce(1)
    found = rows.select(cell, exponent, is_ambiguous(cell, decimal=decimal).alias("ambiguous"))
    value, step = whole_number(F.col("cell"), decimal=decimal), resolution(F.col("cell"))
    return found.select("text", value, step, "ambiguous").collect()


def test_abbreviated_counts_have_a_value_and_a_step(spark: SparkSession) -> None:
    found = looked_at(spark, [text for text, _, _ in READ])
    assert list(map(tuple, found)) == [(*one, False) for one in READ]


def test_other_cells_are_not_rounded(spark: SparkSession) -> None:
    for row in looked_at(spark, NOT_ROUNDED):
        assert tuple(row)[2:] == (None, False), row


def test_exponents_that_lost_digits_have_a_step(spark: SparkSession) -> None:
    steps = {"1.23E+6": 10_000, "1E5": 100_000, "1.5e3": 100, "1.2E+1": None, "1.234E+3": None}
    assert [row[2] for row in looked_at(spark, [*steps])] == list(steps.values())


@pytest.mark.parametrize(
    ("decimal", "expected"),
    [
        ("", [(None, None, True), (None, None, True), (None, None, True), (None, None, False)]),
        (".", [(1_234, None, False), (1_234_000, 1_000, False), (None, None, True),
               (None, None, False)]),
        (",", [(1_234_000, 1_000, False), (1_234, None, False), (None, None, True),
               (None, None, False)]),
    ],
)  # fmt: skip
def test_what_may_be_two_numbers(
    spark: SparkSession, decimal: str, expected: list[tuple[int | None, int | None, bool]]
) -> None:
    found = looked_at(spark, ["1.234K", "1,234k", "1B", "1 x"], decimal)
    assert [tuple(row)[1:] for row in found] == expected


RECORD = dict.fromkeys(RECORDS_SCHEMA.fieldNames()) | {
    "source_file": "f", "record": 1, "raw": "", "shortcode": "Abcde", "owner_id": "1",
    "created_at": "1500000000", "likes": "1.2K", "comments": "7", "followers": "3.4E+6",
}  # fmt: skip


@pytest.mark.parametrize(
    ("choice", "reasons"),
    [("keep", []), ("refuse", ["rounded_count:likes", "rounded_count:followers"])],
)
def test_rounded_counts_are_kept_or_refused(
    spark: SparkSession, choice: str, reasons: list[str]
) -> None:
    config = replace(IngestConfig(), rounded=choice)
    records = spark.createDataFrame([RECORD], RECORDS_SCHEMA)
    (row,) = posts.with_reasons(records, config, now=1_600_000_000).collect()
    assert row["reasons"] == reasons
    assert [row[name] for name in COUNTS] == [1_200, 7, 3_400_000, None]
    assert [row[name] for name in RESOLUTIONS] == [100, None, 100_000, None]


def test_written_counts_are_read_again_with_their_steps(spark: SparkSession) -> None:
    counts = [(1_200, 100), (12_000, 1_000), (1_000_000, 1_000_000), (0, 1_000), (1_234, None),
              (None, None), (500_000, 100_000), (0, None)]  # fmt: skip
    columns = ", ".join(
        f"{name} bigint" for pair in zip(COUNTS, RESOLUTIONS, strict=True) for name in pair
    )
    rows = [pair * len(COUNTS) for pair in counts]
    texts = with_counts_written(spark.createDataFrame(rows, columns).coalesce(1))
    again = texts.select(whole_number(F.col("likes")), resolution(F.col("likes"))).collect()
    assert list(map(tuple, again)) == counts
    assert texts.first()["likes"] == "1.2E+3"  # type: ignore[index]
