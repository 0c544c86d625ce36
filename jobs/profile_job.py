"""Profile: what input files hold and how they are read, before anything is run."""

from __future__ import annotations

import sys
import time
from datetime import datetime, timezone

from pyspark.sql import SparkSession

from influencers.config import Config
from influencers.ingest import sources
from influencers.ingest.profile import profile
from influencers.measured.metrics import Metrics
from influencers.redaction import redacted
from influencers.report.page import render
from influencers.report.profile_page import lines, page_of
from influencers.storage import files
from jobs.command_line import INPUT, READING, Job, Option, main


def run(spark: SparkSession, config: Config) -> Metrics:
    """Print the profile, and write its page if one is asked for; no table is touched."""
    found = sources.find(spark, config.paths.input, config.ingest)
    remarks = sources.remarks(found, config.ingest)
    result = profile(
        spark, found, config.ingest, now=int(time.time()), every_record=config.profile.all
    )
    for line in lines(result, found, remarks):
        sys.stdout.write(f"{redacted(line)}\n")
    if config.profile.html:
        page = page_of(result, found, remarks, made_at=datetime.now(timezone.utc))
        files.write_text(spark, config.profile.html, redacted(render(page)))
    return Metrics()


JOB = Job(
    name="profile",
    summary="Say what input files hold and how they are read, before anything is run.",
    reads="CSV, JSON lines, Parquet; packed or not",
    writes="to standard output; with --html a page",
    run=run,
    options=(
        INPUT,
        *READING,
        Option("--all", "profile.all", switch=True),
        Option("--html", "profile.html", metavar="FILE"),
    ),
    has_output=False,
)

if __name__ == "__main__":
    sys.exit(main(JOB))
