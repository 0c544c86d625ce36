"""Duplicates: every pair of near-duplicate images, and the groups they form."""

from __future__ import annotations

import sys

from pyspark.sql import DataFrame, SparkSession

from influencers import progress
from influencers.config import Config
from influencers.duplicates.groups import count_groups, grouped
from influencers.duplicates.images import fetched_images, listed_hashes
from influencers.duplicates.links import copied, count_links, linked
from influencers.duplicates.plan import near_pairs
from influencers.duplicates.tables import DUPLICATE_GROUPS, DUPLICATE_PAIRS
from influencers.graph.components import components
from influencers.images import shown
from influencers.images.tables import IMAGES
from influencers.ingest.tables import POSTS
from influencers.measured.images import Duplicates
from influencers.measured.metrics import Metrics
from influencers.run import persisted
from influencers.storage import input_files
from influencers.storage.checkpoints import checkpoints
from influencers.storage.store import Store
from jobs.command_line import OUTPUT, Job, Option, main


def run(spark: SparkSession, config: Config) -> Metrics:
    """Find the pairs, link the images, group them; returns the numbers."""
    store, settings = Store(spark, config), config.duplicates
    few = not settings.hashes and store.has_few(POSTS)
    with checkpoints(spark, config), persisted.frames() as keep:
        # A file is read again sooner than its rows are kept; what is joined is not.
        file = input_files.read_parquet_as_is(spark, settings.hashes) if settings.hashes else None
        listed = None if file is None else listed_hashes(file, source=settings.hashes)
        images = keep(_fetched(store, config)) if listed is None else listed
        compared = images.where("phash IS NOT NULL AND id = first_of_bytes")
        with near_pairs(
            compared, radius=settings.radius, max_candidates=settings.max_candidates,
            cores=spark.sparkContext.defaultParallelism,
        ) as (pairs, search):  # fmt: skip
            progress.say(search.remark())
            near = keep(pairs)
            near.count()
        copies = keep(copied(images, near))
        # Counted as they are kept: to read a table that was just written takes seconds.
        links = keep(linked(copies, near))
        store.write(links, DUPLICATE_PAIRS, few=few)
        image_count, counts = images.count(), count_links(links)
        left_out = None if file is None else file.count() - image_count
        if left_out:
            progress.say(f"{left_out:,} rows without id or phash left out")
        with components(near, driver_pairs=settings.driver_pairs) as hanging:
            groups = keep(grouped(copies, hanging, radius=settings.radius))
            store.write(groups, DUPLICATE_GROUPS, few=few)
        counts |= count_groups(groups)
    return Metrics(duplicates=Duplicates(
        images=image_count, compared=search.hashes, left_out=left_out, search=search.numbers(),
        **counts,
    ))  # fmt: skip


def _fetched(store: Store, config: Config) -> DataFrame:
    images, posts = store.read(IMAGES), store.read(POSTS)
    progress.say(*shown.remarks(store, config))
    return fetched_images(images, posts, shown.read(store, config, posts))


JOB = Job(
    name="duplicates",
    summary="Find every pair of near-duplicate images, and the groups they form.",
    reads="tables images, post_images, posts; or with --hashes Parquet of id string, phash bigint",
    writes="tables duplicate_pairs, duplicate_groups",
    run=run,
    options=(OUTPUT, Option("--hashes", "duplicates.hashes", metavar="FILE"),
             Option("--radius", "duplicates.radius", metavar="BITS")),
)  # fmt: skip

if __name__ == "__main__":
    sys.exit(main(JOB))
