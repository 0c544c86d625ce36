"""Delta tables as an input: which files of the folder are the table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from urllib.parse import unquote

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from influencers import progress
from influencers.errors import UserError
from influencers.ingest import partitions
from influencers.ingest.columns import field_of
from influencers.storage import files, input_files
from influencers.storage.input_files import FileStatus

# With these, the files alone are not what the table holds.
_NOT_IN_FILES = {
    "deletionVectors": "deletion vectors",
    "columnMapping": "renamed columns (column mapping)",
}
# In the name of a folder, a time does not say of which zone it is.
_TIMES = ("created_at", "crawled_at")
_GLOB = re.compile(r"[*?\[{]")
_ASKED_AT_ONCE = 16


def without_removed(
    spark: SparkSession, pattern: str, listed: Sequence[FileStatus]
) -> list[FileStatus]:
    """The files without those that a later version of their Delta table removed.

    Such files (rows deleted, rewritten, compacted) stay in the table's folder.

    Args:
        spark: the session.
        pattern: what the files were found by: a table, a folder above, a part of one, or a glob.
        listed: the files.

    Raises:
        UserError: a table cannot be read, or its rows cannot be read from its files alone.
    """
    top = files.absolute(spark, _before_glob(pattern))
    tables = _tables_of(spark, listed, top)
    is_all = _GLOB.search(pattern) is None
    kept = {
        file
        for table in dict.fromkeys(tables.values())
        for file in _current(
            spark,
            table,
            [file for file in listed if file.path.startswith(f"{table}/")],
            is_all=is_all and f"{table}/".startswith(f"{top.rstrip('/')}/"),
        )
    }
    within = tuple(f"{table}/" for table in tables.values())
    left = [file for file in listed if file in kept or not file.path.startswith(within)]
    if not left:
        raise UserError(f"{pattern}: its Delta table no longer has any of these files")
    return left


def _before_glob(pattern: str) -> str:
    """The folder that all is in which a glob stands for; what is no glob, as it is."""
    match = _GLOB.search(pattern)
    if match is None:
        return pattern
    return pattern[: pattern.rfind("/", 0, match.start()) + 1] or "."


def _tables_of(
    spark: SparkSession, listed: Sequence[FileStatus], top: str
) -> dict[FileStatus, str]:
    """The folders of the tables that files are part of."""
    above = {
        file: list(_folders_above(file.path, top))
        for file in listed
        if file.path.endswith(".parquet")
    }
    folders = list(dict.fromkeys(folder for some in above.values() for folder in some))
    # In object stores, to ask is to wait.
    with ThreadPoolExecutor(max_workers=_ASKED_AT_ONCE) as pool:
        logs = [files.join(folder, "_delta_log") for folder in folders]
        has_log = dict(zip(folders, pool.map(partial(files.exists, spark), logs), strict=True))
    innermost = {file: next(filter(has_log.get, some), None) for file, some in above.items()}
    return {file: table for file, table in innermost.items() if table is not None}


def _folders_above(path: str, top: str) -> Iterator[str]:
    """The folders that a file may be the table of, the innermost first.

    Above what was asked for, those alone that hold partitions.
    """
    folder, _, _ = path.rpartition("/")
    yield folder
    while folder.startswith(f"{top.rstrip('/')}/") or "=" in folder.rpartition("/")[2]:
        folder, _, _ = folder.rpartition("/")
        yield folder


def _current(
    spark: SparkSession, folder: str, listed: Sequence[FileStatus], *, is_all: bool
) -> list[FileStatus]:
    """Those of the files below a Delta table's folder that its latest version has."""
    try:
        table = spark.read.format("delta").load(folder)
        address = folder.replace("`", "``")
        detail = spark.sql(f"DESCRIBE DETAIL delta.`{address}`").first()
        current = {_plain(input_files.uri_of(address)) for address in table.inputFiles()}
    except PySparkException as error:
        raise UserError(
            f"cannot read the Delta table {folder}: {str(error).splitlines()[0]}"
        ) from None
    assert detail is not None
    kept = [file for file in listed if _plain(file.uri) in current]
    unread = [told for name, told in _NOT_IN_FILES.items() if name in detail.tableFeatures]
    unread += [
        f"the partition column {name}" for name in detail.partitionColumns
        if field_of(name) in _TIMES
        or (field_of(name) and any(name not in partitions.in_path(file.path) for file in kept))
    ]  # fmt: skip
    below = f"{_plain(input_files.uri_of(folder))}/"
    if (is_all and len(kept) < len(current)) or any(not uri.startswith(below) for uri in current):
        unread.append("files elsewhere")
    if unread:
        raise UserError(
            f"{folder}: a Delta table with {unread[0]} is not read: write it as plain Parquet first"
        )
    if len(kept) < len(listed):
        progress.say(f"left out {len(listed) - len(kept)} files that {folder} no longer has")
    return kept


def _plain(uri: str) -> str:
    # Delta and Hadoop escape the address of a file differently, or not at all.
    return unquote(uri)
