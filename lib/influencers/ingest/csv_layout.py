"""Where the records of a piece of CSV text lie, found by looking at all of its bytes at once.

Whether a line feed ends a record depends on the number of quotes before it, so there are two ways
to read a piece: an even number of quotes ends a record, or an odd one. Each way is right as long
as every quote stands where RFC 4180 wants it: opening ones behind a separator or at the start of a
record, closing ones before a separator or at the end of one, doubled ones within a cell. Records
for which that holds are regular, and read here as the strict reader of `csv_records` reads them;
all others are left to that reader.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from influencers.ingest.dialect import PLAIN, Dialect

_LINE_FEED, _RETURN = b"\n\r"
# A byte that cannot be decoded is shown by four characters.
_MOST_CHARS_OF_A_BYTE = 4
Positions = NDArray[np.int64]


@dataclass(frozen=True)
class _Way:
    """One way to read a piece.

    Attributes:
        ends: the last lines of its records.
        irregular: the places in `ends` of the records that only the strict reader can read.
    """

    ends: Positions
    irregular: Positions


class Layout:
    """The lines of a piece of CSV text, and the records that are regular.

    Args:
        text: whole lines, each with its line feed.
        max_chars: as `csv_records.split_records` has it.
        max_bytes: a line of more is irregular.
        flaws: the positions of bytes that make a record irregular.
        dialect: of the file; quotes are doubled within cells, not escaped.
    """

    def __init__(
        self,
        text: bytes,
        *,
        max_chars: int,
        max_bytes: int,
        flaws: Positions,
        dialect: Dialect = PLAIN,
    ) -> None:
        self.text = text
        self._separator, self._quote = ord(dialect.separator), ord(dialect.quote)
        self._bytes = np.frombuffer(text, np.uint8)
        self._quotes = np.flatnonzero(self._bytes == self._quote)
        self._line_ends = np.flatnonzero(self._bytes == _LINE_FEED)
        self._line_starts = np.concatenate(([0], self._line_ends[:-1] + 1))[: len(self._line_ends)]
        self._quotes_before = np.searchsorted(self._quotes, self._line_ends)
        self._max_chars, self._max_bytes = max_chars, max_bytes
        self._flaws = flaws
        self._way = cache(self._read)

    def __len__(self) -> int:
        """The number of lines."""
        return len(self._line_ends)

    def line(self, number: int) -> bytes:
        """A line without its line feed; lines count from 0."""
        return self.text[self._line_starts[number] : self._line_ends[number]]

    def lines(self, start: int, stop: int | None = None) -> Iterator[bytes]:
        """The lines from `start` to before `stop`, or to the end of the piece."""
        return (self.line(number) for number in range(start, len(self) if stop is None else stop))

    def place(self, line: int) -> int:
        """The position of the first byte of a line; of the end of the text behind the last."""
        return int(self._line_starts[line]) if line < len(self) else len(self.text)

    def regular(self, line: int) -> Positions:
        """The last lines of the regular records in a row that begin with `line`; none if it is not.

        Args:
            line: the first line of a record.
        """
        way = self._way(self._odd(line))
        first = np.searchsorted(way.ends, line)
        place = np.searchsorted(way.irregular, first)
        last = way.irregular[place] if place < len(way.irregular) else len(way.ends)
        return way.ends[first:last]

    def blank(self, line: int, ends: Positions) -> NDArray[np.bool_]:
        """Which of the records from `regular` are blank lines, and so none."""
        starts = np.concatenate(([line], ends[:-1] + 1))
        length = self._line_ends[ends] - self._line_starts[starts]
        returns = self._bytes[self._line_starts[starts]] == _RETURN
        blank: NDArray[np.bool_] = (length == 0) | ((length == 1) & returns)
        return blank

    def bounds(self, line: int, ends: Positions) -> Positions:
        """The positions where the records from `regular` start, and where the last one ends."""
        starts = self._line_starts[np.concatenate(([line], ends[:-1] + 1))]
        return np.concatenate((starts, [self._line_ends[ends[-1]] + 1]))

    def _odd(self, line: int) -> bool:
        """Whether the number of quotes before a line is odd."""
        return bool(line and self._quotes_before[line - 1] % 2)

    def _read(self, odd: bool) -> _Way:
        ends = np.flatnonzero(self._quotes_before % 2 == odd)
        long_lines = np.flatnonzero(self._line_ends - self._line_starts > self._max_bytes)
        flaws = (self._misplaced_quotes(odd), self._lone_returns(odd), self._flaws)
        flawed_lines = np.searchsorted(self._line_ends, np.concatenate(flaws))
        of_lines = np.searchsorted(ends, np.concatenate((flawed_lines, long_lines)))
        irregular = np.unique(np.concatenate((of_lines, self._long(ends))))
        return _Way(ends, irregular[irregular < len(ends)])

    def _misplaced_quotes(self, odd: bool) -> Positions:
        places = self._quotes
        before = self._bytes[places - 1]
        before[: int(len(places) > 0 and places[0] == 0)] = _LINE_FEED
        behind = self._bytes[places + 1]
        ends_line = (behind == _LINE_FEED) | (
            (behind == _RETURN)
            & (self._bytes[np.minimum(places + 2, len(self._bytes) - 1)] == _LINE_FEED)
        )
        # Behind a quote that closes, a quote doubles it: that one opens the same cell again.
        opens = (before == self._separator) | (before == _LINE_FEED) | (before == self._quote)
        closes = (behind == self._separator) | ends_line | (behind == self._quote)
        opening = np.arange(len(places)) % 2 == odd
        misplaced: Positions = places[np.where(opening, ~opens, ~closes)]
        return misplaced

    def _lone_returns(self, odd: bool) -> Positions:
        places = np.flatnonzero(self._bytes == _RETURN)
        lone = places[self._bytes[places + 1] != _LINE_FEED]
        unquoted: Positions = lone[np.searchsorted(self._quotes, lone) % 2 == odd]
        return unquoted

    def _long(self, ends: Positions) -> Any:
        """The records of several lines that may have more than the most characters."""
        starts = np.concatenate(([0], ends[:-1] + 1))[: len(ends)]
        length = self._line_ends[ends] - self._line_starts[starts]
        return np.flatnonzero((starts < ends) & (length * _MOST_CHARS_OF_A_BYTE > self._max_chars))
