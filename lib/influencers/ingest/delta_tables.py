"""Delta tables as an input: which files of the folder are the table."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from influencers.errors import UserError
from influencers.ingest.columns import field_of
from influencers.storage import files, input_files
from influencers.storage.input_files import FileStatus

# With these, the files alone are not what the table holds.
_NOT_IN_FILES = {
    "deletionVectors": "deletion vectors",
    "columnMapping": "renamed columns (column mapping)",
}


def files_of_table(
    spark: SparkSession, folder: str, listed: Sequence[FileStatus]
) -> list[FileStatus]:
    """Those of the files below a folder that its Delta table has; all, if it is no Delta table.

    Files that a later version removed (rows deleted, rewritten, compacted) stay in the folder.

    Raises:
        UserError: the table cannot be read, or its rows cannot be read from its files alone.
    """
    if not files.exists(spark, files.join(folder, "_delta_log")):
        return list(listed)
    try:
        table = spark.read.format("delta").load(folder)
        address = files.absolute(spark, folder).replace("`", "``")
        detail = spark.sql(f"DESCRIBE DETAIL delta.`{address}`").first()
        current = {_plain(input_files.uri_of(address)) for address in table.inputFiles()}
    except PySparkException as error:
        raise UserError(
            f"cannot read the Delta table {folder}: {str(error).splitlines()[0]}"
        ) from None
    assert detail is not None
    unread = [told for name, told in _NOT_IN_FILES.items() if name in detail.tableFeatures]
    unread += [f"the partition column {name}" for name in detail.partitionColumns if field_of(name)]
    kept = [file for file in listed if _plain(file.uri) in current]
    if unread or len(kept) < len(current):
        what = unread[0] if unread else "files elsewhere"
        raise UserError(
            f"{folder}: a Delta table with {what} is not read: write it as plain Parquet first"
        )
    return kept


def _plain(uri: str) -> str:
    # Delta and Hadoop escape the address of a file differently, or not at all.
    return unquote(uri)
