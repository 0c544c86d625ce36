"""Batches of records that Python reads line by line: JSON lines, and CSV that cannot be split."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from influencers.ingest import csv_records
from influencers.ingest.json_elements import elements
from influencers.ingest.naming import PLAIN_NAMES, Naming
from influencers.ingest.records import CsvFile, Record, batches_of, json_record, record_of
from influencers.ingest.split_plans import Outline, Plan, Summary


@dataclass(frozen=True)
class JsonBatches:
    """Makes batches of the splits of a JSON-lines file: an object a line.

    Args:
        source_file: its name in the tables.
        encoding: of the file.
        max_bytes: as `csv_records.decode` has it.
        naming: how its names are taken.
    """

    source_file: str
    encoding: str
    max_bytes: int
    naming: Naming = PLAIN_NAMES

    preamble: ClassVar[int] = 0
    separator: ClassVar[bytes] = b"\n"

    def of_split(self, pieces: Iterable[bytes], plan: Plan) -> Iterator[pa.RecordBatch]:
        """The records of a split; its pieces are whole lines, each with its line feed."""
        batches = batches_of(self.source_file, plan.before, self._records(pieces))
        return map(self.naming.settled, batches)

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
            text = csv_records.decode(line, self.encoding, max_bytes=self.max_bytes)
            record = json_record(text, self.naming)
            if record is not None:
                yield record


@dataclass(frozen=True)
class JsonStreamBatches:
    """Makes batches of a JSON file of any other layout, read from its start to its end.

    Attributes:
        source_file: its name in the tables.
        encoding: of the file.
        max_bytes: as `csv_records.decode` has it.
        wrapper: as `json_elements.elements` has it.
        naming: how its names are taken.
    """

    source_file: str
    encoding: str
    max_bytes: int
    wrapper: str
    naming: Naming = PLAIN_NAMES

    preamble: ClassVar[int] = 0
    # An array may be a single line: no line of it would be small enough to be read at once.
    separator: ClassVar[bytes] = b","

    def of_split(self, pieces: Iterable[bytes], plan: Plan) -> Iterator[pa.RecordBatch]:
        """The records of the file; its last one may be cut off if the plan says that more follows.

        Args:
            pieces: the text; the last may end with a separator too many, which says nothing.
            plan: of the file.
        """
        records = self._records(pieces, is_cut=plan.more)
        return map(self.naming.settled, batches_of(self.source_file, plan.before, records))

    def _records(self, pieces: Iterable[bytes], *, is_cut: bool) -> Iterator[Record]:
        # Bytes that are not in the encoding come back as they were, and spoil their record alone.
        decoder = codecs.getincrementaldecoder(self.encoding)(errors="surrogateescape")
        texts = map(decoder.decode, pieces)
        for text in elements(texts, wrapper=self.wrapper, max_chars=self.max_bytes, is_cut=is_cut):
            line = text.encode(self.encoding, "surrogateescape")
            decoded = csv_records.decode(line, self.encoding, max_bytes=self.max_bytes)
            record = json_record(decoded, self.naming)
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
