"""Numbers and times as people write them are read as what was written, or not at all."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from influencers.ingest.values import (
    is_ambiguous_date,
    is_ambiguous_hour,
    is_ambiguous_number,
    is_given,
    iso_time,
    seconds,
    whole_number,
)


def read(spark: SparkSession, texts: list[str], *columns: Column) -> list[tuple[object, ...]]:
    """What columns make of texts, each in the column `text`."""
    frame = spark.createDataFrame(list(enumerate(texts)), "place int, text string")
    return [tuple(row)[1:] for row in frame.select("place", *columns).sort("place").collect()]


def grouped(number: int, mark: str) -> str:
    return f"{number:,}".replace(",", mark)


WAYS: dict[str, Callable[[int], str]] = {
    "plain": str,
    "comma groups": lambda number: grouped(number, ","),
    "point groups": lambda number: grouped(number, "."),
    "space groups": lambda number: grouped(number, " "),
    "narrow space groups": lambda number: grouped(number, "\u202f"),
    "no-break space groups": lambda number: grouped(number, "\u00a0"),
    "apostrophe groups": lambda number: grouped(number, "'"),
    "one zero": lambda number: f"{number}.0",
    "comma and zero": lambda number: f"{number},0",
    "comma and two zeros": lambda number: f"{number},00",
}
OF_POINTS, OF_COMMAS = ("one zero", "comma groups"), ("point groups", "comma and zero")


def test_a_number_is_what_was_written_or_nothing(spark: SparkSession) -> None:
    luck = random.Random(5)
    numbers = [0, 1, 12, 999, 1_000, 12_000, 123_000, 1_234, 999_999, 1_000_000, 12_345_678,
               *(luck.randrange(10 ** luck.randrange(1, 13)) for _ in range(40))]  # fmt: skip
    written = [(name, number, way(number)) for name, way in WAYS.items() for number in numbers]
    text = F.col("text")
    found = read(spark, [one for *_, one in written], whole_number(text),
                 is_ambiguous_number(text), whole_number(text, decimal="."),
                 whole_number(text, decimal=","))  # fmt: skip
    for (name, number, said), (auto, ambiguous, point, comma) in zip(written, found, strict=True):
        if ambiguous:
            assert auto is None, said
            assert name == "point groups", said
        else:
            assert auto == number, said
        assert point == number or name in OF_COMMAS or "," in said, said
        assert comma == number or name in OF_POINTS or name == "plain", said
    # With the mark that a file has, each of its numbers is read.
    assert all(found[place][2] == number for place, (name, number, _) in enumerate(written)
               if name in ("plain", "one zero", "comma groups"))  # fmt: skip
    assert all(found[place][3] == number for place, (name, number, _) in enumerate(written)
               if name in ("plain", "point groups", "comma and zero"))  # fmt: skip


@pytest.mark.parametrize(
    ("text", "auto", "point", "comma"),
    [
        ("12.000", None, 12, 12_000),
        ("12.500", 12_500, None, 12_500),
        ("0.000", 0, 0, 0),
        ("1.234.567", 1_234_567, None, 1_234_567),
        ("12,34,567", 1_234_567, 1_234_567, None),
        ("1,234", 1_234, 1_234, None),
        ("1,5", None, None, None),
        ("1.5", None, None, None),
        ("1,2345", None, None, None),
        ("1 2", None, None, None),
        ("1.2K", None, None, None),
        ("-1", -1, -1, -1),
        ("9" * 30, None, None, None),
        ("9,223,372,036,854,775,808", None, None, None),
    ],
)
def test_marks(spark: SparkSession, text: str, auto: int, point: int, comma: int) -> None:
    cell = F.col("text")
    marks = [whole_number(cell, decimal=mark) for mark in ("", ".", ",")]
    assert read(spark, [text], *marks) == [(auto, point, comma)]


def test_hours_that_come_twice_are_told(spark: SparkSession) -> None:
    twice = ["2024-10-27 02:00:00", "2024-10-27 02:59:59", "27.10.2024 02:30"]
    once = ["2024-10-27 01:59:59", "2024-10-27 03:00:00", "2024-03-31 02:30:00", "1730000000",
            "2024-10-27 02:30:00+01:00", "2024-10-27 02:30:00 CET", "", "x"]  # fmt: skip
    told = is_ambiguous_hour(iso_time(F.col("text")), timezone="Europe/Berlin")
    assert [bool(one) for (one,) in read(spark, twice + once, told)] == [True] * 3 + [False] * 8
    first = seconds(F.col("text"), timezone="Europe/Berlin")
    assert read(spark, twice[:1], first) == [(unix(2024, 10, 27, 0),)]


def test_dashes_are_nothing(spark: SparkSession) -> None:
    found = read(spark, ["-", "\u2014", " - ", "-1", "#N/A", "\\N"], is_given(F.col("text")))
    assert [one for (one,) in found] == [False, False, False, True, False, False]


def unix(*parts: int, zone: str = "UTC") -> int:
    return int(datetime(*parts, tzinfo=ZoneInfo(zone)).timestamp())  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-05-01T10:00:00+02:00", unix(2024, 5, 1, 8)),
        ("2024-05-01 10:00:00 EDT", unix(2024, 5, 1, 14)),
        ("2024-05-01 10:00:00 EST", unix(2024, 5, 1, 15)),
        ("2024-05-01 10:00:00 PST", unix(2024, 5, 1, 18)),
        ("2024-05-01T10:00:00 Europe/Berlin", unix(2024, 5, 1, 8)),
        ("2024-05-01T10:00:00[Europe/Berlin]", unix(2024, 5, 1, 8)),
        ("2024-05-01T10:00:00+02:00[Europe/Berlin]", unix(2024, 5, 1, 8)),
        ("2024-05-01T10:00:00.123Z", unix(2024, 5, 1, 10)),
        ("2024/5/1 9:05", unix(2024, 5, 1, 9, 5)),
        ("13.05.2024 15:45", unix(2024, 5, 13, 15, 45)),
        ("3.5.2024", unix(2024, 5, 3)),
        ("05/13/2024 3:45 PM", unix(2024, 5, 13, 15, 45)),
        ("5/3/2024, 12:05:09 am", unix(2024, 5, 3, 0, 5, 9)),
        ("12/31/2024 12:00PM", unix(2024, 12, 31, 12)),
        ("13/05/2024", None),
        ("2024-13-01", None),
        ("1500000000.0", 1_500_000_000),
        ("1500000000123", 1_500_000_000),
    ],
)
def test_times(spark: SparkSession, text: str, moment: int | None) -> None:
    assert read(spark, [text], seconds(F.col("text"), date_order="mdy")) == [(moment,)]


def test_dates_with_slashes_need_an_order(spark: SparkSession) -> None:
    cell = F.col("text")
    named = seconds(cell, date_order="dmy"), is_ambiguous_date(cell, date_order="dmy")
    texts = ["05/06/2024", "2024-05-06"]
    found = read(spark, texts, seconds(cell), is_ambiguous_date(cell), *named)
    iso = unix(2024, 5, 6)
    assert found == [(None, True, unix(2024, 6, 5), False), (iso, False, iso, False)]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kolkata"])
def test_a_time_without_a_zone_is_of_the_one_that_is_set(spark: SparkSession, zone: str) -> None:
    luck = random.Random(7)
    moments = [unix(2017, 1, 1) + luck.randrange(9 * 365 * 86_400) for _ in range(60)]
    local = [datetime.fromtimestamp(moment, ZoneInfo(zone)) for moment in moments]
    # Of an hour that comes twice the first is taken.
    wanted = [int(one.replace(fold=0).timestamp()) for one in local]
    texts = [f"{one:%Y-%m-%d %H:%M:%S}" for one in local]
    text = F.col("text")
    assert [one for (one,) in read(spark, texts, seconds(text, timezone=zone))] == wanted
    zoned = [f"{text}+00:00" for text in texts]
    assert [one for (one,) in read(spark, zoned, seconds(text, timezone=zone))] == [
        int(one.replace(tzinfo=ZoneInfo("UTC")).timestamp()) for one in local
    ]
