"""The tasks that read splits of text files: from the lines of a partition to batches of records."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from influencers.ingest.csv_splits import without_lines
from influencers.ingest.records import RAW, Work
from influencers.ingest.split_plans import Ending, Outline, Plan, Summary
from influencers.storage import input_files
from influencers.storage.input_files import FileStatus
from influencers.storage.text_splits import Split, map_splits

# Batches of fewer records are put together.
_FEW_RECORDS = 4_096
# The driver holds the heads of all splits; a record that is longer is beyond any use.
_MOST_HEAD = 1 << 16


class Batches(Protocol):
    """Makes batches of records of the splits of one file, or of a file of one split.

    Splits are given in pieces of whole lines, each line with its line feed, without a byte-order
    mark, and without the file's preamble.
    """

    @property
    def preamble(self) -> int:
        """How many lines at the start of the file are no records."""

    @property
    def separator(self) -> bytes:
        """What the file is cut at before it is read: the end of lines, if it has any."""

    def of_split(self, pieces: Iterable[bytes], plan: Plan) -> Iterator[pa.RecordBatch]:
        """The records of a split, as it was planned."""


class SplitBatches(Batches, Protocol):
    """Batches of a file that may have several splits."""

    def summary(self, pieces: Sequence[bytes]) -> Summary:
        """What a split would be, wherever its first record starts."""


@dataclass(frozen=True)
class Reading:
    """How a file is read.

    Attributes:
        file: as it is listed.
        batches: what reads it.
        plans: of its splits, by where they start; None if it has one.
    """

    file: FileStatus
    batches: Batches
    plans: Mapping[int, Plan] | None


def read_splits(
    spark: SparkSession,
    readings: Sequence[Reading],
    *,
    split_bytes: int,
    work: Work = RAW,
) -> DataFrame:
    """What is made of the records of files; by itself, the columns of `records.RECORDS_SCHEMA`.

    Args:
        spark: the session.
        readings: of files with keys of their own, and the same separator.
        split_bytes: the size of a split; as it was when the files were planned.
        work: what is made of the records.
    """
    by_key = spark.sparkContext.broadcast(
        {key: reading for reading in readings for key in reading.file.keys}
    )

    def read(splits: Iterator[Split]) -> Iterator[pa.RecordBatch]:
        for key, start, pieces in splits:
            reading = by_key.value[key]
            if start == 0:
                pieces = without_lines(pieces, reading.batches.preamble)
            yield from reading.batches.of_split(pieces, _plan(reading, start))

    separator = readings[0].batches.separator
    files = [reading.file for reading in readings]
    return map_splits(
        spark,
        files,
        lambda splits: work.of(_joined(read(splits))),
        work.schema,
        split_bytes=split_bytes,
        separator=separator,
    )


def _joined(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Rows in batches that are not small, as those of small files are: each takes milliseconds."""
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        held.append(batch)
        rows += len(batch)
        if rows >= _FEW_RECORDS:
            yield pa.concat_batches(held) if len(held) > 1 else batch
            held, rows = [], 0
    if held:
        yield pa.concat_batches(held)


def summarise_splits(
    spark: SparkSession, files: Mapping[FileStatus, SplitBatches], *, split_bytes: int
) -> Iterator[tuple[FileStatus, int, Summary | None]]:
    """Each split with a line: its file, where it starts, and what it is.

    None stands for what is too large to be told: such a file has to be read in one piece.

    Args:
        spark: the session.
        files: files with keys of their own, and what reads them.
        split_bytes: the size of a split.
    """
    by_key = {key: file for file in files for key in file.keys}
    shared = spark.sparkContext.broadcast({key: files[file] for key, file in by_key.items()})

    def summarise(splits: Iterator[Split]) -> Iterator[pa.RecordBatch]:
        for key, start, pieces in splits:
            batches_of_file = shared.value[key]
            if start == 0:
                pieces = without_lines(pieces, batches_of_file.preamble)
            summary = batches_of_file.summary(list(pieces))
            small = len(summary.head or b"") <= _MOST_HEAD
            told = (summary.head, _to_json(summary)) if small else (None, None)
            yield row_batch((key, start, *told), _SUMMARIES)

    schema = from_arrow_schema(_SUMMARIES)
    for row in map_splits(spark, files, summarise, schema, split_bytes=split_bytes).collect():
        told = None if row.summary is None else _from_json(row.summary, row.head)
        yield by_key[row.file], row.start, told


def row_batch(values: Sequence[Any], schema: pa.Schema) -> pa.RecordBatch:
    """A batch of one row."""
    return next(row_batches([values], schema, size=1))


def row_batches(
    rows: Iterable[Sequence[Any]], schema: pa.Schema, *, size: int
) -> Iterator[pa.RecordBatch]:
    """Batches of up to so many rows: one for each would take longer than most rows."""
    left = iter(rows)
    while some := list(itertools.islice(left, size)):
        columns = zip(zip(*some, strict=True), schema.types, strict=True)
        arrays = [pa.array(column, kind) for column, kind in columns]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


_SUMMARIES = pa.schema(
    [("file", pa.int64()), ("start", pa.int64()), ("head", pa.binary()), ("summary", pa.string())]
)


def _plan(reading: Reading, start: int) -> Plan:
    if reading.plans is None:
        return Plan()
    if start not in reading.plans:
        # The file grew after its splits were looked at.
        raise input_files.changed(reading.file)
    return reading.plans[start]


def _to_json(summary: Summary) -> str:
    def outline(one: Outline | None) -> Any:
        return one and [one.records, [[end.before, end.chars] for end in one.endings]]

    return json.dumps(
        [
            outline(summary.starting),
            summary.head_lines,
            summary.head_chars,
            summary.closes,
            outline(summary.within),
        ]
    )


def _from_json(text: str, head: bytearray | None) -> Summary:
    def outline(told: Any) -> Outline:
        records, endings = told
        return Outline(records, tuple(Ending(*ending) for ending in endings))

    starting, lines, chars, closes, within = json.loads(text)
    return Summary(
        outline(starting),
        None if head is None else bytes(head),
        lines,
        chars,
        closes=closes,
        within=None if within is None else outline(within),
    )
