"""What was posted before with the same image: nothing of later posts."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from pyspark.sql import SparkSession

from influencers.features.duplicates import (
    COLUMNS,
    OF_ACCOUNT,
    account_copies,
    copy_features,
)
from influencers.images import shown
from influencers.models.rows.frames import with_images

START = datetime(2020, 1, 1, tzinfo=timezone.utc)
POSTS = "shortcode string, owner_id bigint, created_at timestamp, image_url string"
IMAGES = "image_key string, status string, phash bigint, sha256 string, degenerate boolean"
PAIRS = "a string, b string, distance int, link string"
LEDGER = [
    ("x.example/a", "ok", 1, "sa", False), ("x.example/b", "ok", 3, "sb", False),
    ("x.example/c", "ok", 7, "sc", False), ("x.example/a2", "ok", 1, "sa2", False),
    ("x.example/blank", "ok", 0, "blank", True), ("x.example/other", "ok", 0, "grey", True),
    ("x.example/gone", "not_found", None, None, None),
]  # fmt: skip
# a is near b, b near c; a2 has the hash of a.
LINKS = [
    ("x.example/a", "x.example/b", 1, "near"), ("x.example/b", "x.example/c", 1, "near"),
    ("x.example/a", "x.example/a2", 0, "same_hash"),
]  # fmt: skip


def counted(
    spark: SparkSession, posts: list[tuple[str, int, float, str]]
) -> dict[str, list[float]]:
    rows = [
        (code, owner, START + timedelta(days=days), f"https://x.example/{name}")
        for code, owner, days, name in posts
    ]
    frame = spark.createDataFrame(rows, POSTS)
    found = copy_features(
        frame,
        shown.of_posts(frame, mirrors=()),
        spark.createDataFrame(LEDGER, IMAGES),
        spark.createDataFrame(LINKS, PAIRS),
    )
    return {row.shortcode: [row[name] for name in COLUMNS] for row in found.collect()}


def test_earlier_posts_and_accounts_are_counted(spark: SparkSession) -> None:
    found = counted(spark, [
        ("1", 10, 0, "a"), ("2", 10, 1, "a2"), ("3", 20, 2, "b"), ("4", 30, 2, "c"),
        ("5", 10, 4, "a"), ("6", 20, 4.5, "c"), ("7", 1, 1, "blank"), ("8", 2, 2, "other"),
        ("9", 3, 3, "blank"), ("10", 4, 4, "gone"),
    ])  # fmt: skip
    assert found == {
        "1": [0, 0, 1, 0],
        "2": [1, 1, 0, 1],
        "3": [2, 1, 0, 2],
        # Of the same moment as 3, which is not strictly earlier; a is not near c.
        "4": [0, 0, 1, 0],
        "5": [3, 2, 0, 4],
        "6": [2, 2, 0, 2.5],
        "7": [0, 0, 1, 0],
        "8": [0, 0, 1, 0],
        "9": [1, 1, 0, 2],
    }


def test_later_posts_change_nothing(spark: SparkSession) -> None:
    early = [("1", 10, 0.0, "a"), ("2", 20, 1.0, "c"), ("3", 30, 2.0, "a2")]
    later = [("4", 40, 3.0, "b"), ("5", 10, 3.0, "a")]
    before, after = counted(spark, early), counted(spark, early + later)
    assert before == {code: after[code] for code in before}


def test_an_account_has_the_share_that_was_posted_before(spark: SparkSession) -> None:
    posts = spark.createDataFrame(
        [(f"s{n}", owner) for n, owner in enumerate((1, 1, 1, 2, 3))],
        "shortcode string, owner_id long",
    )
    known = spark.createDataFrame(
        [("s0", 1.0), ("s1", 0.0), ("s2", 0.0), ("s3", 1.0)],
        "shortcode string, copy_is_first double",
    )
    found = account_copies(posts, known)
    assert {row.owner_id: row.copied_share for row in found.collect()} == {1: 2 / 3, 2: 0.0}
    owners = posts.select("owner_id").distinct()
    unknown = with_images(owners, None, None, model="influence")
    assert {row[OF_ACCOUNT[0]] for row in unknown.collect()} == {None}
