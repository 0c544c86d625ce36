"""The records of a split of a CSV file as Arrow batches: regular ones by Arrow's own reader.

Arrow's reader and that of `csv_records` agree on regular records (`csv_layout`): it never sees any
other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv

from influencers.ingest.columns import FIELDS
from influencers.ingest.csv_layout import Positions
from influencers.ingest.csv_splits import Irregular, Regular, SplitReader
from influencers.ingest.encodings import UTF_8
from influencers.ingest.records import (
    ARROW_SCHEMA,
    FIELD_COUNT,
    CsvFile,
    Record,
    batch_of,
    record_of,
)
from influencers.ingest.split_plans import Plan, Summary

_LINE_FEED = b"\n"[0]
# Fewer records in a row are not worth the start of Arrow's reader.
FEW = 24
# Text is decoded in pieces of about so many bytes, so that the decoded text stays small.
_DECODED_AT_ONCE = 1 << 20


class CsvBatches(CsvFile):
    """Makes batches of the splits of one CSV file, whose encoding is bytewise (`text_files`)."""

    def of_split(self, pieces: Iterable[bytes], plan: Plan) -> Iterator[pa.RecordBatch]:
        """The records of a split.

        Args:
            pieces: its lines, each with its line feed; no byte-order mark.
            plan: how it is read.
        """
        return map(self.restored, self._as_written(pieces, plan))

    def _as_written(self, pieces: Iterable[bytes], plan: Plan) -> Iterator[pa.RecordBatch]:
        reader = self._reader()
        steps = reader.planned(pieces, plan, flaws=partial(flaws, encoding=self.encoding))
        if plan.before == 0:
            steps = _without_header(steps)
        number = max(plan.before - 1, 0)  # the header is no record
        held: list[Record] = []
        for step in steps:
            if isinstance(step, Irregular):
                held.append(record_of(step.record, self.header))
            elif len(step.ends) <= FEW:
                held += [record_of(record, self.header) for record in reader.strictly(step)]
            else:
                if held:
                    yield batch_of(self.source_file, number, held)
                    number += len(held)
                    held = []
                batch = self._regular(step, number)
                number += len(batch)
                yield batch
        if held:
            yield batch_of(self.source_file, number, held)

    def summary(self, pieces: Sequence[bytes]) -> Summary:
        """What a split would be, wherever its first record starts; its pieces as for `of_split`."""
        return self._reader().summary(pieces)

    def _reader(self) -> SplitReader:
        return SplitReader(self.encoding, self.max_chars, self.max_bytes, self.dialect)

    def _regular(self, step: Regular, before: int) -> pa.RecordBatch:
        """A batch of regular records, by Arrow's reader."""
        bounds = step.layout.bounds(step.line, step.ends)
        text = memoryview(step.layout.text)[bounds[0] : bounds[-1]]
        if self.encoding != UTF_8:
            text = memoryview(str(text, self.encoding).encode())
            ends = np.flatnonzero(np.frombuffer(text, np.uint8) == _LINE_FEED) + 1
            bounds = np.concatenate(([0], ends[step.ends - step.line]))
        raw = _between(text, bounds - bounds[0]).filter(pa.array(~step.blank()))
        size = len(raw)
        if self.dialect.escape:  # Arrow's reader does not know that doubled backslashes are one
            text = memoryview(self.dialect.with_single_backslashes(bytes(text)))
        cells, readable = self._cells(text, size)
        columns = [
            pa.repeat(self.source_file, size),
            pa.array(np.arange(before + 1, before + size + 1)),
            raw,
            pc.if_else(pa.array(readable), pa.scalar(None, pa.string()), FIELD_COUNT),
            *(cells.get(field, pa.nulls(size, pa.string())) for field in FIELDS),
        ]
        return pa.RecordBatch.from_arrays(columns, schema=ARROW_SCHEMA)

    def _cells(self, text: memoryview, size: int) -> tuple[dict[str, pa.Array], NDArray[np.bool_]]:
        """The cells of regular records by field, and which records have the header's width."""
        places = self.header.places
        others: list[int] = []

        def leave_out(row: csv.InvalidRow) -> str:
            others.append(row.number - 1)
            return "skip"

        table = csv.read_csv(
            pa.BufferReader(text),
            csv.ReadOptions(
                column_names=[str(place) for place in range(self.header.width)],
                use_threads=False,
                block_size=len(text) + 1,
            ),
            csv.ParseOptions(
                delimiter=self.dialect.separator,
                quote_char=self.dialect.quote,
                newlines_in_values=True,
                invalid_row_handler=leave_out,
            ),
            csv.ConvertOptions(
                include_columns=[str(place) for place in dict.fromkeys(places.values())],
                column_types={str(place): pa.string() for place in places.values()},
                check_utf8=False,  # flaws are irregular
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
        readable = np.ones(size, bool)
        readable[others] = False
        rows = None if readable.all() else pa.array(np.cumsum(readable) - 1, mask=~readable)
        cells = {}
        for field, place in places.items():
            column = table[str(place)].combine_chunks()
            cells[field] = column if rows is None else column.take(rows)
        return cells, readable


def flaws(text: bytes, encoding: str) -> Positions:
    """Where text has NUL characters, and each line's first byte that is not in the encoding."""
    places = [np.flatnonzero(np.frombuffer(text, np.uint8) == 0)]
    start = 0
    while start < len(text):
        end = text.find(b"\n", start + _DECODED_AT_ONCE) + 1 or len(text)
        try:
            str(memoryview(text)[start:end], encoding)
        except UnicodeDecodeError as error:
            place = start + error.start
            places.append(np.array([place]))
            end = text.find(b"\n", place) + 1 or len(text)
        start = end
    return np.sort(np.concatenate(places))


def _without_header(steps: Iterator[Regular | Irregular]) -> Iterator[Regular | Irregular]:
    """All records but the first."""
    for step in steps:
        if isinstance(step, Irregular):
            break
        filled = np.flatnonzero(~step.blank())
        if len(filled):
            header = filled[0]
            rest = step.ends[header + 1 :]
            if len(rest):
                yield Regular(step.layout, int(step.ends[header]) + 1, rest)
            break
    yield from steps


def _between(text: memoryview, bounds: Positions) -> pa.Array:
    """The stretches of a text between positions, each without its last byte."""
    offsets = pa.py_buffer(bounds.astype(np.int32))
    lines = pa.Array.from_buffers(pa.binary(), len(bounds) - 1, [None, offsets, pa.py_buffer(text)])
    return pc.binary_slice(lines, 0, -1).view(pa.string())
