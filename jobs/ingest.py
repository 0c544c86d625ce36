"""Ingest: files become posts, quarantined records, and counted duplicates."""

from __future__ import annotations

import sys
import time

from pyspark.sql import SparkSession

from influencers import progress
from influencers.config import Config
from influencers.ingest import (
    accounts,
    crawl_times,
    direct,
    disputes,
    lost_encodings,
    observations,
    posts,
    sources,
)
from influencers.ingest.source import files_of
from influencers.ingest.tables import POSTS, QUARANTINE
from influencers.measured.metrics import Metrics
from influencers.measured.records import Standing
from influencers.run import manifest, persisted
from influencers.storage import forgotten
from influencers.storage.store import Store
from jobs.command_line import INPUT, JOINING, OUTPUT, READING, Job, main


def run(spark: SparkSession, config: Config) -> Metrics:
    """Read the input files into the tables posts and quarantine."""
    store = Store(spark, config)
    patterns = (*config.paths.input, *config.ingest.replace)
    found = sources.find(spark, patterns, config.ingest, output=config.paths.output)
    progress.say(*sources.remarks(found, config.ingest))
    uris = [file.uri for file in files_of(found)]
    now = int(time.time())
    progress.say(*crawl_times.remarks(uris, config.ingest, now=now))
    replacing = sources.uris(spark, config.ingest.replace)
    held = posts.as_of_now(store)
    first = held is None and not store.exists(QUARANTINE) and not config.ingest.accounts
    with persisted.frames() as keep:
        unwanted = forgotten.read(spark, config)
        profiles = accounts.read(spark, config, unwanted, now=now, keep=keep)
        read = sources.reader(spark, found, config.ingest)
        target = store.target(POSTS) if first and not unwanted.hashes else None
        size = sum(file.size for file in files_of(found))
        passed = direct.passed(read, target, config.ingest, size=size, now=now, keep=keep)
        checked = passed.records
        if profiles.sources:
            checked = keep(profiles.given_to(checked))
        others, left_out = unwanted.split(checked)
        left = posts.by_reasons(others)
        settled = disputes.settled(
            others, held, read=uris, replacing=replacing, about=posts.number_of_good(left),
            keep=keep,
        )  # fmt: skip
        good = posts.good(settled.records)
        if settled.records is not others:
            left = posts.by_reasons(settled.records)
        reasons = [*left, *passed.counted]
        numbers = posts.with_forgotten(posts.counts(reasons, settled.surplus), left_out)
        told = posts.by_reasons(checked) if left_out else reasons
        empty = sources.without_records(found, {row["source_file"] for row in told})
        # All bytes are read and kept by now: what changed meanwhile is of no one time.
        named = (*patterns, *config.ingest.accounts)
        sources.require_unchanged(spark, named, (*found, *profiles.sources))
        latest = settled.repeats.latest(good, replacing=replacing)
        if passed.target is not None:
            passed.write(latest, left, store)
        elif settled.is_new:
            store.append(latest, POSTS)
        else:
            wins = posts.wins("source", "target", read=uris, replacing=replacing)
            store.merge(latest, POSTS, keys=["shortcode"], update_when=wins)
        observations.keep(
            store, settled, profiles, found=reasons, read=[*uris, *profiles.uris],
            replacing=replacing, written=None if passed.target is None else store.read(POSTS),
        )  # fmt: skip
        # What is mended in a file that is read again leaves the quarantine.
        quarantined = profiles.with_quarantined(posts.quarantined(settled.records))
        about = (numbers.quarantined or 0) + profiles.refused
        posts.quarantine(store, quarantined, read=[*uris, *profiles.uris], about=about)
    manifest.update_inputs(spark, config, [*files_of(found), *profiles.files])
    progress.say(*empty, *posts.remarks(numbers), *posts.note_remarks(reasons))
    progress.say(*profiles.remarks(), *lost_encodings.remarks(told))
    progress.say(*disputes.remarks(settled.standing))
    posts.require_some(numbers, empty, output=config.paths.output)
    stands = tuple(Standing(**row.asDict()) for row in settled.standing)
    tables = posts.held_of(numbers) if first else posts.held(store)
    return Metrics(rows=numbers, standing=stands, tables=tables)


JOB = Job(
    name="ingest",
    summary="Read post files, check every record, keep the latest crawl of every post.",
    reads="CSV (also .gz, .bz2), JSON, Parquet",
    writes="tables posts, quarantine; manifest.json",
    run=run,
    options=(INPUT, OUTPUT, *READING, *JOINING),
)

if __name__ == "__main__":
    sys.exit(main(JOB))
