"""CSV files read in splits, held against the strict reader that reads them from their start."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from influencers.ingest import csv_batches
from influencers.ingest.columns import FIELDS, read_header
from influencers.ingest.csv_batches import CsvBatches
from influencers.ingest.dialect import PLAIN, Dialect
from influencers.ingest.line_batches import StrictCsvBatches
from influencers.ingest.split_plans import Plan, plan
from influencers.ingest.text_files import is_bytewise

NAMES = ("likes", "shortcode", "colour")
HEADER = read_header(NAMES)

CELL = st.text(st.sampled_from('ab,"\n\ré😀'), max_size=5)
ROW = st.tuples(
    st.lists(CELL, min_size=2, max_size=4).map(
        lambda cells: ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    ),
    st.sampled_from(["\n", "\r\n", "\n\n", "\n\r\n"]),
).map("".join)
# Whatever quotes, separators, line ends and bytes that are no text can do to each other.
PART = st.sampled_from(
    ['"', '""', '",', ',"', '"\n', ",", "\n", "\r", "\r\n", "a", "é", "\0", "\udcff", '"x,y"', "bb",
     "\\", '\\"', "\\\\", "\ufdd0"]
)  # fmt: skip
BODY = st.lists(st.one_of(ROW, PART), max_size=25).map("".join)


def pieces_of(text: bytes, cuts: Iterable[int]) -> list[bytes]:
    """The lines of a text, cut into stretches of whole lines; each line has its line feed."""
    lines = text.split(b"\n")
    lines = lines[:-1] if lines[-1] == b"" else lines
    places = sorted({0, len(lines), *(cut % (len(lines) + 1) for cut in cuts)})
    return [b"".join(line + b"\n" for line in lines[first:end]) for first, end in pairwise(places)]


def rows(batches: Iterable[pa.RecordBatch]) -> list[tuple[Any, ...]]:
    found = []
    for batch in batches:
        batch.validate(full=True)
        found += [tuple(row.values()) for row in batch.to_pylist()]
    return found


def strictly(text: bytes, **bounds: Any) -> list[tuple[Any, ...]]:
    pieces = pieces_of(text, [])
    return rows(StrictCsvBatches("f", HEADER, **bounds).of_split(pieces, Plan()))


def in_splits(
    text: bytes, splits: Sequence[int], pieces: Sequence[int], **bounds: Any
) -> list[tuple[Any, ...]]:
    batches = CsvBatches("f", HEADER, **bounds)
    parts = [pieces_of(part, pieces) for part in pieces_of(text, splits)]
    plans = plan([batches.summary(part) for part in parts], max_chars=bounds["max_chars"])
    return [
        row
        for part, planned in zip(parts, plans, strict=True)
        for row in rows(batches.of_split(part, planned))
    ]


@pytest.mark.parametrize("few", [0, 3])
@given(
    body=BODY,
    encoding=st.sampled_from(["utf-8", "cp1252"]),
    max_chars=st.sampled_from([5, 20, 2_000]),
    max_bytes=st.sampled_from([30, 2_000]),
    splits=st.lists(st.integers(0, 60), max_size=8),
    pieces=st.lists(st.integers(0, 60), max_size=4),
    dialect=st.sampled_from([PLAIN, Dialect(";"), Dialect("\t", "'"), Dialect(escape="\\")]),
)
@example("1,a,b\n" * 3 + '2,"', "utf-8", 2_000, 2_000, [1, 2, 3, 4], [], PLAIN)
@example('1,"a\nb\nc",d\n2,"e\nf\n', "utf-8", 2_000, 2_000, [1, 2, 3, 4, 5], [], PLAIN)
def test_splits_have_the_records_of_the_whole_file(
    few: int,
    body: str,
    encoding: str,
    max_chars: int,
    max_bytes: int,
    splits: list[int],
    pieces: list[int],
    dialect: Dialect,
) -> None:
    errors = "surrogateescape" if encoding == "utf-8" else "replace"
    written = (",".join(NAMES) + "\n" + body).translate(
        str.maketrans({",": dialect.separator, '"': dialect.quote})
    )
    text = written.encode(encoding, errors=errors)
    bounds: dict[str, Any] = {
        "encoding": encoding, "max_chars": max_chars, "max_bytes": max_bytes, "dialect": dialect
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_batches, "FEW", few)
        want = strictly(text, **bounds)
        assert in_splits(text, splits, pieces, **bounds) == want
        whole = CsvBatches("f", HEADER, **bounds).of_split(pieces_of(text, pieces), Plan())
        assert rows(whole) == want


def posts(number: int, *, seed: int) -> bytes:
    """A file as people have them: captions of several lines, quotes, bytes that are no text."""
    luck = random.Random(seed)
    words = ["sun", "мир", "#été", '""', ",", "\n", "\r\n", "😀", ";", "a\\"]
    lines = [",".join(NAMES)]
    for place in range(number):
        caption = " ".join(luck.choices(words, k=luck.randrange(12)))
        lines.append(f'{place},"{caption}",{luck.choice(["", "red", "a b"])}')
        if luck.random() < 0.01:
            lines.append(luck.choice(['7,"open', '8,x"y,z', "9", '1,"a"b,c', "", "5,\udcff,6"]))
    return "\n".join(lines).encode(errors="surrogateescape")


@pytest.mark.parametrize("size", [1, 2, 3, 10, 47, 500])
def test_splits_of_any_size(size: int) -> None:
    text = posts(2_000, seed=5)
    bounds: dict[str, Any] = {"encoding": "utf-8", "max_chars": 300, "max_bytes": 5_000}
    splits = range(0, text.count(b"\n"), size)
    found = in_splits(text, splits, [3, 11], **bounds)
    assert found == strictly(text, **bounds)
    assert len({row[3] for row in found}) == 5  # none, and all but those of too long records


def test_an_unclosed_quote_spoils_its_own_record_wherever_it_is_cut() -> None:
    text = b'likes,shortcode,colour\n1,a,b\n2,"c,d\n3,e,f\n4,"g\nh",i\n5,j,k\n'
    bounds: dict[str, Any] = {"encoding": "utf-8", "max_chars": 300, "max_bytes": 5_000}
    for cuts in range(2**7):
        found = in_splits(text, [place for place in range(7) if cuts >> place & 1], [], **bounds)
        assert [(row[1], row[3]) for row in found] == [
            (1, None), (2, "unclosed_quote"), (3, None), (4, None), (5, None)
        ]  # fmt: skip


def test_all_regular_records_are_read_by_arrow(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("read by the strict reader")

    monkeypatch.setattr(csv_batches, "record_of", refused)
    text = b"likes,shortcode,colour\n" + b'1,"a ""b"",\r\nc",d\r\n\n2,\xc3\xa9,\n3,short\n' * 100
    bounds: dict[str, Any] = {"encoding": "utf-8", "max_chars": 300, "max_bytes": 5_000}
    batches = CsvBatches("f", HEADER, **bounds)
    found = rows(batches.of_split(pieces_of(text, []), Plan()))
    assert len(found) == 300
    values = [dict(zip(("problem", *FIELDS), row[3:], strict=True)) for row in found[-3:]]
    assert [(one["problem"], one["likes"], one["shortcode"]) for one in values] == [
        (None, "1", 'a "b",\r\nc'), (None, "2", "é"), ("field_count", None, None)
    ]  # fmt: skip
    assert [row[2] for row in found[-3:]] == ['1,"a ""b"",\r\nc",d\r', "2,é,", "3,short"]


@pytest.mark.parametrize(
    ("encoding", "bytewise"),
    [
        *((name, True) for name in ("utf-8", "UTF8", "ascii", "latin-1", "cp1252", "cp1251")),
        *((name, True) for name in ("koi8-r", "mac-roman", "iso8859-15", "cp874")),
        *((name, False) for name in ("utf-8-sig", "gbk", "gb18030", "big5", "shift_jis")),
        *(
            (name, False)
            for name in ("euc-jp", "euc-kr", "iso2022_jp", "iso2022_kr", "hz", "utf-7")
        ),
    ],
)
def test_encodings_in_whose_bytes_separators_can_be_found(encoding: str, bytewise: bool) -> None:
    assert is_bytewise(encoding) is bytewise
