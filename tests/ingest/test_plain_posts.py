"""What is told to be a plain post is what the rules make of it, and most records are told."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import cycle, islice
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.config import IngestConfig
from influencers.ingest import captions, posts
from influencers.ingest.columns import FIELDS
from influencers.ingest.plain_posts import SCHEMA, UNREAD, PlainPosts
from influencers.ingest.records import ARROW_SCHEMA, RECORDS_SCHEMA
from influencers.run import persisted

NOW = 1_600_000_000
CONFIG = IngestConfig()
USUAL = {
    "owner_id": "25025320", "shortcode": "BXdjjUlgcgq", "is_video": "False",
    "caption": "Sun #sea @ann 😀?", "comments": "3", "likes": "12", "created_at": "1501000000",
    "image_url": "https://images.example/a.jpg?x=[1]", "followers": "100",
    "owner_username": "ann", "location": None, "multiple_images": "true", "username": "Ann B",
    "following": "7", "crawled_at": None,
}  # fmt: skip
NUMBERS = (
    None,
    "0",
    "7",
    "007",
    "12.0",
    "12.00",
    "12.5",
    "-1",
    "-1.0",
    "-2",
    "+3",
    " 4",
    "5\u00a0",
    "1e3",
    "1.2E+1",
    "1.23E+8",
    "1.5e-20",
    "nan",
    "NULL",
    "n/a",
    "#N/A",
    "0x1F",
    "1_000",
    "1,000",
    "١٢",
    "１２",
    "999999999999",
    "1000000000000",
    "1000000000001",
    "9" * 18,
    "9" * 19,
    "9" * 40,
    ".5",
    "5.",
    "\x1f8",
    "8\x7f",
    "--1",
    "1 2",
    "Infinity",
    "tru",
    "12.0.0",
    ".0",
    "3.0 ",
)
TIMES = (
    "2017-07-25T16:26:40Z",
    "2017-07-25 16:26:40",
    "2017-07-25T16:26:40.999",
    "2017-07-25 16:26:40.000001+00:00",
    "2017-07-25T16:26:40+02:00",
    "2017-07-25T24:00:00Z",
    "2017-07-25T23:59:60Z",
    "2017-02-29 00:00:00",
    "2016-02-29 23:59:59",
    "2017-04-31 00:00:00Z",
    "2017-13-01 00:00:00",
    "2017-00-01 00:00:00",
    "2017-01-00T00:00:00",
    "1969-12-31T23:59:59Z",
    "9999-12-31T23:59:59Z",
    "2017-07-25T16:26:40z",
    "2017-07-25t16:26:40",
    "2017-07-25T16:26:40.1234567",
    "2017-07-25T16:26:40.",
    "2017-07-25  16:26:40",
    "1501000000123",
    "1501000000999",
    "0501000000999",
    "15010000001234",
    "1501000000123.0",
    *NUMBERS,
    "1501000000",
    "1501000000.0",
    "1501000000000",
    "1501000000000000",
    "1599999999",
    "1600000000",
    "1600000001",
    "99999999999",
    "2017-07-25",
    "2017-07-25 12:00:00",
    "2017-07-25T12:00:00Z",
    "2017-13-45",
    "1.501E+9",
    "1.501000000E+9",
)
TEXTS = (
    None,
    "a",
    " a ",
    "\u00a0",
    "\ufeffb",
    "  ",
    "nan",
    "NULL",
    "#N/A",
    "ünï",
    "a\x0b",
    "\x1f",
    "\u2003c",
    "\t\r\n",
)
CELLS: dict[str, tuple[str | None, ...]] = {
    "owner_id": NUMBERS,
    "shortcode": (
        None,
        "B",
        "Bcde",
        "null",
        "NaN",
        "none",
        "BXdjjUlgcgq",
        " BXdjjUlgcgq",
        "BXdjjUlgcgq\n",
        "a b c d e",
        "1E10",
        "1E+10",
        "1.5E+10",
        "12345",
        "-12345",
        "#NAME?",
        "#####",
        "2018-01-05",
        "2018-01-05t1",
        "2018-01-0512",
        "12-jan-2018",
        "1-Jan",
        "12-janet",
        "Jan-18",
        "jan-1812",
        "-jan-1",
        "a-b_c-d",
        "é" * 9,
        "01/02/2018",
        "1.2.2018",
        "x" * 64,
        "x" * 65,
    ),
    **dict.fromkeys(("likes", "comments", "followers", "following"), NUMBERS),
    **dict.fromkeys(
        ("is_video", "multiple_images"),
        (
            None,
            "true",
            "TRUE",
            " True",
            "t",
            "yes",
            "Y",
            "1",
            "1.0",
            "0",
            "0.0",
            "false",
            "no",
            "F",
            "2",
            "nan",
            "NULL",
            "tRUE",
            "ı",
            "x",
        ),
    ),
    **dict.fromkeys(("created_at", "crawled_at"), TIMES),
    "image_url": (
        None,
        "https://a.example/b",
        " https://a.example/b",
        "https://a.example/b \n",
        "http://x",
        "HTTP://X",
        "['https://a.example/b', 'https://c']",
        "[]",
        "nan",
        "none",
        "a.jpg",
        "  ",
        "ftp://x/y",
        "httpx",
    ),
    "caption": (None, "", " ", "#a", "NULL", "  x  ", "a\nb"),
    **dict.fromkeys(("owner_username", "location", "username"), TEXTS),
}


def changed(chance: random.Random, cells: int) -> dict[str, Any]:
    """A usual record, of which some cells are others."""
    fields = chance.sample(FIELDS, cells)
    return USUAL | {field: chance.choice(CELLS[field]) for field in fields}


def records() -> list[dict[str, Any]]:
    """Each cell by itself, and several together."""
    alone = [USUAL | {field: cell} for field, cells in CELLS.items() for cell in cells]
    chance = random.Random(7)
    together = [changed(chance, 1 + number % 5) for number in range(1_500)]
    return [
        {"source_file": "file:///a.csv", "record": number, "raw": f"raw {number}"}
        | {"problem": None, **cells}
        for number, cells in enumerate([USUAL, *alone, *together], 1)
    ]


def batch(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(rows, schema=ARROW_SCHEMA)


def told(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = PlainPosts.by(CONFIG, now=NOW).of(batch(rows)).to_pylist()
    return found


@pytest.fixture(scope="module")
def raw(spark: SparkSession) -> DataFrame:
    rows = [tuple(row[name] for name in RECORDS_SCHEMA.fieldNames()) for row in records()]
    return spark.createDataFrame(rows, RECORDS_SCHEMA)


@pytest.mark.parametrize("timezone", ["UTC", "America/New_York"])
def test_plain_posts_are_what_the_rules_make_of_them(raw: DataFrame, timezone: str) -> None:
    config = replace(CONFIG, timezone=timezone)
    ruled = {row.record: row for row in posts.with_reasons(raw, config, now=NOW).collect()}
    made = PlainPosts.by(config, now=NOW).of(batch(records())).to_pylist()
    plain = [row for row in made if row[UNREAD] is None]
    assert len(plain) > 300
    for row in plain:
        expected = ruled[row["record"]]
        assert expected.reasons == expected.notes == [], row
        for field in posts.FIELDS:
            value = row.get(field)
            if field in ("created_at", "crawled_at") and value is not None:
                value = value.replace(tzinfo=None)
            assert value == expected[field], (field, row)


def test_other_records_stay_as_they_were_read() -> None:
    rows = records()
    for row, made in zip(rows, told(rows), strict=True):
        if made[UNREAD] is not None:
            assert made[UNREAD] == {name: row[name] for name in made[UNREAD]}


def test_a_record_with_a_problem_is_never_plain() -> None:
    row = records()[0] | {"problem": "field_count"}
    (made,) = told([row])
    assert made[UNREAD] == {"raw": "raw 1", "problem": "field_count", **USUAL}
    assert told([records()[0]])[0][UNREAD] is None


@pytest.mark.parametrize("first", [1, 64, 333])
def test_a_part_of_a_batch_is_read_as_the_whole(first: int) -> None:
    rows = records()
    plain = PlainPosts.by(CONFIG, now=NOW)
    whole = batch(rows)
    part = pa.RecordBatch.from_arrays(
        [column.slice(first, 500) for column in whole.columns], schema=whole.schema
    )
    assert plain.of(part).to_pylist() == plain.of(whole).slice(first, 500).to_pylist()


def test_captions_are_read_of_all_records() -> None:
    rows = [records()[0], records()[0] | {"likes": "?", "caption": "#b"}]
    first, second = told(rows)
    assert (first["hashtags"], first["mentions"], first["emoji_count"]) == (["sea"], ["ann"], 1)
    assert (second["hashtags"], second["caption_length"]) == (["b"], 2)
    assert second[UNREAD] is not None


def test_the_usual_spellings_are_plain() -> None:
    usual = [
        USUAL | {"is_video": "TRUE", "multiple_images": None},
        USUAL | {"likes": "-1", "comments": None},
        USUAL | {"likes": "12.0", "owner_id": "25025320.0", "created_at": "1501000000.0"},
        USUAL | {"caption": None, "location": " Rome ", "username": None, "image_url": None},
        USUAL | {"crawled_at": "1502000000", "followers": None, "following": "0"},
        USUAL | {"created_at": "2017-07-25T16:26:40Z", "crawled_at": "2017-07-31 00:00:00.5"},
        USUAL | {"created_at": "1501000000123"},
    ]
    rows = [
        {"source_file": "f", "record": number, "raw": "", "problem": None, **row}
        for number, row in enumerate(usual)
    ]
    assert [row[UNREAD] for row in told(rows)] == [None] * len(usual)


@pytest.mark.parametrize("size", [1, 100])
def test_the_frame_is_the_same_in_batches_of_any_size(
    spark: SparkSession, raw: DataFrame, size: int
) -> None:
    name = "spark.sql.execution.arrow.maxRecordsPerBatch"
    before = spark.conf.get(name)
    spark.conf.set(name, str(size))
    try:
        few = raw.where(F.col("record") <= 300).coalesce(1)
        made = few.mapInArrow(*PlainPosts.by(CONFIG, now=NOW).work())
        assert made.schema == SCHEMA
        found = [row.asDict(recursive=True) for row in made.sort("record").collect()]
    finally:
        spark.conf.set(name, str(before))
    expected = told(records()[:300])
    assert [row[UNREAD] for row in found] == [row[UNREAD] for row in expected]
    assert [row["hashtags"] for row in found] == [row["hashtags"] for row in expected]


def test_checked_records_are_those_of_the_rules(raw: DataFrame) -> None:
    with persisted.frames() as keep:
        made = raw.mapInArrow(*PlainPosts.by(CONFIG, now=NOW).work())
        columns = ["source_file", "record", "raw", "reasons", *posts.FIELDS]
        found = posts.checked(made, CONFIG, now=NOW, keep=keep)
        assert set(found.columns) == {*columns, "notes", *captions.NAMES}
        rows = sorted(map(tuple, found.select(*columns).collect()), key=lambda row: row[1])
    expected = posts.with_reasons(raw, CONFIG, now=NOW).select(*columns).sort("record")
    assert rows == list(map(tuple, expected.collect()))


def test_a_file_in_which_hardly_any_record_is_plain(raw: DataFrame) -> None:
    odd = islice(cycle([{"created_at": "2017-07-25"}, {"likes": "n/a"}]), 50)
    rows = [
        {"source_file": "f", "record": number, "raw": "", "problem": None, **USUAL, **change}
        for number, change in enumerate(odd)
    ]
    assert all(row[UNREAD] is not None for row in told(rows))
