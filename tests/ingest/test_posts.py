"""Records become posts: the rules, the types, and which crawl wins."""

from __future__ import annotations

import random
from typing import Any

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, Row, SparkSession

from influencers.config import IngestConfig
from influencers.ingest import lost_encodings, posts, rules
from influencers.ingest.records import RECORDS_SCHEMA
from influencers.ingest.tables import POSTS, QUARANTINE
from influencers.measured.keys import as_json
from influencers.storage.table import conform

NOW = 1_800_000_000
CONFIG = IngestConfig()
GOOD = {
    "owner_id": "12",
    "shortcode": "A",
    "is_video": "False",
    "caption": "hi",
    "comments": "2",
    "likes": "30",
    "created_at": "1500000000",
    "image_url": "http://i/x.jpg",
    "followers": "100",
    "owner_username": "ann",
    "multiple_images": "False",
    "following": "5",
}


def records(spark: SparkSession, *changes: dict[str, Any]) -> DataFrame:
    rows = [
        {"source_file": "f", "record": number, "raw": f"raw {number}", **GOOD, **change}
        for number, change in enumerate(changes, start=1)
    ]
    names = RECORDS_SCHEMA.fieldNames()
    return spark.createDataFrame(
        [[row.get(name) for name in names] for row in rows], RECORDS_SCHEMA
    )


def checked(spark: SparkSession, *changes: dict[str, Any]) -> list[Row]:
    frame = posts.with_reasons(records(spark, *changes), CONFIG, now=NOW)
    return sorted(frame.collect(), key=lambda row: int(row.record))


BROKEN = [
    ({"shortcode": None}, ["missing:shortcode"]),
    ({"shortcode": "  "}, ["missing:shortcode"]),
    ({"owner_id": None}, ["missing:owner_id"]),
    ({"created_at": None}, ["missing:created_at"]),
    ({"owner_id": "ann"}, ["unreadable_number:owner_id"]),
    ({"likes": "many"}, ["unreadable_number:likes"]),
    ({"likes": "1.5"}, ["unreadable_number:likes"]),
    ({"likes": "12,5"}, ["unreadable_number:likes"]),
    ({"likes": "12.000"}, ["ambiguous_number:likes"]),
    *(
        ({field: "12.000"}, [f"ambiguous_number:{field}"])
        for field in ("owner_id", "comments", "followers", "following")
    ),
    ({"followers": "about"}, ["unreadable_number:followers"]),
    ({"following": "1,5B"}, ["ambiguous_number:following"]),
    ({"crawled_at": "05/06/2017"}, ["ambiguous_date:crawled_at"]),
    ({"likes": "1.234K"}, ["ambiguous_number:likes"]),
    ({"comments": "3,44444444 mln"}, ["unreadable_number:comments"]),
    ({"created_at": "05/06/2017"}, ["ambiguous_date:created_at"]),
    ({"created_at": "31.02.2017"}, ["unreadable_time:created_at"]),
    ({"likes": "1e40"}, ["unreadable_number:likes"]),
    ({"comments": "9" * 30}, ["unreadable_number:comments"]),
    ({"followers": "-100k"}, ["unreadable_number:followers"]),
    ({"likes": "2000 bn"}, ["count_out_of_range:likes"]),
    ({"following": "few"}, ["unreadable_number:following"]),
    ({"is_video": "maybe"}, ["unreadable_boolean:is_video"]),
    ({"multiple_images": "2"}, ["unreadable_boolean:multiple_images"]),
    ({"created_at": "yesterday"}, ["unreadable_time:created_at"]),
    ({"created_at": "0"}, ["time_out_of_range:created_at"]),
    ({"created_at": "1286323199"}, ["time_out_of_range:created_at"]),
    ({"created_at": str(NOW + 1)}, ["time_out_of_range:created_at"]),
    ({"created_at": "15000000000"}, ["time_out_of_range:created_at"]),
    ({"created_at": f"{NOW + 1}000"}, ["time_out_of_range:created_at"]),
    ({"created_at": "1.5E+12"}, ["time_out_of_range:created_at"]),
    ({"created_at": "-9223372036854775808"}, ["time_out_of_range:created_at"]),
    ({"created_at": "-1500000000000"}, ["time_out_of_range:created_at"]),
    ({"created_at": "9" * 18}, ["time_out_of_range:created_at"]),
    ({"crawled_at": "soon"}, ["unreadable_time:crawled_at"]),
    ({"crawled_at": "1286323199"}, ["time_out_of_range:crawled_at"]),
    ({"crawled_at": str(NOW + 1)}, ["time_out_of_range:crawled_at"]),
    ({"crawled_at": "9" * 18}, ["time_out_of_range:crawled_at"]),
    ({"likes": "-2"}, ["negative_count:likes"]),
    ({"comments": "-7"}, ["negative_count:comments"]),
    ({"followers": "-1"}, ["negative_count:followers"]),
    ({"following": "-1"}, ["negative_count:following"]),
    ({"likes": "9223372036854775807"}, ["count_out_of_range:likes"]),
    ({"comments": "1000000000001"}, ["count_out_of_range:comments"]),
    ({"followers": "9223372036854775807"}, ["count_out_of_range:followers"]),
    ({"following": "1e15"}, ["count_out_of_range:following"]),
    ({"owner_id": "1.78414E+16"}, ["rounded_id:owner_id"]),
    ({"owner_id": "1.23E+9"}, ["rounded_id:owner_id"]),
    ({"owner_id": "2e3"}, ["rounded_id:owner_id"]),
    ({"owner_id": "#REF!"}, ["unreadable_number:owner_id"]),
    *(
        ({"shortcode": spoilt}, ["spoilt_key:shortcode"])
        for spoilt in (
            "#NAME?",
            "#REF!",
            " #VALUE!",
            "#DIV/0!",
            "####",
            "1.5E+10",
            "1,5E+10",
            "1E+10",
            "2017-03-01",
            "2017-03-01 00:00:00",
            "1-Mar",
            "01-mar-17",
            "Mar-17",
            "3/1/2017",
            "01.03.2017",
        )
    ),
    *(
        ({name: spelling}, [f"missing:{name}"])
        for name in ("shortcode", "owner_id", "created_at")
        for spelling in (
            "nan",
            "NaN",
            "null",
            "NULL",
            "None",
            "NA",
            "n/a",
            "#N/A",
            "\\N",
            "<NA>",
            " na ",
            "nan\t",
        )
    ),
    (
        {"likes": "x", "is_video": "x", "shortcode": None},
        ["missing:shortcode", "unreadable_number:likes", "unreadable_boolean:is_video"],
    ),
    ({"problem": "field_count", "shortcode": None, "likes": None}, ["field_count"]),
]


