"""Small accounts full of what goes wrong: equal times, unknown values, awkward captions."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from influencers.catalog import TABLES
from influencers.ingest import captions
from influencers.ingest.tables import POSTS

Post = dict[str, Any]

START = 1_500_000_000
CAPTIONS = (
    None,
    "one",
    " two\u00a0words\t",
    "a\r\nb\nc\rd\u2028e\u2029f\u0085g",
    "❤👨\u200d👩\u200d👧🇫🇷",
    "   ",
    "\n",
    "Why? ¿No?",
    "τι\u037e",
    "semicolon; none",
    "صورة؟ 😀",
    "写真？",
    "#a #b @c\n\n#d",
    "𝒲ide 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
)
COUNTS = (None, 0, 1, 2, 7, 100, 99_999)
FOLLOWERS = (None, 0, 1, 9_999, 10_000, 99_999, 100_000, 500_000, 999_999, 1_000_000, 250_000_000)


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


def post(shortcode: str, owner_id: int, seconds: int, **fields: Any) -> Post:
    """A post with nothing but its keys and what is named."""
    empty = dict.fromkeys(POSTS.schema.fieldNames())
    keys = {"shortcode": shortcode, "owner_id": owner_id, "created_at": at(seconds)}
    return empty | keys | fields


def random_posts(seed: int, *, accounts: int, most: int) -> list[Post]:
    """Posts of accounts with 1 to `most` posts each, in no order."""
    chance = random.Random(seed)
    posts = [
        one
        for owner_id in range(1, accounts + 1)
        for one in random_account(chance, owner_id, chance.randint(1, most))
    ]
    chance.shuffle(posts)
    return posts


def random_account(chance: random.Random, owner_id: int, posts: int) -> list[Post]:
    """One account; from all posts in one second to hardly any two."""
    times = chance.choice((1, 4, 20, 5_000_000))
    followers = [chance.choice(FOLLOWERS) for _ in range(chance.choice((1, 1, 3)))]
    # Random names: the order of shortcodes says nothing about that of times.
    return [
        post(
            f"{chance.getrandbits(40):010x}-{owner_id}-{number}",
            owner_id,
            START + chance.randrange(times),
            owner_username=f"owner{owner_id}",
            username=chance.choice((None, "A", "B")),
            is_video=chance.choice((None, True, False)),
            multiple_images=chance.choice((None, True, False)),
            caption=chance.choice(CAPTIONS),
            likes=chance.choice(COUNTS),
            comments=chance.choice(COUNTS),
            location=chance.choice((None, "Rome")),
            followers=chance.choice(followers),
            following=chance.choice((None, 0, 3, 7_500)),
            hashtags=chance.choice(([], ["a"], ["a", "b", "c"])),
            mentions=chance.choice(([], ["x", "y"])),
            crawled_at=chance.choice((None, None, at(START + 10**7 + chance.randrange(3)))),
        )
        for number in range(posts)
    ]


def posts_frame(spark: SparkSession, posts: Sequence[Post]) -> DataFrame:
    """The table posts with these rows, and what is counted in their captions."""
    counts = [count.column.name for count in captions.COUNTS]
    return captions.with_counts(table_frame(spark, "posts", posts).drop(*counts))


def table_frame(spark: SparkSession, table: str, rows: Sequence[Post]) -> DataFrame:
    """Any declared table with these rows."""
    schema = TABLES[table].schema
    return spark.createDataFrame(
        [tuple(row[name] for name in schema.fieldNames()) for row in rows], schema
    )
