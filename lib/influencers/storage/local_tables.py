"""Delta tables in a folder of this machine, written and read without a query of Spark.

Spark writes ten rows in a second or two and half a dozen jobs: it plans, reads the table's log by a
query, gathers statistics by another, and reads the log again. delta-rs writes the same format in
milliseconds. Rows pass through the driver's memory: it is for tables of few rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, WriterProperties, write_deltalake
from deltalake.exceptions import DeltaError

from influencers.errors import UserError

_COMPRESSED = WriterProperties(compression="ZSTD")
_SLACK = timedelta(milliseconds=1)


def write(
    rows: pa.Table,
    folder: Path,
    *,
    statistics: Sequence[str],
    partition: Sequence[str] = (),
    append: bool = False,
) -> None:
    """Replace a table in one atomic step, or make it; a writer that dies leaves the old one.

    Args:
        rows: all rows of the table, with its columns.
        folder: the table's.
        statistics: the columns whose least and greatest values the log of a new table keeps.
        partition: the columns by whose values its files lie in folders.
        append: whether the rows come beside those that are there.
    """
    write_deltalake(
        str(folder),
        rows,
        mode="append" if append else "overwrite",
        partition_by=[*partition] or None,
        schema_mode=None if append else "overwrite",
        configuration={"delta.dataSkippingStatsColumns": ",".join(statistics)},
        writer_properties=_COMPRESSED,
    )


def log_of(folder: Path) -> DeltaTable:
    """What a table's log says of it as it stands.

    Raises:
        UserError: the log cannot be read.
    """
    try:
        return DeltaTable(str(folder))
    except DeltaError as error:
        why = str(error).splitlines()[0]
        raise UserError(
            f"the table {folder} cannot be read, as its log is damaged ({why}): restore it, or "
            "remove the folder and run the job again that writes it"
        ) from error


def read_few(table: DeltaTable, *, most_rows: int, most_bytes: int) -> pa.Table | None:
    """All rows of a table, as `log_of` has it.

    None if it is larger, its columns have metadata, or its files lie in folders by their values.
    Columns that it has got after some of its files were written are null in these. Metadata, what
    a column says of itself beside its name and type, would be lost.
    """
    files = _files_of(table)
    rows, size = _rows_in(files), sum(files["size_bytes"].to_pylist())
    has_metadata = any(field.metadata for field in table.schema().fields)
    in_folders = bool(table.metadata().partition_columns) and rows != 0
    if rows is None or rows > most_rows or size > most_bytes or has_metadata or in_folders:
        return None
    schema = pa.schema(table.schema().to_arrow())
    # File by file: a dataset of pyarrow's over delta-rs aborts the process when it ends.
    parts = [_rows_of(uri, schema) for uri in table.file_uris()]
    return pa.concat_tables([schema.empty_table(), *parts])


class Files(NamedTuple):
    """The files of a table as it stands.

    Attributes:
        uris: their addresses, without escapes, as Hadoop takes them.
        schema: of the table, as JSON.
    """

    uris: list[str]
    schema: str


def few_files(table: DeltaTable, *, most: int) -> Files | None:
    """The files of a table, if they hold its rows and nothing else has to be known to read them.

    None if they are none, or too many, or have to be read by what knows Delta.

    Args:
        table: as `log_of` has it.
        most: how many files are not too many.
    """
    # Readers of the first version know neither rows that are marked as removed, nor columns that
    # are called otherwise in files.
    if table.protocol().min_reader_version > 1 or table.metadata().partition_columns:
        return None
    paths = [Path(unquote(urlsplit(uri).path)) for uri in table.file_uris()]
    # Spark takes such a path for a pattern, even if it is told not to, and reads files again.
    is_pattern = any(sign in str(path) for path in paths for sign in "*?[]{}\\")
    if is_pattern or not 0 < len(paths) <= most:
        return None
    return Files([f"file://{path}" for path in paths], table.schema().to_json())


def row_count(folder: Path) -> int | None:
    """How many rows a table has, as its log says; None where it does not tell."""
    return _rows_in(_files_of(log_of(folder)))


def may_hold(folder: Path, column: str, least: datetime, most: datetime) -> bool:
    """Whether a table may have a row with a time between two, as its log says.

    Args:
        folder: the table's.
        column: of times, of which the log keeps the least and greatest.
        least: of the times that are asked for.
        most: likewise.
    """
    files = _files_of(log_of(folder))
    names = f"min.{column}", f"max.{column}"
    if any(name not in files.column_names or files[name].null_count for name in names):
        return bool(len(files))
    # The log has times in milliseconds.
    lows, highs = (files[name].cast(pa.timestamp("us", "UTC")).to_pylist() for name in names)
    both = zip(lows, highs, strict=True)
    return any(low - _SLACK <= most and least <= high + _SLACK for low, high in both)


def _files_of(table: DeltaTable) -> pa.Table:
    """The files of a table, as its log has them: a row each."""
    return pa.table(table.get_add_actions(flatten=True))


def _rows_in(files: pa.Table) -> int | None:
    rows = files["num_records"]
    return None if rows.null_count else int(sum(rows.to_pylist()))


def _rows_of(uri: str, schema: pa.Schema) -> pa.Table:
    # Spark writes times in 96 bits, which pyarrow takes for nanoseconds.
    path = unquote(urlsplit(uri).path)
    rows = pq.read_table(path, partitioning=None, coerce_int96_timestamp_unit="us")
    columns = [
        rows[field.name].cast(field.type)
        if field.name in rows.column_names
        else pa.nulls(len(rows), field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)
