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
from influencers.schemas import SCHEMAS
from jobs.command_line import OUTPUT, Job, main

# Fetched rows on their way into the ledger: what a run that died had not entered yet is here.
_STAGED = "images_fetched"


def run(spark: SparkSession, config: Config) -> dict[str, Any]:
    """Fetch what is due; returns how many pictures there are and what became of them."""
    posts = tables.read(spark, config, "posts")
    wanted = keys.distinct_images(posts, mirrors=config.images.mirrors)
    wanted.persist(StorageLevel.DISK_ONLY)
    if tables.exists(spark, config, _STAGED):
        _enter(tables.read(spark, config, _STAGED), config)
    now = time.time()
    due = ledger.due(wanted, _ledger(spark, config), now=now).persist(StorageLevel.DISK_ONLY)
    try:
        expired, homeless = F.col("expired"), F.col("host").isNull()
        _enter(ledger.without_asking(due.where(expired), statuses.EXPIRED, now=now), config)
        lost = due.where(~expired & homeless)
        _enter(ledger.without_asking(lost, statuses.BAD_URL, now=now), config)
        asked = _fetch(due.where(~expired & ~homeless).drop("expired"), config)
        numbers = ledger.coverage(wanted, tables.read(spark, config, "images"))
        numbers |= {"due": due.count(), "asked": asked}
    finally:
        due.unpersist()
        wanted.unpersist()
    for line in ledger.remarks(numbers):
        progress.say(line)
    return {"images": numbers}


def _fetch(due: DataFrame, config: Config) -> int:
    """Fetch in portions, each entered when it is complete; how many there were."""
    spark = due.sparkSession
    cores = spark.sparkContext.defaultParallelism
    count = due.count()
    portions = math.ceil(count / (config.images.commit_images * cores))
    partitions = max(cores, min(2 * cores, count // 1000))
    secret = secrets.token_bytes(32)
    host, bind = session.driver_addresses(spark)
    options = settings.budget_options(config.images)
    with BudgetServer(options, secret, host=bind, port=config.images.budget_port) as server:
        address = (host, server.address[1])
        task = settings.fetch_task(config.images, budget_address=address, secret=secret)
        for portion in range(portions):
            its_own = F.pmod(F.xxhash64("image_key"), F.lit(portions)) == portion
            rows = due.where(its_own).repartition(partitions, "image_key")
            tables.write(rows.mapInArrow(task, SCHEMAS["images"]), config, _STAGED)
            _enter(tables.read(spark, config, _STAGED), config)
            if portions > 1:
                progress.say(f"portion {portion + 1} of {portions} fetched and entered")
    return count


def _ledger(spark: SparkSession, config: Config) -> DataFrame | None:
    return tables.read(spark, config, "images") if tables.exists(spark, config, "images") else None


def _enter(rows: DataFrame, config: Config) -> None:
    tables.merge(
        rows,
        config,
        "images",
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
