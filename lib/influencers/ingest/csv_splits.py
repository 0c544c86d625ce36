"""Read the splits of one CSV file side by side, each record in exactly one of them.

A split begins at a line, but nobody can tell from the line alone whether it begins a record or
lies within a quoted cell of one that began before. So each split is looked at first, for both:
what it would make of its lines, and whether a record is still open at its end. Put together in the
order of the file (`split_plans`), that tells for each split with which line its own records begin,
what the last of them has in later splits, and what their numbers are. Then each split is read by
itself (`SplitReader`). The records are those of `csv_records.split_records` over the whole file.

The idea is that of Ge, Li, Eilebrecht, Chandramouli, Kossmann: Speculative Distributed CSV Data
Parsing for Big Data Analytics, SIGMOD 2019; here every quote is looked at, so nothing is guessed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from influencers.ingest import csv_records
from influencers.ingest.csv_layout import Layout, Positions
from influencers.ingest.csv_records import CsvRecord
from influencers.ingest.dialect import PLAIN, Dialect
from influencers.ingest.split_plans import Ending, Outline, Plan, Summary

Flaws = Callable[[bytes], Positions]


def no_flaws(text: bytes) -> Positions:
    """No byte of a text makes its record irregular."""
    return np.array([], np.int64)


@dataclass(frozen=True)
class Regular:
    """Regular records in a row.

    Attributes:
        layout: of the piece of the split that they are in.
        line: the first line of the first of them.
        ends: the last line of each.
    """

    layout: Layout
    line: int
    ends: Positions

    def blank(self) -> NDArray[np.bool_]:
        """Which of them are blank lines, and so none."""
        return self.layout.blank(self.line, self.ends)

    def lines(self) -> Iterator[bytes]:
        """All their lines."""
        return self.layout.lines(self.line, int(self.ends[-1]) + 1)


@dataclass(frozen=True)
class Irregular:
    """A record that the strict reader has read."""

    record: CsvRecord


@dataclass(frozen=True)
class Open:
    """A record that is not complete when its split ends: what it has of the split."""

    lines: tuple[bytes, ...]


Step = Regular | Irregular | Open


@dataclass(frozen=True)
class SplitReader:
    """Reads splits, given as pieces of whole lines, each line with its line feed.

    Args:
        encoding: of the text.
        max_chars: as `csv_records.split_records` has it.
        max_bytes: as `csv_records.decode` has it.
        dialect: of the file.
    """

    encoding: str
    max_chars: int
    max_bytes: int
    dialect: Dialect = PLAIN

    def texts(self, lines: Iterable[bytes]) -> Iterator[str]:
        """Lines as the strict reader takes them."""
        return (csv_records.decode(line, self.encoding, max_bytes=self.max_bytes) for line in lines)

    def steps(
        self, pieces: Iterable[bytes], *, more: bool, flaws: Flaws = no_flaws
    ) -> Iterator[Step]:
        """The records of a split that begins with a record.

        A record that is open at the end is told as that; whoever goes on takes it for one that
        cannot be read, and gets it as such, and what follows its first line.

        Args:
            pieces: the split's, with doubled quotes.
            more: whether lines of the file follow.
            flaws: the positions of bytes that make a record irregular, by text.
        """
        rest = b""
        for piece, last in _with_last(pieces):
            text = rest + piece
            layout = Layout(
                text,
                max_chars=self.max_chars,
                max_bytes=self.max_bytes,
                flaws=flaws(text),
                dialect=self.dialect,
            )
            rest = b""
            line = 0
            while line < len(layout):
                ends = layout.regular(line)
                if len(ends):
                    yield Regular(layout, line, ends)
                    line = int(ends[-1]) + 1
                    continue
                first = self._first(layout.lines(line), cut=True)
                if first is not None:
                    if first.record is not None:
                        yield Irregular(first.record)
                    line += first.lines
                elif last:
                    yield Open(tuple(layout.lines(line)))
                    several = more or line + 1 < len(layout)
                    text_of_line = next(self.texts(layout.lines(line)))
                    yield Irregular(
                        csv_records.unreadable(text_of_line, several=several, dialect=self.dialect)
                    )
                    line += 1
                else:
                    rest = text[layout.place(line) :]
                    break

    def planned(
        self, pieces: Iterable[bytes], plan: Plan, *, flaws: Flaws = no_flaws
    ) -> Iterator[Regular | Irregular]:
        """The records of a split as it was planned; its pieces as they are in the file."""
        unreadable = 0
        own = without_lines(map(self.dialect.with_doubled_quotes, pieces), plan.skip)
        for step in self.steps(own, more=plan.more, flaws=flaws):
            if not isinstance(step, Open):
                yield step
            elif plan.unreadable is None or unreadable < plan.unreadable:
                unreadable += 1
            else:
                lines = (*step.lines, *plan.rest.split(b"\n")[:-1])
                whole = self._first(lines, cut=False)
                assert whole is not None
                assert whole.record is not None
                yield Irregular(whole.record)
                return

    def strictly(self, step: Regular) -> Iterator[CsvRecord]:
        """Regular records, by the strict reader."""
        return csv_records.split_records(
            self.texts(step.lines()), max_chars=self.max_chars, dialect=self.dialect
        )

    def _first(self, lines: Iterable[bytes], *, cut: bool) -> csv_records.First | None:
        return csv_records.first_record(
            self.texts(lines), max_chars=self.max_chars, cut=cut, dialect=self.dialect
        )

    def summary(self, pieces: Sequence[bytes]) -> Summary:
        """What a split would be, either way; its pieces as they are in the file."""
        pieces = list(map(self.dialect.with_doubled_quotes, pieces))
        starting = self._outline(pieces)
        lines = itertools.chain.from_iterable(piece.split(b"\n")[:-1] for piece in pieces)
        head = csv_records.rest_of_record(
            self.texts(lines), max_chars=self.max_chars, dialect=self.dialect
        )
        if head is None:
            return Summary(starting, None, 0, 0, closes=False, within=None)
        text = _first_lines(pieces, head.lines)
        within = self._outline(without_lines(pieces, head.lines)) if head.closes else None
        return Summary(starting, text, head.lines, head.chars, head.closes, within)

    def _outline(self, pieces: Iterable[bytes]) -> Outline:
        number = 0
        endings: list[Ending] = []
        for step in self.steps(pieces, more=False):
            if isinstance(step, Open):
                endings.append(Ending(number, sum(map(len, self.texts(step.lines)))))
            elif isinstance(step, Regular):
                number += int((~step.blank()).sum())
            else:
                number += 1
        return Outline(number, tuple(endings))


def _with_last(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Pieces, and whether each is the last."""
    waiting = None
    for piece in pieces:
        if waiting is not None:
            yield waiting, False
        waiting = piece
    if waiting is not None:
        yield waiting, True


def without_lines(pieces: Iterable[bytes], number: int) -> Iterator[bytes]:
    """Pieces without so many lines at their start."""
    for piece in pieces:
        if number == 0:
            yield piece
            continue
        own = piece.count(b"\n")
        if own <= number:
            number -= own
            continue
        yield piece[_end_of_line(piece, number) :]
        number = 0


def _first_lines(pieces: Iterable[bytes], number: int) -> bytes:
    """So many lines from the start of pieces, with their line feeds."""
    text = b""
    for piece in pieces:
        left = number - text.count(b"\n")
        if left <= 0:
            break
        text += piece if piece.count(b"\n") <= left else piece[: _end_of_line(piece, left)]
    return text


def _end_of_line(text: bytes, number: int) -> int:
    """The position behind a line's line feed; lines count from 1."""
    place = 0
    for _ in range(number):
        place = text.index(b"\n", place) + 1
    return place
