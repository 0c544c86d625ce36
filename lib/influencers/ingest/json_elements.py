"""The objects of a JSON text that has not one in each line: of arrays, and over several lines.

Read as a stream: no more of the text is held than a record may have, and a piece of the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

_BETWEEN = re.compile(r"[\s,\[\]}]*")
_BRACKET, _STRING_END = re.compile(r'[{}\[\]"]'), re.compile(r'["\\]')
# A broken object is looked through in stretches, so that many of them take linear time.
_LOOK = 1 << 14
# What may stand behind an object that was closed.
_BEHIND = re.compile(r"\s*(?:[,\]{}]|$)")
# Numbers stay texts: they may be longer than Python converts.
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


def elements(
    chunks: Iterable[str], *, wrapper: str = "", max_chars: int, is_cut: bool = False
) -> Iterator[str]:
    r"""The texts of the objects in a text.

    What is no object, or a broken one, is an element too, up to where it is closed, or to the next
    line that begins as the last good record did, whichever comes first; failing both, all that is
    left. Of an element of more than `max_chars` characters, one more than these is kept.

    Args:
        chunks: the text.
        wrapper: the key of an outermost object that has the array; all else in that is left out.
        max_chars: of an element.
        is_cut: whether more of the text may follow, so that the last element may be no whole one.

    >>> list(elements(['[{"a": 1}, {"a"', ': 2}]'], max_chars=99))
    ['{"a": 1}', '{"a": 2}']
    """
    window = _Window(chunks)
    start = re.compile(rf"(?<!\\){re.escape(json.dumps(wrapper))}\s*:\s*\[")
    is_inside = not wrapper
    while True:
        if not is_inside:
            if not window.skip_to(start, overlap=len(wrapper) + 64):
                return
            is_inside = True
        if not window.skip_between(stop="]" if wrapper else ""):
            return
        if wrapper and window.text[window.at] == "]":
            is_inside = False
            window.at += 1
            continue
        end = window.element_end(max_chars)
        if end:
            yield window.take(end)
        elif not (is_cut and window.is_last):
            yield from window.take_broken(max_chars)
        else:
            return


class _Window:
    """The part of a text that is looked at."""

    def __init__(self, chunks: Iterable[str]) -> None:
        self._chunks = iter(chunks)
        # Of the last good record that begins a line; and what its line has before the element here.
        self._indent = ""
        self._before: str | None = None
        self.text = ""
        self.at = 0
        self.is_last = False

    def more(self) -> bool:
        """Go on in the text; what stands before `at` is dropped."""
        chunk = next(self._chunks, None)
        if chunk is None:
            self.is_last = True
            return False
        self.text = self.text[self.at :] + chunk
        self.at = 0
        return True

    def skip_to(self, start: re.Pattern[str], *, overlap: int) -> bool:
        """Go to the end of what matches; false if nothing does."""
        while not (found := start.search(self.text, self.at)):
            self.at = max(self.at, len(self.text) - overlap)
            if not self.more():
                return False
        self.at = found.end()
        return True

    def skip_between(self, *, stop: str) -> bool:
        """Go to the next element; false if there is none."""
        while True:
            found = _BETWEEN.match(self.text, self.at)
            assert found is not None  # it may be empty
            place = self.text.find(stop, self.at, found.end()) if stop else -1
            self._see(self.take(place if place >= 0 else found.end()))
            if self.at < len(self.text):
                return True
            if not self.more():
                return False

    def element_end(self, max_chars: int) -> int:
        """Where the object that begins here ends; 0 if it does not, or is too long to be told."""
        if self.at > _LOOK:  # an error counts the lines before it
            self.text = self.text[self.at :]
            self.at = 0
        while self.text[self.at] == "{":
            try:
                end: int = _DECODER.raw_decode(self.text, self.at)[1]
            except (ValueError, RecursionError):
                # It may go on in the next chunk.
                if len(self.text) - self.at > max_chars or not self.more():
                    return 0
            else:
                if self._before is not None and not self._before.strip():
                    self._indent = self._before
                self._before = None
                return end
        return 0

    def _see(self, between: str) -> None:
        _, line_feed, rest = between.rpartition("\n")
        if line_feed:
            self._before = rest
        elif self._before is not None:
            self._before += rest

    def take(self, end: int) -> str:
        """The text up to `end`."""
        taken = self.text[self.at : end]
        self.at = end
        return taken

    def take_broken(self, max_chars: int) -> Iterator[str]:
        """The element here, which cannot be read."""
        next_line = re.compile(rf"\n{re.escape(self._indent)}\{{")
        nesting = _Nesting() if self.text[self.at] == "{" else None
        # A line feed may be the last character seen, and the indent follow.
        overlap = len(self._indent) + 2
        kept, place = "", self.at
        while True:
            bound = min(len(self.text), place + _LOOK)
            line = next_line.search(self.text, max(self.at, place - overlap), bound)
            limit = line.start() if line else bound
            end = nesting.closes(self.text, place, limit) if nesting else 0
            place = nesting.place if nesting else limit
            if end and not _BEHIND.match(self.text, end):
                end, nesting, place = 0, None, limit  # quotes in it are odd
            if end or line or (self.is_last and bound == len(self.text)):
                kept += self.take(end or limit)
                yield kept[: max_chars + 1].rstrip()
                return
            if bound == len(self.text):
                last = max(self.at, bound - overlap)
                kept = (kept + self.take(last))[: max_chars + 1]
                place -= last
                self.more()


class _Nesting:
    """How deep a text is nested, from an opening bracket on."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False
        self.place = 0

    def closes(self, text: str, place: int, limit: int) -> int:
        """Where the outermost bracket is closed; 0: not before `limit`, up to where it is seen."""
        self.place = place
        while self.place < limit:
            found = (_STRING_END if self._in_string else _BRACKET).search(text, self.place, limit)
            if not found:
                self.place = limit
                return 0
            self.place = found.end()
            match found[0]:
                case '"':
                    self._in_string = not self._in_string
                case "\\":
                    self.place += 1
                case "{" | "[":
                    self._depth += 1
                case _:
                    self._depth -= 1
                    if self._depth == 0:
                        return self.place
        return 0
