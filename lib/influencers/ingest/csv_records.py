"""Split the lines of a CSV file into records, without ever losing a byte.

RFC 4180 with a header, in any `Dialect`: a quoted cell may hold separators, line breaks and doubled
quotes. Only line feeds end a line, so that U+2028 or a lone carriage return does no harm. A
record that cannot be read costs exactly one physical line: it is handed over with a problem code,
and reading resumes at the next line. A quote that is never closed therefore spoils its own record,
not the rest of the file.
"""

from __future__ import annotations

import csv
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from influencers.ingest.dialect import PLAIN, Dialect

# The reader's own limit on a cell; the limit on a whole record, which is checked here, is lower.
csv.field_size_limit(min(sys.maxsize, 2**31 - 1))

UNCLOSED_QUOTE = "unclosed_quote"
STRAY_QUOTE = "stray_quote"
UNDECODABLE = "undecodable_bytes"
NUL_CHARACTER = "nul_character"
RECORD_TOO_LONG = "record_too_long"
# Stands for a carriage return within a line while Python's reader, which refuses it outside quotes,
# reads it: no character, so that no text has it.
_RETURN = "\ufdd0"
# What is kept of a line that is too long.
KEPT_CHARS = 1_024


class Undecodable(str):
    """A line whose bytes are not text in the file's encoding; shows them by their hex numbers."""

    __slots__ = ()


class Oversized(str):
    """The start of a line that is longer than a record may be."""

    __slots__ = ()


class CsvRecord(NamedTuple):
    """A record: its cells, its text as it stands in the file, and what is wrong with it."""

    cells: list[str]
    raw: str
    problem: str | None


class First(NamedTuple):
    """The record that some lines begin with; None for a blank line; and how many lines it has."""

    record: CsvRecord | None
    lines: int


class Rest(NamedTuple):
    """How many lines and characters of some text a record has, and whether it ends there."""

    lines: int
    chars: int
    closes: bool


class _TooLong(Exception):
    pass


class _CutOff(Exception):
    pass


class _Lines:
    """Feeds the csv reader, and remembers the lines of the record at hand."""

    def __init__(self, lines: Iterable[str], max_chars: int) -> None:
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self._max_chars = max_chars
        self._chars = 0
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.taken.append(line)
        self._chars += len(line)
        # A record of one line cannot be given back in part: `decode` bounds the lines.
        if type(line) is Oversized or (self._chars > self._max_chars and len(self.taken) > 1):
            raise _TooLong
        return _prepared(line) + "\n"

    def forget(self) -> None:
        """Start the next record."""
        self.taken = []
        self._chars = 0

    def give_back_all_but_first(self) -> str:
        first, *rest = self.taken
        self._again.extendleft(reversed(rest))
        self.forget()
        return first


def _prepared(line: str) -> str:
    """A line as Python's reader takes it."""
    # It refuses NUL up to 3.10, and takes it for a character later on. The record is put aside
    # whatever its cells are.
    text = line.replace("\0", "\ufffd") if "\0" in line else line
    if "\r" in text[:-1] and _RETURN not in text:
        return text[:-1].replace("\r", _RETURN) + text[-1:]
    return text


def decode(line: bytes, encoding: str, *, max_bytes: int = sys.maxsize) -> str:
    """A line as text; `Undecodable` where its bytes are not in `encoding`.

    One of more than `max_bytes` bytes is `Oversized`, and its start is all that is kept of it.
    """
    if len(line) > max_bytes:
        return Oversized(line[:KEPT_CHARS].decode(encoding, errors="replace"))
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return Undecodable(line.decode("ascii", errors="backslashreplace"))


