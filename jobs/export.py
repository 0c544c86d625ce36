"""Export: a table as CSV for a spreadsheet, with nothing in it that would run there."""

from __future__ import annotations

import sys

from pyspark.sql import SparkSession

from influencers import progress
from influencers.catalog import TABLES
from influencers.config import Config
from influencers.errors import UserError
from influencers.ingest.rounded import with_counts_written
from influencers.ingest.tables import POSTS
from influencers.measured.metrics import Metrics
from influencers.spreadsheet import for_spreadsheets
from influencers.storage import files
from influencers.storage.store import Store
from jobs.command_line import OUTPUT, Job, Option, main


def run(spark: SparkSession, config: Config) -> Metrics:
    """Write the table's rows as they stand below OUTPUT/exports, replacing an earlier export.

    Raises:
        UserError: there is no such table.
    """
    store, name = Store(spark, config), config.export.table
    if name not in TABLES:
        raise UserError(f"there is no table {name!r}: the tables are {', '.join(sorted(TABLES))}")
    files.may_write()
    target = files.join(store.output, "exports", name)
    table = store.read(TABLES[name])
    rows = with_counts_written(table) if name == POSTS.name else table
    writer = for_spreadsheets(rows).write.mode("overwrite")
    # Quotes are doubled, as spreadsheets have it; spaces at the ends of a text are part of it.
    spaces = {"ignoreLeadingWhiteSpace": "false", "ignoreTrailingWhiteSpace": "false"}
    writer.options(header="true", escape='"', **spaces).csv(target)
    progress.say(f"{name}: {target}")
    return Metrics()


JOB = Job(
    name="export",
    summary="Write a table as CSV for a spreadsheet, with nothing in it that would run there.",
    reads="any table",
    writes="exports/TABLE, a folder of CSV files with headers",
    run=run,
    options=(
        OUTPUT,
        Option("--table", "export.table", required=True),
    ),
)

if __name__ == "__main__":
    sys.exit(main(JOB))
