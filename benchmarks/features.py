"""One account with ever more posts: the time to describe it must grow no faster than they do.

    PYTHONPATH=lib:. .venv/bin/python benchmarks/features.py [--posts 10000 100000 1000000]

Measures the pass that makes both tables (`posts_and_accounts`) without reading or writing storage,
with a post a minute and with all posts in one second. The account is one task's work, whatever the
machine.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.config import FeaturesConfig
from influencers.features.describe import posts_and_accounts
from influencers.ingest.tables import POSTS
from influencers.run import persisted
from influencers.run.session import build_session

_START = 1_500_000_000
# Columns need a session, so they are made when one is there.
_TIMES: dict[str, Callable[[], Column]] = {
    "a post a minute": lambda: F.lit(_START) + F.col("id") * 60,
    "all in one second": lambda: F.lit(_START),
}


def one_account(spark: SparkSession, posts: int, second: Column) -> DataFrame:
    """The table posts of a single account."""
    given = {
        "shortcode": F.hex(F.xxhash64("id")),
        "owner_id": F.lit(1),
        "caption": F.concat(F.lit("A caption 😀 #tag "), F.col("id")),
        "likes": F.pmod(F.xxhash64(F.lit(1), "id"), F.lit(5_000)),
        "comments": F.pmod(F.xxhash64(F.lit(2), "id"), F.lit(100)),
        "created_at": F.timestamp_seconds(second),
        "followers": F.lit(20_000),
    }
    columns = (
        given.get(field.name, F.lit(None)).cast(field.dataType).alias(field.name)
        for field in POSTS.schema
    )
    return spark.range(posts).select(*columns)


def seconds(frame: DataFrame) -> float:
    """The time to compute every row and column."""
    start = time.perf_counter()
    frame.write.format("noop").mode("overwrite").save()
    return time.perf_counter() - start


def measure(posts: DataFrame) -> dict[str, float]:
    """Seconds for post_features with the pass, and for accounts of the same pass."""
    options = FeaturesConfig()
    with persisted.frames() as keep:
        described = posts_and_accounts(
            posts,
            tier_edges=options.tier_edges,
            history_length=options.history_posts,
            keep=keep,
        )
        return {
            "post_features": seconds(described.post_features),
            "accounts on top": seconds(described.accounts),
        }


def report(spark: SparkSession, sizes: list[int]) -> None:
    """Print seconds, and their growth for each tenfold (or other) growth in posts."""
    for times, second in _TIMES.items():
        measure(one_account(spark, sizes[0], second()))  # compiles the plans
        last: dict[str, float] = {}
        for posts in sizes:
            found = measure(one_account(spark, posts, second()))
            for name, took in found.items():
                growth = f"x {took / last[name]:.1f}" if name in last else ""
                print(f"{times:<18} {posts:>10,} posts  {name:<16} {took:8.2f} s  {growth}")
            last = found


def main() -> None:
    """Read the sizes and print the measurements."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--master", default="local[2]")
    chosen = parser.parse_args()
    spark = build_session("benchmark features", {"spark.master": chosen.master})
    report(spark, sorted(chosen.posts))
    spark.stop()


if __name__ == "__main__":
    main()
