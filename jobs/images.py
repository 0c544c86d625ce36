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
    _begin(spark, config)
    posts = tables.read(spark, config, "posts")
    wanted = keys.distinct_images(posts, mirrors=config.images.mirrors)
    wanted.persist(StorageLevel.DISK_ONLY)
    now = time.time()
    due = ledger.due(wanted, tables.read(spark, config, "images"), now=now)
    due.persist(StorageLevel.DISK_ONLY)
    try:
        hopeless = F.col("expired") | F.col("host").isNull()
        all_due, settled = due.agg(F.count("*"), F.count_if(hopeless)).head()  # type: ignore[misc]
        if settled:
            status = F.when(F.col("expired"), statuses.EXPIRED).otherwise(statuses.BAD_URL)
            _enter(ledger.without_asking(due.where(hopeless), status, now=now), config)
        asked = all_due - settled
        if asked:
            _fetch(due.where(~hopeless).drop("expired"), asked, config)
        numbers = ledger.coverage(wanted, tables.read(spark, config, "images"))
    finally:
        due.unpersist()
        wanted.unpersist()
    for line in ledger.remarks(numbers):
        progress.say(line)
    return {"images": {**numbers, "due": all_due, "asked": asked}}


def _begin(spark: SparkSession, config: Config) -> None:
    """Have both tables, and enter what a run that died had fetched and not entered."""
    for name in ("images", _STAGED):
        if not tables.exists(spark, config, name):
            tables.write(spark.createDataFrame([], SCHEMAS[name]), config, name)
    staged = tables.read(spark, config, _STAGED)
    if not staged.isEmpty():
        _enter(staged, config)


def _fetch(due: DataFrame, count: int, config: Config) -> None:
    """Fetch in portions, each entered when it is complete."""
    spark = due.sparkSession
    cores = spark.sparkContext.defaultParallelism
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
    tables.write(spark.createDataFrame([], SCHEMAS[_STAGED]), config, _STAGED)


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