def test_every_reason(spark: SparkSession) -> None:
    rows = checked(spark, *(change for change, _ in BROKEN))
    assert [row.reasons for row in rows] == [reasons for _, reasons in BROKEN]
    assert [row.raw for row in rows] == [f"raw {number}" for number in range(1, len(BROKEN) + 1)]
    told = {reason for _, reasons in BROKEN for reason in reasons} - {"field_count"}
    assert told == {rule.code for rule in rules.rules(CONFIG, now=NOW)}, "a rule without a case"


USABLE = [
    ({"likes": "-1", "comments": None}, {"likes": None, "comments": None}),
    ({"likes": " 12 ", "comments": "3.0"}, {"likes": 12, "comments": 3}),
    ({"likes": "nan", "is_video": "None"}, {"likes": None, "is_video": None}),
    ({"owner_id": "1.23456789E+8"}, {"owner_id": 123_456_789}),
    ({"owner_id": "1.230000000e9"}, {"owner_id": 1_230_000_000}),
    ({"owner_id": "12.0"}, {"owner_id": 12}),
    ({"likes": "1.2E+6"}, {"likes": 1_200_000}),
    ({"followers": "1000000000000"}, {"followers": 10**12}),
    *(({"shortcode": key}, {"shortcode": key}) for key in ("1E10", "1-abc", "-Ab_9", "BQ2017-03")),
    *(
        ({name: f"1500000000{finer}"}, {name: 1_500_000_000})
        for name in ("created_at", "crawled_at")
        for finer in ("", "999", "999999", "999999999", ".0", "000.0")
    ),
    ({"created_at": "1.500000000999E+12"}, {"created_at": 1_500_000_000}),
    (
        {"caption": "NA", "location": "null", "username": "None", "owner_username": "nan"},
        {"caption": "NA", "location": "null", "username": "None", "owner_username": "nan"},
    ),
    ({"image_url": "nan"}, {"image_url": None}),
    ({"owner_id": "731216953360"}, {"owner_id": 731_216_953_360}),
    ({"is_video": "TRUE", "multiple_images": "1"}, {"is_video": True, "multiple_images": True}),
    ({"is_video": "FALSE", "multiple_images": "0"}, {"is_video": False, "multiple_images": False}),
    ({"created_at": "1.5E9"}, {"created_at": 1_500_000_000}),
    ({"created_at": "2017-07-14T02:40:00Z"}, {"created_at": 1_500_000_000}),
    ({"followers": None, "following": "0"}, {"followers": None, "following": 0}),
    ({"image_url": "['http://a/1.jpg', 'http://a/2.jpg']"}, {"image_url": "http://a/1.jpg"}),
    ({"image_url": "[]"}, {"image_url": None}),
    *(
        ({"image_url": cell}, {"image_url": "http://a/1,2[3]'4.jpg?b=%2C"})
        for cell in (
            """["http://a/1,2[3]'4.jpg?b=%2C","http://a/2.jpg"]""",
            """[ "http://a/1,2[3]'4.jpg?b=%2C" ]""",
            """[http://a/1,2[3]'4.jpg?b=%2C, http://a/2.jpg]""",
            """http://a/1,2[3]'4.jpg?b=%2C,http://a/2.jpg""",
            """http://a/1,2[3]'4.jpg?b=%2C\nhttps://a/2.jpg""",
            """http://a/1,2[3]'4.jpg?b=%2C""",
        )
    ),
    (
        {"image_url": "http://proxy/?of=http://a/1.jpg"},
        {"image_url": "http://proxy/?of=http://a/1.jpg"},
    ),
    ({"location": " "}, {"location": None}),
    ({"caption": " null "}, {"caption": " null "}),
]


