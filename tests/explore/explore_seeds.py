"""Small tables for the tests of exploration, from a few known columns."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.catalog import TABLES

START = datetime(2017, 4, 3, 9, 17, 23)  # a Monday


def table(spark: SparkSession, name: str, rows: Iterable[Mapping[str, Any]]) -> DataFrame:
    """A table with its declared schema; what a row does not say is null."""
    schema = TABLES[name].schema
    for row in (rows := list(rows)):
        assert set(row) <= set(schema.names), set(row) - set(schema.names)
    return spark.createDataFrame([tuple(row.get(c) for c in schema.names) for row in rows], schema)


def post_rows(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of post_features: key, type, engagement and its rate follow from what is given."""
    made = []
    for number, row in enumerate(rows):
        likes, comments, followers = (row.get(c) for c in ("likes", "comments", "followers"))
        engagement = None if likes is None else likes + (comments or 0)
        rate = None if engagement is None or not followers else engagement / followers
        made.append(
            {
                "shortcode": f"p{number:05d}",
                "created_at": START + timedelta(days=number % 40, seconds=977 * number),
                "engagement": engagement,
                "engagement_rate": rate,
                **row,
            }
        )
    return made


def random_posts(accounts: int, seed: int) -> list[dict[str, Any]]:
    """Posts of accounts of every tier, with nulls and zeros, and small whole numbers to tie."""
    rnd = random.Random(seed)
    rows = []
    for owner in range(accounts):
        followers = rnd.choice([int(10 ** rnd.uniform(3, 6.4)), int(10 ** rnd.uniform(3, 6.4)), 0])
        if rnd.random() < 0.05:
            followers = None
        for _ in range(rnd.randint(1, 9)):
            likes = rnd.choice([None, 0, *[rnd.randint(1, 400) for _ in range(12)]])
            tags = rnd.choice([0, 0, 1, 3, 7, 25])
            rows.append(
                {
                    "owner_id": 1_000 + owner,
                    "likes": likes,
                    "comments": rnd.choice([None, 0, rnd.randint(1, 30)]),
                    "followers": followers,
                    "tier": tier(followers),
                    "content_type": rnd.choice([None, "photo", "photo", "carousel", "video"]),
                    "hashtag_count": tags,
                    "caption_length": rnd.randint(0, 40),
                    "emoji_count": rnd.choice([None, 0, 1, 2]),
                    "question": rnd.random() < 0.2,
                    "has_location": rnd.random() < 0.4,
                    "hour": rnd.randint(0, 23),
                    "day_of_week": rnd.randint(1, 7),
                    "post_age_days": rnd.uniform(0, 60),
                }
            )
    return post_rows(rows)


def tier(followers: int | None) -> str | None:
    if followers is None:
        return None
    edges = (10_000, 100_000, 500_000, 1_000_000)
    return ("nano", "micro", "mid", "macro", "mega")[sum(followers >= edge for edge in edges)]


def account_rows(posts: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of accounts, as far as exploration reads them."""
    by_owner: dict[int, list[Mapping[str, Any]]] = {}
    for post in posts:
        by_owner.setdefault(post["owner_id"], []).append(post)
    return [
        {
            "owner_id": owner,
            "owner_username": f"name{owner}",
            "followers": own[0].get("followers"),
            "tier": own[0].get("tier"),
            "posts": len(own),
            "last_post_at": max(post["created_at"] for post in own),
            "median_likes": median(post.get("likes") for post in own),
            "median_engagement_rate": median(post.get("engagement_rate") for post in own),
        }
        for owner, own in by_owner.items()
    ]


def median(values: Iterable[float | None]) -> float | None:
    known = sorted(value for value in values if value is not None)
    if not known:
        return None
    middle = len(known) // 2
    return float(known[middle] if len(known) % 2 else (known[middle - 1] + known[middle]) / 2)


def shuffled(frame: DataFrame, partitions: int) -> DataFrame:
    """The same rows in another order and other partitions."""
    order = F.xxhash64(*frame.columns, F.lit(partitions))
    return frame.orderBy(order).repartition(partitions)
