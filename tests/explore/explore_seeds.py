"""Small tables for the tests of exploration, from a few known columns."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.catalog import TABLES
from influencers.explore.cells import GROUPS, Cells, Groups, put_together
from influencers.explore.relative import relative_rate
from influencers.explore.rows import Rows
from influencers.storage.table import Table

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


def arrow_rows(name: str, rows: Iterable[Mapping[str, Any]]) -> Rows:
    """Rows of a declared table, and of columns that it does not have, as tasks see them."""
    rows = list(rows)
    schema = TABLES[name].arrow_schema
    declared = pa.Table.from_pylist([{c: row.get(c) for c in schema.names} for row in rows], schema)
    further = {key: None for row in rows for key in row if key not in schema.names}
    return Rows(declared).with_columns(**{c: pa.array([r.get(c) for r in rows]) for c in further})


def with_relative_rate(
    posts: Iterable[Mapping[str, Any]], accounts: Iterable[Mapping[str, Any]], *, min_posts: int
) -> list[dict[str, Any]]:
    """Posts with their `relative_rate`."""
    posts = list(posts)
    usual = {
        one["owner_id"]: one["median_engagement_rate"] if one["posts"] >= min_posts else None
        for one in accounts
    }
    rates = arrow_rows("post_features", posts).floats("engagement_rate")
    medians = pd.Series([usual.get(post["owner_id"]) for post in posts], dtype=float).to_numpy()
    relative = relative_rate(rates, medians).tolist()
    return [
        {**post, "relative_rate": None if rate != rate else rate}
        for post, rate in zip(posts, relative, strict=True)
    ]


def grouped(
    count: Callable[[Cells, Rows], None],
    name: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    tasks: int = 1,
) -> Groups:
    """The groups of rows that so many tasks have counted, each with whole accounts.

    Args:
        count: counts some rows.
        name: of their table.
        rows: of posts or accounts.
        tasks: how many there are.
    """
    parts = []
    for task in range(tasks):
        cells = Cells()
        own = [row for row in rows if row.get("owner_id", 0) % tasks == task]
        # Two calls of one task.
        half = {row.get("owner_id") for row in own[: len(own) // 2]}
        for inside in (True, False):
            part = [row for row in own if (row.get("owner_id") in half) == inside]
            if part:
                count(cells, arrow_rows(name, part))
        parts += cells.rows().to_batches()
    return Groups(pa.Table.from_batches(put_together(parts), GROUPS).to_pandas())


def declared(frame: pd.DataFrame, table: Table) -> pa.Table:
    """The rows of a table as it is written, in the order of its columns."""
    made = pa.Table.from_pandas(frame, schema=table.arrow_schema, preserve_index=False)
    assert set(frame.columns) == set(made.column_names)
    return made


def same_rows(
    found: pa.Table, table: Table, expected: Iterable[Mapping[str, Any]], digits: int = 9
) -> None:
    """Assert that a table has these rows, in any order; what a row does not say is null."""
    names = table.schema.names
    assert found.column_names == names

    def rounded(row: Mapping[str, Any]) -> tuple[Any, ...]:
        values = (row.get(name) for name in names)
        return tuple(round(v, digits) if isinstance(v, float) else v for v in values)

    assert sorted(map(rounded, found.to_pylist()), key=repr) == sorted(
        map(rounded, expected), key=repr
    )
