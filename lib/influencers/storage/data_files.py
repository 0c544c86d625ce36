"""Data files of a Delta table on a disk of this machine, written by tasks from Arrow batches.

What tasks make in Python as Arrow batches goes into Parquet as it is: handed to Spark, each value
would become one of a row, and then one of a column again, which takes longer than making it. A
file belongs to a table when a commit names it (`commit`): what a task leaves that dies, or that is
run twice, is removed with the files of old versions.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import DeltaTable, Schema
from deltalake.transaction import AddAction, create_table_with_add_actions
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import LongType, StringType, StructField, StructType

from influencers.storage import local_tables

# Rows of a row group are written, and held until then, together.
_ROWS_OF_GROUP = 1 << 17
# A file is closed once it has so many bytes.
_FILE_BYTES = 128 << 20
# Rows by which it is told which columns repeat their values.
_SAMPLE_ROWS = 4_096
# What a task says of the files that it wrote.
SCHEMA = StructType(
    [
        StructField("path", StringType()),
        StructField("size", LongType()),
        StructField("modified_ms", LongType()),
        StructField("stats", StringType()),
    ]
)

ARROW_SCHEMA = to_arrow_schema(SCHEMA)


@dataclass(frozen=True)
class DataFile:
    """A file that is written whole, and of no table yet.

    Attributes:
        path: within the table's folder.
        size: bytes.
        modified_ms: Unix milliseconds.
        stats: what Delta's log says of it, as JSON: the number of rows, and of the columns that it
            is told of, the least and greatest value.
    """

    path: str
    size: int
    modified_ms: int
    stats: str


def row_of(file: DataFile) -> pa.RecordBatch:
    """A row with the columns of `SCHEMA`."""
    return pa.RecordBatch.from_pylist([asdict(file)], schema=ARROW_SCHEMA)


def collected(rows: DataFrame) -> list[DataFile]:
    """The files that the rows of a frame with the columns of `SCHEMA` tell of; runs it."""
    return [DataFile(**row.asDict()) for row in rows.collect()]


@dataclass(frozen=True)
class Target:
    """Where the data files of a table go, and what they are.

    Attributes:
        folder: of the table, on a disk that all tasks see.
        schema: of the rows.
        key: the columns whose least and greatest values are told.
    """

    folder: str
    schema: pa.Schema
    key: Sequence[str]

    def write(self, batches: Iterable[pa.RecordBatch]) -> Iterator[DataFile]:
        """Write rows into as many files as it takes; none for no rows.

        Args:
            batches: with the columns of the schema, in any order.
        """
        writer = Writer(self)
        for batch in batches:
            yield from writer.add(batch)
        yield from writer.close()


class Writer:
    """Writes rows into as many files as it takes.

    Args:
        target: where they go.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._held: list[pa.RecordBatch] = []
        self._rows = 0
        self._file: _File | None = None

    def add(self, batch: pa.RecordBatch) -> Iterator[DataFile]:
        """Take rows; the files that are whole now.

        Args:
            batch: with the columns of the target's schema, in any order.
        """
        self._held.append(batch.select(self._target.schema.names))
        self._rows += len(batch)
        if self._rows >= _ROWS_OF_GROUP and self._write() >= _FILE_BYTES:
            yield from self.close()

    def close(self) -> Iterator[DataFile]:
        """Write what is left; the last file, if there is one."""
        if self._rows:
            self._write()
        if self._file is not None:
            yield self._file.close()
            self._file = None

    def _write(self) -> int:
        """Write the rows that are held; how many bytes the file has now."""
        group = pa.Table.from_batches(self._held).cast(self._target.schema)
        self._held, self._rows = [], 0
        if self._file is None:
            self._file = _File(self._target, group)
        return self._file.add(group)


class _File:
    """A file that is being written.

    Args:
        target: where.
        first: the rows that it begins with, which are not written yet.
    """

    def __init__(self, target: Target, first: pa.Table) -> None:
        self._target = target
        Path(target.folder).mkdir(parents=True, exist_ok=True)
        self._path = Path(target.folder) / f"part-{uuid.uuid4()}.zstd.parquet"
        self._rows = 0
        self._extremes: list[pa.StructScalar] = []
        self._nulls = 0
        # Dictionaries are of no use where hardly a value repeats, nor statistics of what nobody
        # looks for, and both take long.
        self._writer = pq.ParquetWriter(
            self._path,
            target.schema,
            compression="zstd",
            use_dictionary=_repeating(first),
            write_statistics=list(target.key),
            store_schema=False,
        )

    def add(self, rows: pa.Table) -> int:
        """Write a group of rows; how many bytes the file has now."""
        self._writer.write_table(rows, row_group_size=len(rows))
        self._rows += len(rows)
        self._extremes.append({name: pc.min_max(rows[name]).as_py() for name in self._target.key})
        return self._path.stat().st_size

    def close(self) -> DataFile:
        """Write what is left."""
        self._writer.close()
        status = self._path.stat()
        stats = {
            "numRecords": self._rows,
            "minValues": self._of_all("min", min),
            "maxValues": self._of_all("max", max),
            "nullCount": dict.fromkeys(self._target.key, 0),
        }
        return DataFile(
            self._path.name,
            status.st_size,
            status.st_mtime_ns // 1_000_000,
            json.dumps(stats, ensure_ascii=False),
        )

    def _of_all(self, end: str, chosen: Any) -> dict[str, Any]:
        return {
            name: chosen(extremes[name][end] for extremes in self._extremes)
            for name in self._target.key
        }


def commit(
    folder: Path,
    written: Sequence[DataFile],
    schema: pa.Schema,
    *,
    key: Sequence[str],
    replace: bool,
) -> None:
    """Make a table of files, in one atomic step.

    Args:
        folder: the table's.
        written: all of its files.
        schema: of their rows.
        key: the columns whose least and greatest values its log keeps.
        replace: whether there may be a table, whose rows these replace.
    """
    actions = [
        AddAction(
            path=file.path,
            size=file.size,
            partition_values={},
            modification_time=file.modified_ms,
            data_change=True,
            stats=file.stats,
        )
        for file in written
    ]
    columns = Schema.from_arrow(schema)
    if replace and DeltaTable.is_deltatable(str(folder)):
        table = local_tables.log_of(folder)
        if table.schema() == columns:
            # It stays the table that it is: readers know it by an id.
            table.create_write_transaction([*actions], "overwrite", columns)
            return
    create_table_with_add_actions(
        str(folder),
        columns,
        actions,
        mode="overwrite" if replace else "error",
        configuration={"delta.dataSkippingStatsColumns": ",".join(key)},
    )


def _repeating(rows: pa.Table) -> list[str]:
    """The columns, as Parquet names them, of which the first rows have the same values again."""
    names = []
    for name, column in zip(rows.column_names, rows.slice(0, _SAMPLE_ROWS), strict=True):
        values, path = column, name
        if pa.types.is_list(column.type):
            values, path = pc.list_flatten(column), f"{name}.list.element"
        if pa.types.is_nested(values.type):
            continue
        if 2 * pc.count_distinct(values).as_py() < len(values):
            names.append(path)
    return names
