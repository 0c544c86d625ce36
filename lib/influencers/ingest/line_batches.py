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
from influencers.ingest.records import CsvFile, batches_of, json_record, record_of
from influencers.ingest.split_plans import Outline, Plan, Summary


@dataclass(frozen=True)
class _JsonFile:
    """A JSON file, and how it is read.

    Attributes:
        source_file: its name in the tables.
        encoding: of its text.
        max_bytes: as `csv_records.decode` has it.
        naming: how its names are taken.
    """

    source_file: str
    encoding: str
    max_bytes: int
    naming: Naming = PLAIN_NAMES

    preamble: ClassVar[int] = 0

    def _batches(self, objects: Iterable[bytes], *, before: int) -> Iterator[pa.RecordBatch]:
        """Batches of objects, a text each; so many records are `before` them."""
        texts = (
            csv_records.decode(text, self.encoding, max_bytes=self.max_bytes) for text in objects
        )
        read = (json_record(text, self.naming) for text in texts)
        records = (record for record in read if record is not None)
        return map(self.naming.settled, batches_of(self.source_file, before, records))


class JsonBatches(_JsonFile):
    """Makes batches of the splits of a JSON-lines file: an object a line."""

    separator: ClassVar[bytes] = b"\n"

    def of_split(self, pieces: Iterable[bytes], plan: Plan) -> Iterator[pa.RecordBatch]:
        """The records of a split; its pieces are whole lines, each with its line feed."""
        return self._batches(_lines(pieces), before=plan.before)

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


@dataclass(frozen=True)
class JsonStreamBatches(_JsonFile):
    """Makes batches of a JSON file of any other layout, read from its start to its end.

    Attributes:
        wrapper: as `json_elements.elements` has it.
    """

    wrapper: str = ""

    # An array may be a single line: no line of it would be small enough to be read at once.
    separator: ClassVar[bytes] = b","

    def of_split(self, pieces: Iterable[bytes], plan: Plan) -> Iterator[pa.RecordBatch]:
        """The records of the file; its last one may be cut off if the plan says that more follows.

        Args:
            pieces: the text; the last may end with a separator too many, which says nothing.
            plan: of the file.
        """
        # Bytes that are not in the encoding come back as they were, and spoil their record alone.
        decoder = codecs.getincrementaldecoder(self.encoding)(errors="surrogateescape")
        objects = elements(
            map(decoder.decode, pieces),
            wrapper=self.wrapper,
            max_chars=self.max_bytes,
            is_cut=plan.more,
        )
        texts = (text.encode(self.encoding, "surrogateescape") for text in objects)
        return self._batches(texts, before=plan.before)


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
