"""What is due, by what the ledger says."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from influencers.images import ledger
from influencers.images.tables import IMAGES
from influencers.measured.images import Images
from influencers.storage.table import conform

NOW = 1_700_000_000.0
WANTED = "image_key string, url string, host string, expires_at bigint"


def wanted(spark: SparkSession, *rows: tuple[str, str, int | None]) -> DataFrame:
    return spark.createDataFrame([(key, url, "h:80", end) for key, url, end in rows], WANTED)


def entries(spark: SparkSession, *rows: dict[str, Any]) -> DataFrame:
    names = IMAGES.schema.fieldNames()
    return spark.createDataFrame([[row.get(name) for name in names] for row in rows],
                                 IMAGES.schema)  # fmt: skip


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


def due(frame: DataFrame, known: DataFrame) -> dict[str, tuple[int, bool]]:
    rows = ledger.due(frame, known, now=NOW).collect()
    found = {row.image_key: (row.attempts, row.expired) for row in rows}
    assert len(found) == len(rows)
    return found


def test_everything_is_due_at_first(spark: SparkSession) -> None:
    images = wanted(spark, ("a", "u", None), ("b", "u", int(NOW)), ("c", "u", int(NOW) + 1))
    assert due(images, entries(spark)) == {"a": (0, False), "b": (0, True), "c": (0, False)}


def test_later_only_what_is_new_or_waited_for(spark: SparkSession) -> None:
    images = wanted(spark, *((key, "u", None) for key in "abcdef"))
    known = entries(
        spark,
        {"image_key": "a", "url": "u", "status": "ok", "attempts": 1},
        {"image_key": "b", "url": "u", "status": "not_found", "attempts": 1},
        {"image_key": "c", "url": "u", "status": "timeout", "attempts": 3,
         "next_attempt_at": at(NOW)},
        {"image_key": "d", "url": "u", "status": "timeout", "attempts": 3,
         "next_attempt_at": at(NOW + 1)},
        {"image_key": "e", "url": "u", "status": "timeout", "attempts": 8},
        {"image_key": "x", "url": "u", "status": "timeout", "next_attempt_at": at(NOW - 9)},
    )  # fmt: skip
    assert due(images, known) == {"c": (3, False), "f": (0, False)}


def test_a_newer_address_is_another_chance(spark: SparkSession) -> None:
    ends = {"a": int(NOW) + 9, "b": int(NOW) - 9, "c": None, "d": None, "e": None}
    images = wanted(spark, *((key, "new", end) for key, end in ends.items()))
    known = entries(
        spark,
        {"image_key": "a", "url": "old", "status": "expired", "attempts": 0},
        {"image_key": "b", "url": "old", "status": "expired", "attempts": 0},
        {"image_key": "c", "url": "old", "status": "forbidden", "attempts": 2},
        {"image_key": "d", "url": "new", "status": "forbidden", "attempts": 2},
        {"image_key": "e", "url": "old", "status": "ok", "attempts": 1},
    )
    assert due(images, known) == {"a": (0, False), "c": (0, False)}


def test_a_newer_address_is_asked_anew_after_passing_failures(spark: SparkSession) -> None:
    images = wanted(spark, *((key, "new", None) for key in "abcdef"), ("g", "new", int(NOW)))
    spent = {"url": "old", "attempts": 8}
    known = entries(
        spark,
        {"image_key": "a", "status": "timeout", **spent},
        {"image_key": "b", "status": "dns_error", **spent},
        # Its host wished to be left alone until then; the attempts were the old address's.
        {"image_key": "c", "status": "throttled", **spent, "next_attempt_at": at(NOW + 1)},
        {"image_key": "d", "status": "throttled", **spent, "next_attempt_at": at(NOW)},
        {"image_key": "e", "status": "not_found", **spent},
        # What is wrong with the image is wrong at any address.
        {"image_key": "f", "status": "too_many_pixels", **spent},
        {"image_key": "g", "status": "timeout", **spent},
    )
    fresh = (0, False)
    assert due(images, known) == {"a": fresh, "b": fresh, "d": fresh, "e": fresh}


def test_what_is_settled_without_asking_is_a_row_of_the_ledger(spark: SparkSession) -> None:
    images = ledger.due(wanted(spark, ("a", "u", 5)), entries(spark), now=NOW)
    row = conform(ledger.without_asking(images, "expired", now=NOW), IMAGES).first()
    assert row is not None
    assert (row.image_key, row.status, row.attempts, row.phash) == ("a", "expired", 0, None)
    assert row.fetched_at.timestamp() == NOW


def test_coverage_counts_what_posts_name(spark: SparkSession) -> None:
    images = wanted(spark, *((key, "u", None) for key in "abcd"))
    known = entries(
        spark,
        {"image_key": "a", "status": "ok"},
        {"image_key": "b", "status": "timeout", "next_attempt_at": at(NOW)},
        {"image_key": "c", "status": "ok"},
        {"image_key": "z", "status": "ok"},
    )
    found = ledger.coverage(images, known)
    by_status = {"not_asked": 1, "ok": 2, "timeout": 1}
    assert found == Images(wanted=4, ok=2, waiting=1, by_status=by_status)
    assert ledger.remarks(found) == [
        "images: 2 of 4 fetched; not_asked 1, timeout 1",
        "1 of them are to be asked for again by a later run",
    ]


def test_soft_blocks_are_said() -> None:
    by_status = {"html_answer": 3, "ok": 1, "placeholder": 1000}
    found = Images(wanted=1004, ok=1, waiting=0, by_status=by_status)
    assert ledger.remarks(found) == [
        "images: 1 of 1,004 fetched; placeholder 1,000, html_answer 3",
        "for 1,003 of them a host sent a page, a message, nothing or a placeholder: it may be "
        "turning you away, see images.requests_per_second",
    ]
