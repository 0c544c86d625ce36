"""The CSV splitter against a slow oracle, and on everything that breaks naive readers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from influencers.ingest.csv_records import (
    NUL_CHARACTER,
    RECORD_TOO_LONG,
    STRAY_QUOTE,
    UNCLOSED_QUOTE,
    UNDECODABLE,
    CsvRecord,
    decode,
    split_records,
)

CELL = st.text(
    st.one_of(
        st.sampled_from('",\n\r\\ab\u2028\u2029\u0085\u00e9\U0001f600'),
        st.characters(exclude_categories=("Cs",), exclude_characters="\0"),
    ),
    max_size=12,
)


def split(text: str, max_chars: int = 4096) -> list[CsvRecord]:
    """The records of a file's text."""
    lines = text.split("\n")
    return list(split_records(lines[:-1] if lines[-1] == "" else lines, max_chars=max_chars))


def oracle(text: str) -> list[list[str]]:
    """A character-by-character RFC 4180 reader for well-formed files with every cell quoted."""
    rows: list[list[str]] = [[]]
    place = 0
    while place < len(text):
        assert text[place] == '"'
        cell, place = "", place + 1
        while text[place : place + 2] == '""' or text[place] != '"':
            step = 2 if text[place] == '"' else 1
            cell, place = cell + text[place], place + step
        rows[-1].append(cell)
        place += 1
        if text[place] == ",":
            place += 1
        else:
            place += text[place:].index("\n") + 1
            rows.append([])
    return rows[:-1]


def quoted(rows: list[list[str]], end: str) -> str:
    doubled = [['"' + cell.replace('"', '""') + '"' for cell in row] for row in rows]
    return "".join(",".join(row) + end for row in doubled)


@given(
    st.lists(st.lists(CELL, min_size=1, max_size=4), max_size=6), st.sampled_from(["\n", "\r\n"])
)
def test_well_formed_files_read_as_the_oracle_reads_them(rows: list[list[str]], end: str) -> None:
    text = quoted(rows, end)
    found = split(text, max_chars=10**6)
    assert [record.cells for record in found] == oracle(text) == rows
    assert all(record.problem is None for record in found)
    assert "".join(record.raw + "\n" for record in found) == text


@given(st.lists(st.lists(CELL, min_size=2, max_size=4), max_size=6))
def test_what_the_standard_writer_writes_is_read_back(rows: list[list[str]]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\r\n").writerows(rows)
    assert [record.cells for record in split(file.getvalue(), max_chars=10**6)] == rows


@given(st.text(st.sampled_from('",\nab\r'), max_size=60), st.integers(1, 20))
def test_any_text_at_all_is_conserved(text: str, max_chars: int) -> None:
    found = split(text, max_chars=max_chars)
    kept = [line for record in found for line in record.raw.split("\n") if line.strip("\r")]
    assert kept == [line for line in text.split("\n") if line.strip("\r")]


def test_an_unclosed_quote_costs_one_line() -> None:
    found = split('a,b\n1,"open\n2,fine\n3,"also, fine"\n')
    assert [(record.raw, record.problem) for record in found] == [
        ("a,b", None),
        ('1,"open', UNCLOSED_QUOTE),
        ("2,fine", None),
        ('3,"also, fine"', None),
    ]


def test_an_unclosed_quote_on_the_last_line_is_found() -> None:
    assert [record.problem for record in split('1,2\n3,"open')] == [None, UNCLOSED_QUOTE]


def test_text_behind_a_closing_quote_is_a_stray_quote() -> None:
    assert [record.problem for record in split('1,"a"b,"c"\n2,d,e\n')] == [STRAY_QUOTE, None]


def test_a_record_beyond_the_limit_is_an_unclosed_quote() -> None:
    text = '1,"open\n' + "x\n" * 100 + '2,"closed"\n'
    found = split(text, max_chars=50)
    assert (found[0].raw, found[0].problem) == ('1,"open', UNCLOSED_QUOTE)
    assert found[-1].cells == ["2", "closed"]
    assert len(found) == 102


def test_one_long_line_is_no_unclosed_quote() -> None:
    assert split("1," + "x" * 10_000, max_chars=1024)[0].problem is None


@pytest.mark.parametrize("breaker", ["\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1c", "\r"])
def test_only_a_line_feed_ends_a_line(breaker: str) -> None:
    found = split(f'1,"a{breaker}b",2\n')
    assert [record.cells for record in found] == [["1", f"a{breaker}b", "2"]]


def test_a_backslash_at_the_end_of_a_cell_escapes_nothing() -> None:
    assert split('1,"a\\",2\n3,"b",4\n')[0].cells == ["1", "a\\", "2"]


def test_blank_lines_between_records_are_no_records() -> None:
    assert len(split("1,2\n\n\r\n3,4\n")) == 2


def test_nul_characters_mark_their_record_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def reader_of_python_3_10(lines: Iterable[str], **options: bool) -> Iterator[list[str]]:
        def without_nul() -> Iterator[str]:
            for text in lines:
                if "\0" in text:
                    raise csv.Error("line contains NUL")
                yield text

        return read(without_nul(), **options)

    read = csv.reader
    for reader in (read, reader_of_python_3_10):
        monkeypatch.setattr(csv, "reader", reader)
        found = split('1,a\0b\n2,"c\nd\0"\n3,e\n4,\0\n"\0" x,5\n6,f\n')
        assert [(record.raw, record.problem) for record in found] == [
            ("1,a\0b", NUL_CHARACTER),
            ('2,"c\nd\0"', NUL_CHARACTER),
            ("3,e", None),
            ("4,\0", NUL_CHARACTER),
            ('"\0" x,5', NUL_CHARACTER),
            ("6,f", None),
        ]


def test_a_line_beyond_the_bound_costs_itself() -> None:
    lines = [
        decode(line, "utf-8", max_bytes=2_000)
        for line in (
            b"1,a",
            b"2," + b"x" * 1_999,
            b'3,"b',
            b"c" * 2_001,
            b"4,d",
            b"5," + b"y" * 1_998,
        )
    ]
    found = list(split_records(lines, max_chars=10_000))
    assert [(record.raw[:4], len(record.raw), record.problem) for record in found] == [
        ("1,a", 3, None),
        ("2,xx", 1_024, RECORD_TOO_LONG),
        ('3,"b', 4, UNCLOSED_QUOTE),
        ("cccc", 1_024, RECORD_TOO_LONG),
        ("4,d", 3, None),
        ("5,yy", 2_000, None),
    ]


def test_undecodable_bytes_mark_their_record_only() -> None:
    lines = [decode(line, "utf-8") for line in (b"1,caf\xe9", "2,café".encode())]
    found = list(split_records(lines, max_chars=4096))
    assert [record.problem for record in found] == [UNDECODABLE, None]
    assert found[0].raw == "1,caf\\xe9"


def test_undecodable_bytes_deep_in_a_record_mark_it() -> None:
    lines = [decode(line, "utf-8") for line in (b'1,"two', b'lines \xff"', b"2,b")]
    found = list(split_records(lines, max_chars=4096))
    assert [record.problem for record in found] == [UNDECODABLE, None]
