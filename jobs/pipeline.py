"""Pipeline: every stage in one session, then the report."""

from __future__ import annotations

import contextlib
import sys
import time
from dataclasses import replace

from pyspark.sql import SparkSession

from influencers import progress
from influencers.config import Config
from influencers.ingest.tables import POSTS
from influencers.measured.metrics import Metrics
from influencers.run import manifest, metrics, planning, session
from influencers.storage import files
from influencers.storage.store import Store
from influencers.synthetic import local_folder, served_sample
from jobs import communities, duplicates, explore, features, growth, images, ingest, report, train
from jobs.command_line import INPUT, JOINING, OUTPUT, READING, Job, Run, main

# In the order of the data flow; the report reads what all of them wrote.
STAGES: tuple[tuple[str, Run], ...] = (
    ("ingest", ingest.run),
    ("features", features.run),
    ("growth", growth.run),
    ("images", images.run),
    ("duplicates", duplicates.run),
    ("communities", communities.run),
    ("explore", explore.run),
    ("train", train.run),
    ("report", report.run),
)

_OF_IMAGES = ("images", "duplicates")


def run(spark: SparkSession, config: Config) -> Metrics:
    """Run every stage; without input, on a sample that is generated first."""
    with contextlib.ExitStack() as stack:
        if not (config.paths.input or config.ingest.replace):
            folder = local_folder(config.paths.output) / "sample"
            progress.say(f"no --input: generating {config.generate.posts:,} posts into {folder}")
            host, _ = session.driver_addresses(spark)
            config = stack.enter_context(served_sample(config, folder, host=host))
        stages = [stage for stage in STAGES if stage[0] not in _OF_IMAGES or config.images.enabled]
        metrics.start(spark, config)
        store = Store(spark, config)
        for number, (name, stage) in enumerate(stages, start=1):
            started = time.monotonic()
            with progress.stage(spark, name, label=f"{number}/{len(stages)} {name}"):
                with planning.planned(store, name, posts=POSTS):
                    numbers = stage(spark, config)
            took = {name: time.monotonic() - started}
            metrics.update(spark, config, replace(numbers, seconds=took))
    manifest.update(spark, config, "pipeline")
    progress.say(f"report: {files.join(config.paths.output, 'report.html')}")
    return Metrics()


JOB = Job(
    name="pipeline",
    summary="Every stage in one session, then the report; without --input, on a generated sample.",
    reads="CSV (also .gz, .bz2), JSON lines, Parquet",
    writes="all tables, figures, models, report.html, metrics.json, manifest.json",
    run=run,
    options=(INPUT, OUTPUT, *READING, *JOINING),
    has_stages=True,
)

if __name__ == "__main__":
    sys.exit(main(JOB))
