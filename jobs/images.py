"""Images: fetch the images that are due, measure them, and enter every outcome."""

from __future__ import annotations

import sys
import time
from dataclasses import replace

from pyspark.sql import DataFrame, SparkSession

from influencers import progress
from influencers.config import Config
from influencers.images import keys, ledger, placeholders, settings, shown
from influencers.images.portions import portions
from influencers.images.tables import IMAGES, IMAGES_FETCHED, POST_IMAGES
from influencers.ingest.tables import POSTS
from influencers.measured.metrics import Metrics
from influencers.run import persisted
from influencers.storage.store import Store
from jobs.command_line import OUTPUT, Job, main


def run(spark: SparkSession, config: Config) -> Metrics:
    """Fetch what is due; returns how many images there are and what became of them."""
    store = Store(spark, config)
    if not store.read_or_empty(IMAGES_FETCHED).isEmpty():
        _enter_staged(store)
        _empty_staged(store)
    posts, mirrors, now = store.read(POSTS), config.images.mirrors, time.time()
    # Before any image is entered: no run that dies leaves one of which nobody knows whose it is.
    of_posts = shown.of_posts(posts, mirrors=mirrors)
    store.write(of_posts, POST_IMAGES, few=store.has_few(POSTS))
    with persisted.frames() as keep:
        wanted = keep(keys.distinct_images(posts, mirrors=mirrors))
        known = store.read_or_empty(IMAGES)
        due = keep(ledger.due(wanted, known, now=now))
        count, asked = ledger.count_due(due)
        if count:
            digests = placeholders.known(known) if config.images.placeholder_posts else []
            fetching = portions(due, count, config.images, placeholders=digests, now=now)
            with fetching as (parts, settled):
                for part, rows in enumerate(settled, start=1):
                    _enter(rows, store)
                    if parts > 1:
                        progress.say(f"portion {part} of {parts} fetched and entered")
        elif not store.exists(IMAGES):
            store.write(known, IMAGES)
        _enter_placeholders(store, config, posts)
        _empty_staged(store)
        numbers = ledger.coverage(wanted, store.read(IMAGES))
    progress.say(*ledger.remarks(numbers))
    return Metrics(images=replace(numbers, due=count, asked=asked))


def _enter_placeholders(store: Store, config: Config, posts: DataFrame) -> None:
    """Enter what came in place of images, and could not be told before all were there."""
    rule = placeholders.Rule(config.images.placeholder_posts, config.images.mirrors)
    images = store.read(IMAGES)
    with persisted.frames() as keep:
        suspects = keep(placeholders.suspects(images, rule))
        if suspects.isEmpty():
            return
        found = placeholders.found(images, suspects, store.read(POST_IMAGES), posts, rule)
        policy = settings.retry_policy(config.images)
        _enter(placeholders.rows(images, found, rule, policy, now=time.time()), store)


def _enter(rows: DataFrame, store: Store) -> None:
    """Enter rows that must not be computed twice, as a merge might do."""
    if store.exists(IMAGES):
        store.write(rows, IMAGES_FETCHED)
        _enter_staged(store)
    else:
        store.create(rows, IMAGES)


def _enter_staged(store: Store) -> None:
    """Enter what was fetched in the ledger; a row that is there already stays as it is."""
    newer, rows = ledger.newer("source", "target"), store.read(IMAGES_FETCHED)
    store.merge(rows, IMAGES, keys=IMAGES.key, update_when=newer)


def _empty_staged(store: Store) -> None:
    if store.exists(IMAGES_FETCHED):
        store.write_rows(IMAGES_FETCHED.arrow_schema.empty_table(), IMAGES_FETCHED)


JOB = Job(
    name="images", run=run, options=(OUTPUT,),
    summary="Fetch the images of posts that are due, measure them, and enter every outcome.",
    reads="tables posts, images; the image URLs of posts",
    writes="tables post_images, images",
)  # fmt: skip

if __name__ == "__main__":
    sys.exit(main(JOB))
