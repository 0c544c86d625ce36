"""Pipeline: every stage in one session, then the report."""

from __future__ import annotations

import dataclasses
import sys
import time
from typing import Any

from pyspark.sql import SparkSession

from influencers import files, manifest, metrics, progress
from influencers.config import Config
from influencers.synthetic import generate, local_folder
from jobs import communities, explore, features, ingest, report, train
from jobs.command_line import INPUT, OUTPUT, Job, Run, main

# In the order of the data flow; the report reads what all of them wrote.
STAGES: tuple[tuple[str, Run], ...] = (
    ("ingest", ingest.run),
    ("features", features.run),
    ("communities", communities.run),
    ("explore", explore.run),
    ("train", train.run),
    ("report", report.run),
)


def run(spark: SparkSession, config: Config) -> dict[str, Any]:
    """Run every stage; without input, on a sample that is generated first."""
    if not config.paths.input:
        config = _with_sample(config)
    metrics.start(spark, config)
    for number, (name, stage) in enumerate(STAGES, start=1):
        started = time.monotonic()
        with progress.stage(spark, name, label=f"{number}/{len(STAGES)} {name}"):
            numbers = stage(spark, config)
        took = {"seconds": {name: time.monotonic() - started}}
        metrics.update(spark, config, metrics.merged(numbers, took))
    manifest.update(spark, config, "pipeline")
    progress.say(f"report: {files.join(config.paths.output, 'report.html')}")
    return {}


def _with_sample(config: Config) -> Config:
    """The configuration with a generated sample as its input, made on this machine's disk."""
    folder = local_folder(config.paths.output) / "sample"
    progress.say(f"no --input: generating {config.generate.posts:,} posts into {folder}")
    generate(folder, config.generate)
    paths = dataclasses.replace(config.paths, input=(str(folder / "posts.csv"),))
    return dataclasses.replace(config, paths=paths)


JOB = Job(
    name="pipeline",
    summary="Every stage in one session, then the report; without --input, on a generated sample.",
    reads="CSV (also .gz, .bz2), JSON lines, Parquet",
    writes="all tables, figures, models, report.html, metrics.json, manifest.json",
    run=run,
    options=(INPUT, OUTPUT, *ingest.READING),
    has_stages=True,
)

if __name__ == "__main__":
    sys.exit(main(JOB))
