"""Batches of records that Python reads line by line: JSON lines, and CSV that cannot be split."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from influencers.ingest import csv_records
from influencers.ingest.records import CsvFile, Record, batches_of, json_record, record_of
from influencers.ingest.split_plans import Outline, Plan, Summary


@dataclass(frozen=True)
class JsonBatches:
    """Makes batches of the splits of a JSON-lines file: an object a line.

    Args:
        source_file: its name in the tables.
        encoding: of the file.
        max_bytes: as `csv_records.decode` has it.
    """

    source_file: str
    encoding: str
    max_bytes: int

    preamble: ClassVar[int] = 0

    def of_split(self, pieces: Iterable[bytes], plan: Plan) -> Iterator[pa.RecordBatch]:
        """The records of a split; its pieces are whole lines, each with its line feed."""
        return batches_of(self.source_file, plan.before, self._records(pieces))

    def summary(self, pieces: Sequence[bytes]) -> Summary:
        """How many records a split has; none goes on in another split."""
        number = sum(1 for line in _lines(pieces) if line.strip() and not self._is_blank(line))
        return Summary(Outline(number, ()), None, 0, 0, closes=False, within=None)

    def _is_blank(self, line: bytes) -> bool:
        # More than ASCII's spaces are spaces to Python; lines of nothing else are rare.
        if len(line) > self.max_bytes or line.lstrip()[0] in b"{[":
            return False
        text = csv_records.decode(line, self.encoding)
        return type(text) is str and not text.strip()

    def _records(self, pieces: Iterable[bytes]) -> Iterator[Record]:
        for line in _lines(pieces):
            record = json_record(csv_records.decode(line, self.encoding, max_bytes=self.max_bytes))
            if record is not None:
                yield record


class StrictCsvBatches(CsvFile):
    """Makes batches of a CSV file of one split, by the strict reader alone."""

    def of_split(self, pieces: Iterable[bytes], plan: Plan) -> Iterator[pa.RecordBatch]:
        """The records of the file; its pieces are whole lines, each with its line feed."""
        doubled = map(self.dialect.with_doubled_quotes, pieces)
        texts = (
            csv_records.decode(line, self.encoding, max_bytes=self.max_bytes)
            for line in _lines(doubled)
        )
        records = csv_records.split_records(texts, max_chars=self.max_chars, dialect=self.dialect)
        next(records, None)  # the header
        read = (record_of(record, self.header) for record in records)
        return map(self.restored, batches_of(self.source_file, plan.before, read))


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield from piece.split(b"\n")[:-1]
