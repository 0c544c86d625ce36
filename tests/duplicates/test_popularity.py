from __future__ import annotations

from datetime import datetime, timezone

import pytest
from pyspark.sql import SparkSession

from influencers.duplicates.popularity import most_copied
from influencers.images import shown

POSTS = (
    "shortcode string, owner_id bigint, owner_username string, created_at timestamp, "
    "image_url string"
)


@pytest.mark.parametrize("column", ["images", "pictures"], ids=["table", "earlier table"])
def test_groups_with_the_most_posts_come_first(spark: SparkSession, column: str) -> None:
    def at(day: int) -> datetime:
        return datetime(2020, 1, day, tzinfo=timezone.utc)

    groups = spark.createDataFrame(
        [
            ("x.example/b", "x.example/a", 2, 3), ("x.example/a", "x.example/a", 2, 3),
            ("x.example/c", "x.example/c", 2, 0), ("x.example/d", "x.example/c", 2, 0),
            ("x.example/e", "x.example/e", 2, 0), ("x.example/f", "x.example/e", 2, 0),
        ],
        f"image_key string, representative string, {column} bigint, diameter int",
    )  # fmt: skip
    posts = spark.createDataFrame(
        [
            ("2", 1, "one", at(2), "http://x.example/a"), ("1", 2, "two", at(2), "http://x.example/b"),
            ("3", 1, "one", at(9), "http://x.example/b"), ("4", 3, "three", at(4), "http://x.example/c"),
            ("5", 4, "four", at(3), "http://x.example/e"), ("6", 5, None, at(1), "http://x.example/z"),
        ],
        POSTS,
    )  # fmt: skip
    images = spark.createDataFrame(
        [("x.example/a", b"look"), ("x.example/z", b"other")],
        "image_key string, thumbnail binary",
    )
    post_images = shown.of_posts(posts, mirrors=())
    rows = most_copied(groups, posts, post_images, images, limit=2).collect()
    assert [row.thumbnail for row in rows] == [b"look", None]
    assert [row.images for row in rows] == [2, 2]
    assert [
        (row.representative, row.posts, row.accounts, row.first_account, row.first_post.day,
         row.last_post.day, row.diameter)
        for row in rows
    ] == [
        ("x.example/a", 3, 2, "two", 2, 9, 3), ("x.example/c", 1, 1, "three", 4, 4, 0)
    ]  # fmt: skip
