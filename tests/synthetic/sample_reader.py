"""A slow, strict reader of generated samples, which shares no code with the product."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import regex

from influencers.config import GenerateConfig

QUOTED = re.compile(r'"((?:[^"]|"")*)"(?!")')
# Hashtags as generated captions hold them: no other `#` is followed by a letter there.
TAG = regex.compile(r"[#＃]([\p{L}\p{M}\p{Nd}_]+)")
WHOLE = re.compile(r"-?\d+|\d+(\.\d)?[KM]")
BOOLEANS = {"true", "false", "1", "0"}
PLAIN = re.compile(r'[^,"\n]*')


@dataclass(frozen=True)
class Record:
    """A record as a strict reader finds it; `cells` is None where a quote is never closed."""

    cells: list[str] | None
    text: str


@dataclass(frozen=True)
class Sample:
    """A generated folder, read back."""

    folder: Path
    options: GenerateConfig
    expected: dict[str, Any]

    def truth(self, name: str) -> list[dict[str, str]]:
        with (self.folder / "truth" / f"{name}.csv").open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def document(self, name: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / "truth" / f"{name}.json").read_text())
        return content

    @cached_property
    def records(self) -> list[Record]:
        """All records, the header first."""
        return read_strictly((self.folder / "posts.csv").read_bytes())

    @cached_property
    def posts(self) -> list[dict[str, str]]:
        """The first crawls of good posts, as the truth says which they are."""
        header, *records = self.records
        assert header.cells is not None
        skipped = {int(row["record"]) for row in self.truth("bad_records")}
        skipped |= {int(row["copy_record"]) for row in self.truth("duplicates")}
        return [
            dict(zip(header.cells, record.cells, strict=True))
            for number, record in enumerate(records, start=1)
            if number not in skipped and record.cells is not None
        ]


def read_strictly(data: bytes) -> list[Record]:
    """Split a file; a record that is no CSV costs one line, as the project has it."""
    assert data.endswith(b"\n")
    lines = data.decode("utf-8", "surrogateescape").split("\n")[:-1]
    records, at = [], 0
    while at < len(lines):
        for end in range(at + 1, len(lines) + 1):
            text = "\n".join(lines[at:end])
            cells = split_cells(text)
            if cells != "open":
                break
        if isinstance(cells, list):
            records.append(Record(cells, text))
            at = end
        else:
            records.append(Record(None, lines[at]))
            at += 1
    return records


def split_cells(text: str) -> list[str] | str:
    """The cells of a record; `open` inside a quote; `broken` where it cannot be CSV."""
    cells, at = [], 0
    while True:
        if text[at : at + 1] == '"':
            found = QUOTED.match(text, at)
            if found is None:
                return "open"
            cells.append(found[1].replace('""', '"'))
        else:
            found = PLAIN.match(text, at)
            assert found is not None
            cells.append(found[0])
        at = found.end()
        if at == len(text):
            return cells
        if text[at] != ",":
            return "broken"
        at += 1


def reasons(record: Record, columns: Sequence[str]) -> list[str]:
    """The rules of ingest once more, slowly."""
    if not record.text.isprintable() and any(0xDC80 <= ord(c) <= 0xDCFF for c in record.text):
        return ["undecodable_bytes"]
    if record.cells is None:
        return ["unclosed_quote"]
    if len(record.cells) != len(columns):
        return ["field_count"]
    cells = dict(zip(columns, record.cells, strict=True))
    found = [f"missing:{n}" for n in ("shortcode", "owner_id", "created_at") if not cells[n]]
    for name in ("owner_id", "likes", "comments", "followers", "following"):
        value = cells[name]
        if value and not WHOLE.fullmatch(value):
            found.append(f"unreadable_number:{name}")
        elif (
            value
            and not value.endswith(("K", "M"))
            and int(value) < (-1 if name in ("likes", "comments") else 0)
        ):
            found.append(f"negative_count:{name}")
    for name in ("is_video", "multiple_images"):
        if cells[name].lower() not in BOOLEANS:
            found.append(f"unreadable_boolean:{name}")
    created = cells["created_at"]
    if created and not WHOLE.fullmatch(created):
        found.append("unreadable_time:created_at")
    elif created and not 1_286_323_200 <= int(created) <= 1_767_225_600:
        found.append("time_out_of_range:created_at")
    return found
