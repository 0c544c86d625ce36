"""Delta tables in a folder of this machine, written and read without a query of Spark.

Spark writes ten rows in a second or two and half a dozen jobs: it plans, reads the table's log by a
query, gathers statistics by another, and reads the log again. delta-rs writes the same format in
milliseconds. Rows pass through the driver's memory: it is for tables of few rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, WriterProperties, write_deltalake

_COMPRESSED = WriterProperties(compression="ZSTD")


def write(rows: pa.Table, folder: Path, *, statistics: Sequence[str]) -> None:
    """Replace a table in one atomic step, or make it; a writer that dies leaves the old one.

    Args:
        rows: all rows of the table, with its columns.
        folder: the table's.
        statistics: the columns whose least and greatest values the log of a new table keeps.
    """
    write_deltalake(
        str(folder),
        rows,
        mode="overwrite",
        schema_mode="overwrite",
        configuration={"delta.dataSkippingStatsColumns": ",".join(statistics)},
        writer_properties=_COMPRESSED,
    )


def read(folder: Path) -> pa.Table:
    """All rows of a table as it stands.

    Columns that it has got after some of its files were written are null in these.
    """
    table = DeltaTable(str(folder))
    schema = pa.schema(table.schema().to_arrow())
    # File by file: a dataset of pyarrow's over delta-rs aborts the process when it ends.
    parts = [_rows_of(uri, schema) for uri in table.file_uris()]
    return pa.concat_tables([schema.empty_table(), *parts])


class Size(NamedTuple):
    """How large a table is: its rows, None where its log does not tell; the bytes of its files."""

    rows: int | None
    bytes: int


def size(folder: Path) -> Size:
    """How large a table is, as its log says."""
    added = pa.table(DeltaTable(str(folder)).get_add_actions(flatten=True))
    rows, sizes = added["num_records"], added["size_bytes"]
    known = None if rows.null_count else int(sum(rows.to_pylist()))
    return Size(known, int(sum(sizes.to_pylist())))


def has_metadata(folder: Path) -> bool:
    """Whether a column of a table says more of itself than its name and type."""
    return any(field.metadata for field in DeltaTable(str(folder)).schema().fields)


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
