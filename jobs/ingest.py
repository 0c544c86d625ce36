"""Ingest: files become posts, quarantined records, and counted duplicates."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import Any

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers import files, forgotten, manifest, progress, tables
from influencers.config import Config
from influencers.errors import UserError
from influencers.ingest import posts, sources
from jobs.command_line import INPUT, OUTPUT, Job, Option, main


def run(spark: SparkSession, config: Config) -> dict[str, Any]:
    """Read the input files into the tables posts and quarantine."""
    found = sources.find(spark, config.paths.input, config.ingest)
    for line in sources.remarks(found):
        progress.say(line)
    records = sources.read_records(spark, found, config.ingest)
    checked = posts.with_reasons(records, config.ingest, now=int(time.time()))
    kept = checked.persist(StorageLevel.DISK_ONLY)
    try:
        checked, left_out = _without_forgotten(spark, config, checked)
        numbers = posts.counts(checked)
        if left_out:
            numbers |= {"read": numbers["read"] + left_out, "forgotten": left_out}
        # Every byte has been read by now, and what was read is kept: a file that changed meanwhile
        # is of no one time.
        _require_unchanged(spark, config, found)
        _write(checked, config, found)
    finally:
        kept.unpersist()
    manifest.update_inputs(spark, config, [source.file for source in found])
    for line in posts.remarks(numbers):
        progress.say(line)
    if numbers["posts"] == 0:
        raise UserError(
            f"no usable post among {numbers['read']} records: see the reasons in the table "
            f"quarantine below {config.paths.output}"
        )
    return {"rows": numbers, "tables": held(spark, config)}


def held(spark: SparkSession, config: Config) -> dict[str, Any]:
    """What the tables hold now."""
    kept, put_aside = (tables.read(spark, config, name) for name in ("posts", "quarantine"))
    return posts.held(kept, put_aside)


def _without_forgotten(
    spark: SparkSession, config: Config, checked: DataFrame
) -> tuple[DataFrame, int]:
    """The records of accounts that the output has not forgotten, and how many others there are."""
    known = forgotten.read(spark, config)
    if not known.hashes:
        return checked, 0
    is_of = known.is_of(F.col("owner_id"), F.col("raw"))
    return checked.where(~is_of), checked.where(is_of).count()


def _require_unchanged(
    spark: SparkSession, config: Config, found: tuple[sources.Source, ...]
) -> None:
    now = {}
    for path in config.paths.input:
        with contextlib.suppress(UserError):  # nothing is there any more
            now.update({one.uri: one for one in files.list_files(spark, path)})
    for source in found:
        if now.get(source.file.uri) != source.file:
            raise UserError(
                f"{source.file.uri} changed while it was read: no table was touched; run again "
                "when it is complete"
            )


def _write(checked: DataFrame, config: Config, found: tuple[sources.Source, ...]) -> None:
    tables.merge(
        posts.with_tags(posts.latest(posts.good(checked))),
        config,
        "posts",
        keys=["shortcode"],
        update_when=posts.later_than("source", "target"),
    )
    # What is mended in a file that is read again leaves the quarantine.
    tables.merge(
        posts.quarantined(checked),
        config,
        "quarantine",
        keys=["source_file", "record"],
        update_when="source.raw != target.raw OR source.reasons != target.reasons",
        replaces=("source_file", [source.file.uri for source in found]),
    )


# How files are read: the pipeline takes the same options.
READING = (
    Option("--encoding", "ingest.encoding", "encoding of CSV and JSON files"),
    Option(
        "--format",
        "ingest.format",
        "format of all files, instead of by name",
        choices=("auto", "csv", "json", "parquet"),
    ),
)

JOB = Job(
    name="ingest",
    summary="Read post files, check every record, keep the latest crawl of every post.",
    reads="CSV (also .gz, .bz2), JSON lines, Parquet",
    writes="tables posts, quarantine; manifest.json",
    run=run,
    options=(
        INPUT,
        OUTPUT,
        *READING,
    ),
)

if __name__ == "__main__":
    sys.exit(main(JOB))