def test_every_spelling(spark: SparkSession) -> None:
    rows = checked(spark, *(change for change, _ in USABLE))
    for row, (change, expected) in zip(rows, USABLE, strict=True):
        assert row.reasons == [], change
        assert row.raw is None
        for name, value in expected.items():
            found = row[name]
            found = int(found.timestamp()) if name.endswith("_at") else found
            assert found == value, (change, name)


def test_the_later_crawl_wins_whatever_the_order(spark: SparkSession) -> None:
    crawls = [
        {"likes": "40", "source_file": "b"},
        {"likes": "40", "comments": "9", "source_file": "a"},
        {"likes": None, "comments": "99", "source_file": "z"},
        {"likes": "30", "comments": "50", "source_file": "c"},
        {"shortcode": "B", "likes": "5", "crawled_at": "1600000001"},
        {"shortcode": "B", "likes": "500", "crawled_at": "1600000000"},
        {"shortcode": "C", "caption": "x"},
        {"shortcode": "C", "caption": "y"},
    ]
    found = []
    for seed in range(3):
        random.Random(seed).shuffle(crawls)
        frame = posts.with_reasons(records(spark, *crawls), CONFIG, now=NOW).repartition(seed + 1)
        found.append(
            sorted(
                (row.shortcode, row.likes, row.comments, row.caption)
                for row in posts.latest(posts.good(frame)).collect()
            )
        )
    assert found[0] == [("A", 40, 9, "hi"), ("B", 5, 2, "hi"), ("C", 30, 2, "y")]
    assert found[1] == found[2] == found[0]


def test_counts_add_up(spark: SparkSession) -> None:
    frame = posts.with_reasons(
        records(spark, {}, {}, {"shortcode": "B"}, {"likes": "x", "comments": "x"}), CONFIG, now=NOW
    )
    numbers = posts.counts(posts.by_reasons(frame), posts.Surplus(repeated=1))
    assert as_json(numbers) == {
        "read": 4,
        "posts": 2,
        "quarantined": 1,
        "duplicates": 1,
        "repeated": 1,
        "observations": 0,
        "undated": 3,
        "by_reason": {"unreadable_number:comments": 1, "unreadable_number:likes": 1},
    }


def test_the_table_is_as_declared(spark: SparkSession) -> None:
    frame = posts.with_reasons(records(spark, {"caption": "#Sun @ann"}), CONFIG, now=NOW)
    table = conform(posts.with_captions_read(posts.latest(posts.good(frame))), POSTS)
    (row,) = table.collect()
    assert (row.hashtags, row.hashtags_as_written, row.mentions) == (["sun"], ["Sun"], ["ann"])
    assert (row.caption_length, row.word_count, row.line_count) == (9, 2, 1)
    assert (row.emoji_count, row.question) == (0, False)
    expected = spark.createDataFrame([row], POSTS.schema)
    assert_df_equality(table, expected, ignore_nullable=True)
    conform(posts.quarantined(frame), QUARANTINE)


def test_a_frame_of_other_columns_is_refused(spark: SparkSession) -> None:
    with pytest.raises(TypeError, match="missing"):
        conform(spark.range(1), POSTS)


@pytest.mark.parametrize(
    ("lossy", "with_emoji", "is_lost"), [(30, 0, True), (30, 1, False), (19, 0, False)]
)
def test_an_encoding_was_lost_where_emoji_became_question_marks(
    lossy: int, with_emoji: int, is_lost: bool
) -> None:
    rows = [
        Row(source_file="b", reasons=[], records=900, lossy=lossy, with_emoji=0),
        Row(source_file="b", reasons=["x"], records=100, lossy=0, with_emoji=with_emoji),
        Row(source_file="a", reasons=[], records=100, lossy=0, with_emoji=0),
    ]
    said = lost_encodings.remarks(rows)
    assert bool(said) == is_lost
    assert all(line.startswith("b: captions have ??") for line in said)
    assert not lost_encodings.remarks([*rows[2:], rows[2]])
