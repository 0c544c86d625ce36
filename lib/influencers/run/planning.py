"""How Spark plans a stage: the queries of few posts at once, those of many step by step.

Adaptive execution runs a job for each shuffle and plans what is left anew by what it has seen. Of
few rows there is nothing to see, and half of all jobs are such.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from influencers.config import Config
from influencers.storage.store import Store
from influencers.storage.table import Table

# Of 100,000 posts, training takes a tenth longer when it is planned at once.
MOST_POSTS = 20_000
# More partitions than this are more tasks than few rows are worth.
_MOST_PARTITIONS = 4
_ADAPTIVE, _PARTITIONS = "spark.sql.adaptive.enabled", "spark.sql.shuffle.partitions"


@contextmanager
def planned(store: Store, name: str, *, posts: Table) -> Iterator[None]:
    """Plan the queries of a stage by how many posts the output has, until the block ends.

    Results are the same either way.

    Args:
        store: of the output.
        name: of the stage, or of the job.
        posts: the table posts.
    """
    spark = store.spark
    if not _is_of_posts(store.config, name) or not store.has_few(posts, most=MOST_POSTS):
        yield
        return
    before = {key: str(spark.conf.get(key)) for key in (_ADAPTIVE, _PARTITIONS)}
    cores = spark.sparkContext.defaultParallelism
    partitions = min(int(before[_PARTITIONS]), cores, _MOST_PARTITIONS)
    spark.conf.set(_ADAPTIVE, False)
    spark.conf.set(_PARTITIONS, partitions)
    try:
        yield
    finally:
        for key, value in before.items():
            spark.conf.set(key, value)


def _is_of_posts(config: Config, name: str) -> bool:
    """Whether a stage works on what is made of the posts of the output, and on nothing else."""
    others = {"duplicates": config.duplicates.hashes, "communities": config.communities.edges}
    known = (
        "features", "growth", "images", "duplicates", "communities", "explore", "train", "report",
    )  # fmt: skip
    return name in known and not others.get(name)
