"""What the head of a JSON file says: how its objects are laid out, and what names they have."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from influencers.ingest import exports
from influencers.ingest.columns import field_of
from influencers.ingest.json_elements import elements

_HEAD_RECORDS = 10_000
# With fewer names that are fields, an object is no post.
_LEAST_FIELDS = 2
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
_SPACE = re.compile(r"\s*")


@dataclass(frozen=True)
class JsonLayout:
    """How the objects of a JSON file are laid out.

    Attributes:
        is_stream: whether they do not have one line each: an array, objects over several lines.
        wrapper: of an object that holds the array, its key.
    """

    is_stream: bool = False
    wrapper: str = ""

    def described(self) -> str:
        """What it is, in words; empty for JSON lines."""
        if not self.is_stream:
            return ""
        return f"JSON array {self.wrapper}" if self.wrapper else "JSON, not one object a line"


LINES = JsonLayout()


def layout_of(text: str) -> JsonLayout:
    """The layout of a file that begins with this text.

    It has an object a line if its first line that is no array of objects can be read, and is no
    object around an array of posts, or if most lines can be read.
    """
    wrapper = _wrapper_of(text)
    if wrapper:
        return JsonLayout(is_stream=True, wrapper=wrapper)
    lines = [line for line in itertools.islice(text.split("\n"), _HEAD_RECORDS) if line.strip()]
    whole = sum(1 for line in lines if isinstance(_read(line), dict))
    starts = text.lstrip()[:1]
    is_array = starts == "[" and _SPACE.sub("", text)[1:2] in ("{", "]", "")
    return JsonLayout(is_stream=(is_array or (starts in ("{", "[") and whole * 2 < len(lines))))


def records_of(text: str, layout: JsonLayout) -> list[Mapping[str, Any]]:
    """The first objects of a file that can be read."""
    texts: Iterator[str] = iter(text.split("\n"))
    if layout.is_stream:
        texts = elements([text], wrapper=layout.wrapper, max_chars=len(text), is_cut=True)
    read = map(_read, itertools.islice(texts, _HEAD_RECORDS))
    return [record for record in read if isinstance(record, dict)]


def _read(text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None


def _wrapper_of(text: str) -> str:
    """The key of an array of posts in the first object, unless that is a post itself."""
    at = _after(text, 0)
    if text[at : at + 1] != "{":
        return ""
    try:
        while text[at : at + 1] in ("{", ","):
            key, at = _DECODER.raw_decode(text, _after(text, at + 1))
            at = _after(text, _after(text, at) + 1)
            if not isinstance(key, str) or field_of(key):
                return ""
            if text[at] == "[":
                first = _after(text, at + 1)
                if text[first] == "{" and _is_post(_DECODER.raw_decode(text, first)[0]):
                    return key
            _, at = _DECODER.raw_decode(text, at)
            at = _after(text, at)
    except (ValueError, IndexError, RecursionError):
        pass
    return ""


def _is_post(record: Mapping[str, Any]) -> bool:
    fields = {field_of(name) for name in record} - {None}
    return len(fields) >= _LEAST_FIELDS or exports.of_record(record) is not None


def _after(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None  # it may be empty
    return found.end()
