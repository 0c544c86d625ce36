"""Images: fetch the images that are due, measure them, and enter every outcome."""

from __future__ import annotations

import sys
import time
from dataclasses import replace

from pyspark.sql import DataFrame, SparkSession

from influencers import progress
from influencers.config import Config
from influencers.images import keys, ledger, shown
from influencers.images.portions import portions
from influencers.images.tables import IMAGES, IMAGES_FETCHED, POST_IMAGES
from influencers.ingest.tables import POSTS
from influencers.measured.metrics import Metrics
from influencers.run import persisted
from influencers.storage import tables
from jobs.command_line import OUTPUT, Job, main


def run(spark: SparkSession, config: Config) -> Metrics:
    """Fetch what is due; returns how many images there are and what became of them."""
    if not tables.read_or_empty(spark, config, IMAGES_FETCHED).isEmpty():
        _enter_staged(spark, config)
        _empty_staged(spark, config)
    posts, mirrors, now = tables.read(spark, config, POSTS), config.images.mirrors, time.time()
    # Before any image is entered: no run that dies leaves one of which nobody knows whose it is.
    tables.write(shown.of_posts(posts, mirrors=mirrors), config, POST_IMAGES)
    with persisted.frames() as keep:
        wanted = keep(keys.distinct_images(posts, mirrors=mirrors))
        known = tables.read_or_empty(spark, config, IMAGES)
        due = keep(ledger.due(wanted, known, now=now))
        count, asked = ledger.count_due(due)
        if count:
            with portions(due, count, config.images, now=now) as (parts, settled):
                for part, rows in enumerate(settled, start=1):
                    _enter(rows, config)
                    if parts > 1:
                        progress.say(f"portion {part} of {parts} fetched and entered")
            _empty_staged(spark, config)
        elif not tables.exists(spark, config, IMAGES):
            tables.write(known, config, IMAGES)
        numbers = ledger.coverage(wanted, tables.read(spark, config, IMAGES))
    progress.say(*ledger.remarks(numbers))
    return Metrics(images=replace(numbers, due=count, asked=asked))


def _enter(rows: DataFrame, config: Config) -> None:
    """Enter rows that must not be computed twice, as a merge might do."""
    if tables.exists(rows.sparkSession, config, IMAGES):
        tables.write(rows, config, IMAGES_FETCHED)
        _enter_staged(rows.sparkSession, config)
    else:
        tables.create(rows, config, IMAGES)


def _enter_staged(spark: SparkSession, config: Config) -> None:
    """Enter what was fetched in the ledger; a row that is there already stays as it is."""
    newer, rows = ledger.newer("source", "target"), tables.read(spark, config, IMAGES_FETCHED)
    tables.merge(rows, config, IMAGES, keys=IMAGES.key, update_when=newer)


def _empty_staged(spark: SparkSession, config: Config) -> None:
    if tables.exists(spark, config, IMAGES_FETCHED):
        tables.write(spark.createDataFrame([], IMAGES_FETCHED.schema), config, IMAGES_FETCHED)


JOB = Job(
    name="images",
    summary="Fetch the images of posts that are due, measure them, and enter every outcome.",
    reads="tables posts, images; the image URLs of posts",
    writes="tables post_images, images",
    run=run, options=(OUTPUT,),
)  # fmt: skip

if __name__ == "__main__":
    sys.exit(main(JOB))
