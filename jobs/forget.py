"""Forget: an output without some accounts, in its tables, their old versions, and its files."""

from __future__ import annotations

import dataclasses
import sys

from pyspark.sql import SparkSession

from influencers import erasure, progress
from influencers.config import Config
from influencers.images.tables import POST_IMAGES
from influencers.ingest.posts import held
from influencers.ingest.tables import POSTS
from influencers.measured.metrics import Metrics
from influencers.run import manifest, metrics
from influencers.storage import files, forgotten, replacing
from influencers.storage.store import Store
from jobs.command_line import OUTPUT, Job, Option, main


def run(spark: SparkSession, config: Config) -> Metrics:
    """Remove the accounts; what was begun by a run that died is brought to its end first.

    Raises:
        UserError: an id is no number, or there are no posts.
    """
    store = Store(spark, config)
    owners = erasure.owner_ids(config.forget.owners)
    replacing.finish(store)
    posts = store.read(POSTS)
    forgotten.write(spark, config, forgotten.read(spark, config).with_owners(owners))
    post_images = store.read_or_empty(POST_IMAGES)
    traces = erasure.traces(posts, post_images, owners)
    before = posts.count()
    replacing.prepare(store, lambda table, name: erasure.without(table, name, traces))
    replacing.finish(store)
    for name in erasure.FILES:
        files.delete(spark, files.join(config.paths.output, name))
    numbers = held(store)
    metrics.update(spark, config, Metrics(tables=numbers))
    # Not whom: the manifest is one of the files that have to forget.
    manifest.update(
        spark, dataclasses.replace(config, forget=dataclasses.replace(config.forget, owners=())),
        "forget",
    )  # fmt: skip
    inputs = [file["uri"] for file in manifest.read(spark, config).get("inputs", [])]
    progress.say(*erasure.remarks(before - (numbers.posts.rows or 0), inputs))
    return Metrics()


JOB = Job(
    name="forget",
    summary="Remove accounts from every table, with its old versions, and from every file.\n"
    "They are kept out of later inputs by a salted hash of their ids (forgotten.json);\n"
    "the input files themselves stay as they are.",
    reads="all tables",
    writes="all tables anew; removes report.html, exports, graphs, figures of communities",
    run=run,
    options=(
        OUTPUT,
        Option("--owner", "forget.owners", many=True, required=True, metavar="ID"),
    ),
    has_stages=True,
    finishes_others=True,
)  # fmt: skip

if __name__ == "__main__":
    sys.exit(main(JOB))
