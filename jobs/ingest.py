"""Ingest: files become posts, quarantined records, and counted duplicates."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers import files, forgotten, manifest, progress, tables
from influencers.config import Config
from influencers.errors import UserError
from influencers.ingest import disputes, posts, sources
from jobs.command_line import INPUT, OUTPUT, Job, Option, main


def run(spark: SparkSession, config: Config) -> dict[str, Any]:
    """Read the input files into the tables posts and quarantine."""
    found = sources.find(spark, _patterns(config), config.ingest, output=config.paths.output)
    for line in sources.remarks(found):
        progress.say(line)
    records = sources.read_records(spark, found, config.ingest)
    checked = posts.with_reasons(records, config.ingest, now=int(time.time()))
    kept = checked.persist(StorageLevel.DISK_ONLY)
    checked, left_out = _without_forgotten(spark, config, kept)
    words = disputes.words(checked, _held(spark, config), read=_uris(found))
    disputed = disputes.disputed(words).persist(StorageLevel.DISK_ONLY)
    replacing = _replacing(spark, config)
    owners = disputes.owners(words, disputed, replacing=replacing).persist(StorageLevel.DISK_ONLY)
    try:
        # Counted first, so that joins know how few there are: as a rule none.
        settled = disputes.with_conflicts(checked, owners) if owners.count() else checked
        numbers = posts.counts(settled)
        if left_out:
            numbers |= {"read": numbers["read"] + left_out, "forgotten": left_out}
        standing = disputes.standing(words, disputed, owners, replacing=replacing).collect()
        empty = sources.without_records(found, kept)
        # Every byte has been read by now, and what was read is kept: a file that changed meanwhile
        # is of no one time.
        _require_unchanged(spark, config, found)
        _write(settled, config, found, replacing)
    finally:
        for frame in (owners, disputed, kept):
            frame.unpersist()
    manifest.update_inputs(spark, config, [source.file for source in found])
    for line in (*empty, *posts.remarks(numbers), *disputes.remarks(standing)):
        progress.say(line)
    _require_posts(config, numbers, empty)
    return {
        "rows": numbers,
        "standing": [row.asDict() for row in standing],
        "tables": held(spark, config),
    }


def _patterns(config: Config) -> tuple[str, ...]:
    return (*config.paths.input, *config.ingest.replace)


def _uris(found: tuple[sources.Source, ...]) -> list[str]:
    return [source.file.uri for source in found]


def _replacing(spark: SparkSession, config: Config) -> list[str]:
    patterns = config.ingest.replace
    return [one.uri for pattern in patterns for one in files.list_files(spark, pattern)]


def _held(spark: SparkSession, config: Config) -> DataFrame | None:
    """The posts as they are before this run writes them; None before there are any."""
    if not tables.exists(spark, config, "posts"):
        return None
    # Without a version, Delta reads what is there when the frame is used.
    version = tables.version(spark, config, "posts")
    reader = spark.read.format("delta").option("versionAsOf", version)
    return reader.load(tables.location(config, "posts"))


def _require_posts(config: Config, numbers: Mapping[str, Any], empty: Sequence[str]) -> None:
    if numbers["read"] == 0:
        raise UserError(f"{empty[0]}: is it the right file?")
    if numbers["posts"] == 0:
        raise UserError(
            f"no usable post among {numbers['read']} records: see the reasons in the table "
            f"quarantine below {config.paths.output}"
        )


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
    for path in _patterns(config):
        with contextlib.suppress(UserError):  # nothing is there any more
            now.update({one.uri: one for one in files.list_files(spark, path)})
    for source in found:
        if now.get(source.file.uri) != source.file:
            raise UserError(
                f"{source.file.uri} changed while it was read: no table was touched; run again "
                "when it is complete"
            )


def _write(
    settled: DataFrame,
    config: Config,
    found: tuple[sources.Source, ...],
    replacing: Sequence[str],
) -> None:
    uris = _uris(found)
    tables.merge(
        posts.with_tags(posts.latest(posts.good(settled), replacing=replacing)),
        config,
        "posts",
        keys=["shortcode"],
        update_when=posts.wins("source", "target", read=uris, replacing=replacing),
    )
    # What is mended in a file that is read again leaves the quarantine.
    tables.merge(
        posts.quarantined(settled),
        config,
        "quarantine",
        keys=["source_file", "record"],
        update_when="source.raw != target.raw OR source.reasons != target.reasons",
        replaces=("source_file", uris),
    )


# How files are read: the pipeline takes the same options.
READING = (
    Option("--encoding", "ingest.encoding"),
    Option("--format", "ingest.format"),
    Option("--replace", "ingest.replace", many=True),
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
