"""Raw records out of lines of text: the one place that knows CSV and JSON.

Every reader yields the same columns: `source_file`, `record` (from 1 in each file; a header is
none), `raw` (the record's text), `problem` (why it cannot be read, or null) and one string column
for each field of `columns.FIELDS` (null where the cell is empty). Whatever comes after knows
neither CSV nor JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import pyarrow as pa
from pyspark.sql.types import LongType, StringType, StructField, StructType

from influencers import spreadsheet
from influencers.ingest import csv_records
from influencers.ingest.columns import FIELDS, Header
from influencers.ingest.dialect import PLAIN, Dialect
from influencers.ingest.naming import PLAIN_NAMES, Naming, json_cells

FIELD_COUNT = "field_count"
UNREADABLE_JSON = "unreadable_json"

RECORDS_SCHEMA = StructType(
    [
        StructField("source_file", StringType()),
        StructField("record", LongType()),
        StructField("raw", StringType()),
        StructField("problem", StringType()),
        *(StructField(field, StringType()) for field in FIELDS),
    ]
)
ARROW_SCHEMA = pa.schema(
    [
        ("source_file", pa.string()),
        ("record", pa.int64()),
        ("raw", pa.string()),
        ("problem", pa.string()),
        *((field, pa.string()) for field in FIELDS),
    ]
)
# Rows of 300 to 500 bytes: batches of a few megabytes; of longer ones, fewer.
_BATCH_RECORDS = 8_192
_BATCH_CHARS = 8_000_000
_NOTHING: tuple[str | None, ...] = (None,) * len(FIELDS)


class Work(NamedTuple):
    """What is made of raw records in the tasks that read them.

    Attributes:
        of: of the batches of a task, with the columns of `RECORDS_SCHEMA`, one after the other.
        schema: of what it makes.
    """

    of: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]
    schema: StructType


# They stay as they are.
RAW = Work(lambda batches: batches, RECORDS_SCHEMA)


class Record(NamedTuple):
    """A raw record: its text, what is wrong with it, and its cells in the order of FIELDS."""

    raw: str
    problem: str | None
    cells: tuple[str | None, ...]


@dataclass(frozen=True)
class CsvFile:
    """A CSV file, and how it is read.

    Attributes:
        source_file: its name in the tables.
        header: its column names.
        encoding: of its text; a line feed is one byte in it.
        max_chars: as `csv_records.split_records` has it.
        max_bytes: as `csv_records.decode` has it.
        dialect: how it is written.
        naming: how its columns are taken.
    """

    source_file: str
    header: Header
    encoding: str
    max_chars: int
    max_bytes: int
    dialect: Dialect = PLAIN
    naming: Naming = PLAIN_NAMES

    separator: ClassVar[bytes] = b"\n"

    @property
    def preamble(self) -> int:
        """How many lines at the start of the file are no records."""
        return self.dialect.preamble

    def restored(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """A batch with texts as they were before an export changed them, `export` included."""
        if not self.header.is_export:
            return self.naming.settled(batch)
        columns = [
            spreadsheet.restored(column) if name in FIELDS else column
            for name, column in zip(batch.schema.names, batch.columns, strict=True)
        ]
        return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def record_of(record: csv_records.CsvRecord, header: Header) -> Record:
    """A raw record, of a CSV file's cells and its header."""
    cells, raw, problem = record
    if problem is None and len(cells) != header.width:
        problem = FIELD_COUNT
    if problem is not None:
        return Record(raw, problem, _NOTHING)
    places = (header.places.get(field) for field in FIELDS)
    return Record(raw, None, tuple(None if at is None else cells[at] or None for at in places))


def _fraction(text: str) -> str:
    """A JSON number as text, never with three digits behind its point: those could be grouped."""
    return f"{text}0" if text[-4:-3] == "." else text


_DECODER = json.JSONDecoder(parse_int=str, parse_float=_fraction, parse_constant=str)


def json_record(text: str, naming: Naming = PLAIN_NAMES) -> Record | None:
    """The raw record in a line of JSON, numbers kept as they are written; None if it is blank."""
    if isinstance(text, csv_records.Undecodable):
        return Record(str(text), csv_records.UNDECODABLE, _NOTHING)
    if isinstance(text, csv_records.Oversized):
        return Record(str(text), csv_records.RECORD_TOO_LONG, _NOTHING)
    return _json_record(text, naming) if text.strip() else None


def _json_record(text: str, naming: Naming) -> Record:
    try:
        found = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return Record(text, UNREADABLE_JSON, _NOTHING)
    if not isinstance(found, dict):
        return Record(text, UNREADABLE_JSON, _NOTHING)
    cells = json_cells(found, naming)
    if "\\u" in text and any(_lone_surrogate(cell) for cell in cells.values()):
        return Record(text, csv_records.UNDECODABLE, _NOTHING)
    if "\\u0000" in text and any("\0" in cell for cell in cells.values()):
        return Record(text, csv_records.NUL_CHARACTER, _NOTHING)
    return Record(text, None, tuple(cells.get(field) for field in FIELDS))


def _lone_surrogate(cell: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in cell)


def batches_of(
    source_file: str, before: int, records: Iterable[Record]
) -> Iterator[pa.RecordBatch]:
    """Batches of records of a file, of which so many are `before`."""
    number, chars = before, 0
    held: list[Record] = []
    for record in records:
        held.append(record)
        chars += len(record.raw)
        if len(held) == _BATCH_RECORDS or chars > _BATCH_CHARS:
            yield batch_of(source_file, number, held)
            number += len(held)
            held, chars = [], 0
    if held:
        yield batch_of(source_file, number, held)


def batch_of(source_file: str, before: int, records: list[Record]) -> pa.RecordBatch:
    """A batch of records of a file, of which so many are `before`."""
    raws, problems, cells = zip(*records, strict=True)
    size = len(records)
    columns = [
        pa.array([source_file] * size, pa.string()),
        pa.array(range(before + 1, before + size + 1), pa.int64()),
        pa.array(raws, pa.string()),
        pa.array(problems, pa.string()),
        *(pa.array(column, pa.string()) for column in zip(*cells, strict=True)),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=ARROW_SCHEMA)
