r"""The dialect of a CSV file: what parts cells, what quotes them, and where the header stands.

It is found by the header: under the right separator the names of columns are fields. The rule is
written down in docs/inputs.md; whatever the settings say goes before it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from influencers.config import IngestConfig
from influencers.ingest.columns import field_of

# In the order in which they are tried: of two that fit as well, the first is taken.
SEPARATORS = (",", ";", "\t", "|")
_NAMED = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
# Lines that are looked at to find the header, and lines to see how quotes are escaped.
_HEADER_LINES, _LINES = 50, 2_000
# Lines that a header may have, with line ends in its names.
_NAME_LINES = 5
# A shorter line is within any limit of Python's reader.
_SHORT = 10_000
# With fewer names that are fields, a line is no header.
_LEAST_FIELDS = 2
_SEPARATOR_LINE = re.compile(r'^"?sep=([\t !#-\[\]-~])"?\r?$')
_BACKSLASH = ord("\\")


@dataclass(frozen=True)
class Dialect:
    r"""How a CSV file is written.

    Attributes:
        separator: the ASCII character between cells.
        quote: the ASCII character around cells that need it; inside it is doubled.
        escape: `\` if quotes, and backslashes, have a backslash before them within quoted cells;
            else empty.
        header_line: the line of the column names, from 1; what stands before it is no record.
        is_doubtful: whether the head can be read with and without escapes, and differs.
    """

    separator: str = ","
    quote: str = '"'
    escape: str = ""
    header_line: int = 1
    is_doubtful: bool = field(default=False, compare=False)

    @property
    def preamble(self) -> int:
        """How many lines stand before the header."""
        return self.header_line - 1

    def described(self) -> str:
        """What differs from RFC 4180, in words; empty where nothing does."""
        parts = []
        if self.separator != PLAIN.separator:
            parts.append(f"parted by {_NAMED.get(self.separator, repr(self.separator))}")
        if self.quote != PLAIN.quote:
            parts.append(f"quoted by {self.quote}")
        if self.escape:
            parts.append("quotes escaped by a backslash")
        if self.is_doubtful:
            parts.append("backslashes taken for text (ingest.escape=backslash: for escapes)")
        if self.preamble:
            parts.append(f"header in line {self.header_line}")
        return ", ".join(parts)

    def with_doubled_quotes(self, text: bytes) -> bytes:
        r"""Whole lines, where an escaped quote is a doubled one; backslashes stay as they are.

        >>> print(Dialect(escape="\\").with_doubled_quotes(rb'"say \"no\" to","a \\",b').decode())
        "say ""no"" to","a \\",b
        """
        if not self.escape or b"\\" not in text:
            return text
        letters = np.frombuffer(text, np.uint8)
        places, in_run = _backslashes(letters)
        behind = letters[np.minimum(places + 1, len(letters) - 1)]
        # An odd run of backslashes: the last of them escapes the quote.
        escaping = places[(behind == ord(self.quote)) & (in_run % 2 == 0)]
        changed = letters.copy()
        changed[escaping] = ord(self.quote)
        return changed.tobytes()

    def with_single_backslashes(self, text: bytes) -> bytes:
        r"""Whole records, where backslashes that are doubled in quoted cells are single.

        Args:
            text: regular records, with doubled quotes.

        >>> print(Dialect(escape="\\").with_single_backslashes(rb'"a \\ ""b"".",c\\').decode())
        "a \ ""b"".",c\\
        """
        if not self.escape or b"\\\\" not in text:
            return text
        letters = np.frombuffer(text, np.uint8)
        places, in_run = _backslashes(letters)
        quotes_before = np.searchsorted(np.flatnonzero(letters == ord(self.quote)), places)
        second = places[(in_run % 2 == 1) & (quotes_before % 2 == 1)]
        return np.delete(letters, second).tobytes()

    def cells(self, record: str) -> list[str]:
        r"""The cells of a record that holds doubled backslashes, which are one in quoted cells.

        Args:
            record: its text, with doubled quotes.
        """
        # What stands between quotes is every second stretch; doubled ones have nothing between.
        stretches = record.split(self.quote)
        stretches[1::2] = [stretch.replace("\\\\", "\\") for stretch in stretches[1::2]]
        lines = self.quote.join(stretches).split("\n")
        return next(self.reader(f"{line}\n" for line in lines))

    def reader(self, lines: Iterable[str]) -> Any:
        """Python's reader for lines with doubled quotes."""
        return csv.reader(lines, delimiter=self.separator, quotechar=self.quote, strict=True)


PLAIN = Dialect()


def _backslashes(letters: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the backslashes of a text are, and the place of each among those in a row, from 0."""
    places = np.flatnonzero(letters == _BACKSLASH)
    numbers = np.arange(len(places))
    starts = np.diff(places, prepend=-2) > 1
    return places, numbers - np.maximum.accumulate(np.where(starts, numbers, 0))


def found_in(head: Sequence[str], config: IngestConfig) -> Dialect:
    """The dialect of a file.

    The header is the first line that names at least half as many fields as the one that names most:
    if files were put one behind the other, the first header stands, however many names later ones
    have. The separator is the one by which it names most. Quotes are escaped by backslashes if more
    records can be read that way.

    Args:
        head: its first lines, without line feeds.
        config: what is set goes before what is found.
    """
    named = _named_separator(head)
    separator, header_line = _by_header(head, named, config)
    found = Dialect(separator, config.quote, header_line=header_line)
    escaped = replace(found, escape="\\")
    if config.escape != "auto":
        return escaped if config.escape == "backslash" else found
    records = head[found.preamble :]
    if not any("\\" + found.quote in line for line in records):
        return found
    plain_count, escaped_count = _readable(records, found), _readable(records, escaped)
    if escaped_count > plain_count:
        return escaped
    return replace(found, is_doubtful=escaped_count == plain_count)


def _by_header(head: Sequence[str], named: str | None, config: IngestConfig) -> tuple[str, int]:
    """The separator, and the line of the header."""
    chosen = config.separator.replace("\\t", "\t")
    # A line `sep=` may be wrong: then another separator makes more of the header.
    separators = (chosen,) if chosen else tuple(dict.fromkeys((*(named or ""), *SEPARATORS)))
    numbers = range(1, min(len(head), _HEADER_LINES) + 1)
    tried = [
        (number, -_fields(head[number - 1 :], Dialect(separator, config.quote)), place)
        for number in ([config.header_line] if config.header_line else numbers)
        for place, separator in enumerate(separators)
    ]
    most = max((-fewest for _, fewest, _ in tried), default=0)
    if most < _LEAST_FIELDS:  # whoever asks for the names says what is missing
        return separators[0], config.header_line or (2 if named else 1)
    number, _, place = min(one for one in tried if -one[1] * 2 >= most)
    return separators[place], number


def _named_separator(head: Sequence[str]) -> str | None:
    """The separator that a first line `sep=;` names, as spreadsheets write it."""
    named = _SEPARATOR_LINE.match(head[0]) if head else None
    return named[1] if named else None


def _fields(lines: Sequence[str], dialect: Dialect) -> int:
    """How many different fields the record names that begins with the first line."""
    line = lines[0]
    if _is_one_cell(line, dialect):
        return int(field_of(line) is not None)
    few = (f"{line}\n" for line in lines[:_NAME_LINES])
    try:
        names: list[str] = next(dialect.reader(few), [])
    except csv.Error:
        return 0
    return len({field_of(name) for name in names} - {None})


def _is_one_cell(line: str, dialect: Dialect) -> bool:
    """Whether a line is plainly a record of one cell; most are for most separators."""
    if len(line) >= _SHORT or line.startswith(dialect.quote):
        return False
    return not (dialect.separator in line or "\r" in line[:-1] or "\0" in line)


def _readable(lines: Sequence[str], dialect: Dialect) -> int:
    """How many of the first records have as many cells as the header, read from line to line."""
    text = dialect.with_doubled_quotes("\n".join(lines).encode("utf-8", "surrogatepass"))
    texts = text.decode("utf-8", "surrogatepass").split("\n")
    # A quote that is never closed has the reader look at all lines behind it.
    texts = texts[:_LINES]
    width, readable, start = 0, 0, 0
    while start < len(texts):
        reader = dialect.reader(f"{line}\n" for line in texts[start:])
        begun = 0
        try:
            for cells in reader:
                width = width or len(cells)
                readable += len(cells) == width
                begun = reader.line_num
            break
        except csv.Error:
            # The line that begins a record that cannot be read is passed over, as a record.
            start += begun + 1
    return readable
