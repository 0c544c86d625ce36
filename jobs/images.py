"""Images: fetch the pictures that are due, measure them, and enter every outcome."""

from __future__ import annotations

import math
import secrets
import sys
import time
from typing import Any

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers import progress, session, tables
from influencers.config import Config
from influencers.images import keys, ledger, settings, statuses
from influencers.images.budget_server import BudgetServer
from influencers.images.tables import IMAGES, IMAGES_FETCHED
from influencers.ingest.tables import POSTS
from jobs.command_line import OUTPUT, Job, main

# Fetched rows on their way into the ledger: what a run that died had not entered yet is here.
_STAGED = IMAGES_FETCHED
_SCHEMA = IMAGES.schema


def run(spark: SparkSession, config: Config) -> dict[str, Any]:
    """Fetch what is due; returns how many pictures there are and what became of them."""
    if tables.exists(spark, config, _STAGED) and not _staged(spark, config).isEmpty():
        _enter_staged(spark, config)
        _empty_staged(spark, config)
    posts = tables.read(spark, config, POSTS)
    wanted = keys.distinct_images(posts, mirrors=config.images.mirrors)
    wanted.persist(StorageLevel.DISK_ONLY)
    now = time.time()
    due = ledger.due(wanted, _ledger(spark, config), now=now).persist(StorageLevel.DISK_ONLY)
    try:
        hopeless = F.col("expired") | F.col("host").isNull()
        count, asked = due.agg(F.count("*"), F.count_if(~hopeless)).head()  # type: ignore[misc]
        if count:
            _settle(due.withColumn("hopeless", hopeless), count, config, now=now)
        elif not tables.exists(spark, config, IMAGES):
            tables.write(_ledger(spark, config), config, IMAGES)
        numbers = ledger.coverage(wanted, tables.read(spark, config, IMAGES))
    finally:
        due.unpersist()
        wanted.unpersist()
    for line in ledger.remarks(numbers):
        progress.say(line)
    return {"images": {**numbers, "due": count, "asked": asked}}


def _settle(due: DataFrame, count: int, config: Config, *, now: float) -> None:
    """See to all that is due, in portions, each entered when it is complete."""
    spark = due.sparkSession
    cores = spark.sparkContext.defaultParallelism
    portions = math.ceil(count / (config.images.commit_images * cores))
    partitions = max(cores, min(2 * cores, count // 1000))
    secret = secrets.token_bytes(32)
    host, bind = session.driver_addresses(spark)
    options = settings.budget_options(config.images)
    status = F.when(F.col("expired"), statuses.EXPIRED).otherwise(statuses.BAD_URL)
    with BudgetServer(options, secret, host=bind, port=config.images.budget_port) as server:
        address = (host, server.address[1])
        task = settings.fetch_task(config.images, budget_address=address, secret=secret)
        for portion in range(portions):
            rows = due.where(F.pmod(F.xxhash64("image_key"), F.lit(portions)) == portion)
            asked = rows.where("NOT hopeless").select("image_key", "url", "host", "attempts")
            fetched = asked.repartition(partitions, "image_key").mapInArrow(task, _SCHEMA)
            settled = ledger.without_asking(rows.where("hopeless"), status, now=now)
            _enter(fetched.unionByName(settled), config)
            if portions > 1:
                progress.say(f"portion {portion + 1} of {portions} fetched and entered")
    if tables.exists(spark, config, _STAGED):
        _empty_staged(spark, config)


def _ledger(spark: SparkSession, config: Config) -> DataFrame:
    if tables.exists(spark, config, IMAGES):
        return tables.read(spark, config, IMAGES)
    return spark.createDataFrame([], _SCHEMA)


def _enter(rows: DataFrame, config: Config) -> None:
    """Enter rows that must not be computed twice, as a merge might do."""
    spark = rows.sparkSession
    if tables.exists(spark, config, IMAGES):
        tables.write(rows, config, _STAGED)
        _enter_staged(spark, config)
    else:
        tables.create(rows, config, IMAGES)


def _staged(spark: SparkSession, config: Config) -> DataFrame:
    return tables.read(spark, config, _STAGED)


def _empty_staged(spark: SparkSession, config: Config) -> None:
    tables.write(spark.createDataFrame([], _SCHEMA), config, _STAGED)


def _enter_staged(spark: SparkSession, config: Config) -> None:
    """Enter what was fetched in the ledger; a row that is there already stays as it is."""
    tables.merge(
        _staged(spark, config),
        config,
        IMAGES,
        keys=["image_key"],
        update_when=ledger.newer("source", "target"),
    )


JOB = Job(
    name="images",
    summary="Fetch the pictures of posts that are due, measure them, and enter every outcome.",
    reads="tables posts, images; the picture addresses of posts",
    writes="table images",
    run=run,
    options=(OUTPUT,),
)

if __name__ == "__main__":
    sys.exit(main(JOB))
