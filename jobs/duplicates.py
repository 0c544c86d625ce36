"""Duplicates: every pair of near-duplicate pictures, and the groups they form."""

from __future__ import annotations

import sys
from typing import Any

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers import files, progress, tables
from influencers.config import Config
from influencers.duplicates.components import components
from influencers.duplicates.groups import count_groups, grouped
from influencers.duplicates.links import LINKS, copied, linked
from influencers.duplicates.pictures import fetched_pictures, listed_hashes
from influencers.duplicates.plan import near_pairs
from jobs.command_line import OUTPUT, Job, Option, main


def run(spark: SparkSession, config: Config) -> dict[str, Any]:
    """Find the pairs, link the pictures, group them; returns the numbers."""
    settings = config.duplicates
    pictures = _pictures(spark, config).persist(StorageLevel.DISK_ONLY)
    compared = pictures.where(F.col("phash").isNotNull() & (F.col("id") == F.col("first_of_bytes")))
    cores = spark.sparkContext.defaultParallelism
    try:
        with near_pairs(
            compared, radius=settings.radius, most_candidates=settings.most_candidates, cores=cores
        ) as (found, search):
            progress.say(search.remark())
            near = found.persist(StorageLevel.DISK_ONLY)
            near.count()
        copies = copied(pictures, near).persist(StorageLevel.DISK_ONLY)
        try:
            tables.write(linked(copies, near), config, "duplicate_pairs")
            with components(near, driver_pairs=settings.driver_pairs) as hanging:
                groups = grouped(copies, hanging, radius=settings.radius)
                tables.write(groups, config, "duplicate_groups")
        finally:
            copies.unpersist()
            near.unpersist()
        counts = {"images": pictures.count(), "compared": search.hashes}
    finally:
        pictures.unpersist()
    links = tables.read(spark, config, "duplicate_pairs").groupBy("link").count().collect()
    counts |= {name: 0 for name in LINKS} | {row["link"]: row["count"] for row in links}
    counts["pairs"] = sum(counts[name] for name in LINKS)
    counts |= count_groups(tables.read(spark, config, "duplicate_groups"))
    return {"duplicates": {**counts, "search": search.numbers()}}


def _pictures(spark: SparkSession, config: Config) -> DataFrame:
    listed = config.duplicates.hashes
    if listed:
        files.list_files(spark, listed)  # says what is wrong with the path in one line
        return listed_hashes(spark.read.parquet(listed), source=listed)
    images, posts = tables.read(spark, config, "images"), tables.read(spark, config, "posts")
    return fetched_pictures(images, posts, mirrors=config.images.mirrors)


JOB = Job(
    name="duplicates",
    summary="Find every pair of near-duplicate pictures, and the groups they form.",
    reads="tables/images, tables/posts, or with --hashes Parquet of id string, phash bigint",
    writes="tables/duplicate_pairs, tables/duplicate_groups",
    run=run,
    options=(
        OUTPUT,
        Option("--hashes", "duplicates.hashes", "Parquet of id, phash instead of images"),
        Option("--radius", "duplicates.radius", "bits in which two may differ, 0 to 10"),
    ),
)

if __name__ == "__main__":
    sys.exit(main(JOB))