def split_records(
    lines: Iterable[str], *, max_chars: int, dialect: Dialect = PLAIN
) -> Iterator[CsvRecord]:
    """The records of a file, the header first; lines come without their line feed.

    Blank lines between records are no records. The text of all records, joined by line feeds,
    gives the file again, but for those blank lines.

    Args:
        lines: the physical lines of one file, in order; quotes are doubled within cells, not
            escaped.
        max_chars: a record of several lines that is longer has an unclosed quote.
        dialect: of the file.
    """
    source = _Lines(lines, max_chars)
    reader = dialect.reader(source)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _TooLong):
            several = len(source.taken) > 1
            yield unreadable(source.give_back_all_but_first(), several=several, dialect=dialect)
            # The old reader still holds the broken record.
            reader = dialect.reader(source)
            continue
        if cells:
            yield _record(cells, source.taken, dialect)
        source.forget()


def first_record(
    lines: Iterator[str], *, max_chars: int, cut: bool, dialect: Dialect = PLAIN
) -> First | None:
    """The record that begins with the first of the lines, as `split_records` reads it.

    Args:
        lines: at least one, from the first line of a record.
        max_chars: as `split_records` has it.
        cut: whether the file goes on behind the last line: None, if that could be needed.
        dialect: of the file.
    """
    source = _Lines(_until_cut(lines) if cut else lines, max_chars)
    try:
        cells = next(dialect.reader(source))
    except _CutOff:
        return None
    except (csv.Error, _TooLong):
        several = len(source.taken) > 1
        return First(unreadable(source.taken[0], several=several, dialect=dialect), 1)
    taken = source.taken
    return First(_record(cells, taken, dialect) if cells else None, len(taken))


def _record(cells: list[str], lines: list[str], dialect: Dialect) -> CsvRecord:
    """The record of some lines, of which Python's reader has made cells."""
    raw = str(lines[0]) if len(lines) == 1 else "\n".join(lines)
    if dialect.escape and "\\\\" in raw:
        cells = dialect.cells("\n".join(map(_prepared, lines)))
    if "\r" in raw and _RETURN not in raw:
        cells = [cell.replace(_RETURN, "\r") for cell in cells]
    return CsvRecord(cells, raw, _flaw(lines))


def unreadable(line: str, *, several: bool, dialect: Dialect = PLAIN) -> CsvRecord:
    """The record that is made of a line that begins none which can be read.

    Args:
        line: the line.
        several: whether more lines were looked at.
        dialect: of the file.
    """
    return CsvRecord([], str(line), _problem(line, dialect.quote, several=several))


def rest_of_record(
    lines: Iterator[str], *, max_chars: int, dialect: Dialect = PLAIN
) -> Rest | None:
    """What a record has of lines that begin within one of its quoted cells.

    None if it cannot be read on: its quotes are misplaced, or it is too long.
    """
    source = _Lines(_until_cut(_quoted(lines, dialect.quote)), max_chars + 1)
    closes = True
    try:
        next(dialect.reader(source))
    except _CutOff:
        closes = False
    except (csv.Error, _TooLong):
        return None
    chars = sum(map(len, source.taken)) - 1
    return None if chars > max_chars else Rest(len(source.taken), chars, closes)


def _until_cut(lines: Iterator[str]) -> Iterator[str]:
    yield from lines
    raise _CutOff


def _quoted(lines: Iterator[str], quote: str) -> Iterator[str]:
    first = next(lines)
    yield first if type(first) is Oversized else quote + first
    yield from lines


def _flaw(lines: list[str]) -> str | None:
    """What makes a record unusable that can be split into cells."""
    if any(type(line) is Undecodable for line in lines):
        return UNDECODABLE
    return NUL_CHARACTER if any("\0" in line for line in lines) else None


def _problem(line: str, quote: str, *, several: bool) -> str:
    """Why the record that starts with `line` cannot be read."""
    if type(line) is Oversized:
        return RECORD_TOO_LONG
    if type(line) is Undecodable:
        return UNDECODABLE
    if several or line.count(quote) % 2 == 1:
        return UNCLOSED_QUOTE
    return NUL_CHARACTER if "\0" in line else STRAY_QUOTE
