"""Tables written in any dialect are read back equal, and their dialect is found."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import re
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from influencers.config import IngestConfig
from influencers.errors import UserError
from influencers.ingest import csv_batches, sources
from influencers.ingest.columns import FIELDS, REQUIRED, read_header
from influencers.ingest.csv_batches import CsvBatches
from influencers.ingest.dialect import PLAIN, SEPARATORS, Dialect, found_in
from influencers.ingest.heads import Head, as_wide_as, head_of
from influencers.ingest.split_plans import Plan

CONFIG = IngestConfig()
CELL = st.text(
    st.one_of(st.sampled_from(",;\t|\"'\\\n\r #=ab"), st.characters(exclude_categories=("Cs",))),
    max_size=12,
).filter(lambda text: not set(text) & {"\0", "\ufdd0"})
TABLE = st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=8)
NAMES = ["shortcode", "caption", "likes"]
PREAMBLES = ([], ["", ""], ['# scraped on a "Monday", don\'t edit; really'], ["posts", ""])


def backslashed(rows: Sequence[Sequence[str]], separator: str) -> str:
    """As Spark and MySQL write it: quotes, and backslashes, have a backslash in quoted cells."""

    def cell(text: str) -> str:
        if not re.search(rf'["\n\r\\{re.escape(separator)}]', text):
            return text
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    return "".join(separator.join(map(cell, row)) + "\n" for row in rows)


def doubled(rows: Sequence[Sequence[str]], separator: str, *, line_end: str, quoting: Any) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=line_end, quoting=quoting).writerows(rows)
    return text.getvalue()


def cells_of(text: str, head: Head, *, few: int = csv_batches.FEW) -> list[list[str | None]]:
    """The cells of all records below the header, by the reader of splits.

    Args:
        text: the file.
        head: what its head says.
        few: up to so many regular records in a row are read by the strict reader.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_batches, "FEW", few)
        return _cells_of(text, head)


def _cells_of(text: str, head: Head) -> list[list[str | None]]:
    batches = CsvBatches(
        "f", read_header(head.names), "utf-8", 100_000, 100_000, dialect=head.dialect
    )
    lines = [line + b"\n" for line in text.encode().removesuffix(b"\n").split(b"\n")]
    pieces = [b"".join(lines[head.dialect.preamble :])]
    found = []
    for batch in batches.of_split(pieces, Plan()):
        assert batch.column("problem").null_count == len(batch), batch.to_pylist()
        found += [list(row) for row in zip(*(batch.column(n).to_pylist() for n in NAMES),
                                           strict=True)]  # fmt: skip
    return found


def given_cells(table: Sequence[Sequence[str]]) -> list[list[str | None]]:
    return [[cell or None for cell in row] for row in table]


@given(
    table=TABLE,
    separator=st.sampled_from(SEPARATORS),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    preamble=st.sampled_from(PREAMBLES),
)
def test_a_table_with_doubled_quotes_reads_back_equal(
    table: list[list[str]], separator: str, line_end: str, quoting: Any, preamble: list[str]
) -> None:
    # A return at the end of a line is a part of its end.
    assume(quoting == csv.QUOTE_ALL or not any(row[-1].endswith("\r") for row in table))
    body = doubled([NAMES, *table], separator, line_end=line_end, quoting=quoting)
    text = "".join(line + line_end for line in preamble) + body
    head = head_of(text.encode(), "f", "csv", CONFIG)
    # Where backslashes before quotes make more records readable, they escape them: by the rule.
    assume(not head.dialect.escape)
    assert head.dialect == Dialect(separator, header_line=len(preamble) + 1)
    assert cells_of(text, head) == given_cells(table)


@given(
    table=TABLE,
    separator=st.sampled_from(SEPARATORS),
    preamble=st.sampled_from(PREAMBLES),
    few=st.sampled_from([0, csv_batches.FEW]),
)
@example([["a", 'C:\\dir, "b\\"', "\\\\x"]], ",", [], 0)
def test_a_table_with_escaped_quotes_reads_back_equal(
    table: list[list[str]], separator: str, preamble: list[str], few: int
) -> None:
    text = "".join(line + "\n" for line in preamble) + backslashed([NAMES, *table], separator)
    config = replace(CONFIG, escape="backslash")
    head = head_of(text.encode(), "f", "csv", config)
    assert head.dialect == Dialect(separator, escape="\\", header_line=len(preamble) + 1)
    assert cells_of(text, head, few=few) == given_cells(table)


QUOTED = st.lists(st.sampled_from(["\\", '""', "a", ",", "\n"]), max_size=6).map(
    lambda parts: '"' + "".join(parts) + '"'
)
UNQUOTED = st.text("\\a", max_size=6)


@given(st.lists(st.one_of(QUOTED, UNQUOTED), min_size=2, max_size=5))
def test_doubled_backslashes_are_one_in_quoted_cells(cells: list[str]) -> None:
    dialect, record = Dialect(escape="\\"), ",".join(cells)
    single = dialect.with_single_backslashes(record.encode()).decode()
    assert next(dialect.reader(io.StringIO(single, newline=""))) == dialect.cells(record)


@pytest.mark.parametrize("separator", SEPARATORS)
def test_escaped_quotes_are_found(separator: str) -> None:
    table = [["a", 'she said "hi"', "1"], ["b", "C:\\dir\\", "2"], ["c", "plain", "3"]]
    text = backslashed([NAMES, *table], separator)
    head = head_of(text.encode(), "f", "csv", CONFIG)
    assert head.dialect == Dialect(separator, escape="\\")
    assert cells_of(text, head) == table


def test_a_backslash_before_a_closing_quote_escapes_nothing() -> None:
    table = [["a", "C:\\", "1"], ["b", 'say "no"', "2"]]
    text = doubled([NAMES, *table], ",", line_end="\n", quoting=csv.QUOTE_ALL)
    head = head_of(text.encode(), "f", "csv", CONFIG)
    assert head.dialect == PLAIN
    assert cells_of(text, head) == table


@pytest.mark.parametrize(
    ("cell", "is_doubtful"),
    [('"C:\\\\"', True), ('"C:\\"', False), ('"say \\"no\\" x"', False), ("C:\\", False)],
)
def test_two_readings_that_fit_are_said(cell: str, is_doubtful: bool) -> None:
    found = found_in(["caption,likes", f"{cell},1"], CONFIG)
    assert found.is_doubtful is is_doubtful
    assert ("taken for text" in found.described()) is is_doubtful


@pytest.mark.parametrize(
    "settings",
    [{"separator": '"'}, {"separator": "\\"}, {"quote": "\\"}, {"quote": ";", "separator": ";"}],
)
def test_separator_quote_and_escape_differ(settings: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"ingest\.separator"):
        replace(CONFIG, **settings)


@pytest.mark.parametrize(
    ("lines", "dialect"),
    [
        (["sep=;", "shortcode;caption;likes"], Dialect(";", header_line=2)),
        (["sep=,\r", "shortcode,caption,likes"], Dialect(header_line=2)),
        (['"sep=\t"', "shortcode\tcaption\tlikes"], Dialect("\t", header_line=2)),
        (["Posts of May;;", "", '"Owner ID";"likes count";x'], Dialect(";", header_line=3)),
        # More than twice as many names that are fields: the later line; else the first.
        (["likes,caption", ";".join(REQUIRED)], Dialect(";", header_line=2)),
        ([",".join(REQUIRED), "1,2", ",".join(FIELDS)], PLAIN),
        # A line that names a separator which the header has not, or which is not in ASCII.
        (["sep=,", "shortcode;caption;likes"], Dialect(";", header_line=2)),
        (["sep=\u00a7", "shortcode;caption;likes"], Dialect(";", header_line=2)),
        (["shortcode,caption|likes", "x"], Dialect()),
        # A header of several lines, one that nobody knows, and none.
        (['"a', 'b",shortcode,likes'], PLAIN),
        (["a;b;c", "1;2;3"], PLAIN),
        ([], PLAIN),
    ],
)
def test_the_header_tells_the_separator(lines: list[str], dialect: Dialect) -> None:
    assert found_in(lines, CONFIG) == dialect


@pytest.mark.parametrize(
    ("settings", "dialect"),
    [
        ({"separator": ";"}, Dialect(";")),
        ({"separator": "\\t"}, Dialect("\t", header_line=1)),
        ({"header_line": 2}, Dialect(header_line=2)),
        ({"quote": "'"}, Dialect(quote="'")),
        ({"escape": "backslash"}, Dialect(escape="\\")),
    ],
)
def test_settings_go_first(settings: dict[str, Any], dialect: Dialect) -> None:
    lines = ["shortcode,caption,likes", "likes,caption,shortcode", 'a,"b \\"c\\"",1']
    found = found_in(lines, replace(CONFIG, **{"escape": "doubled", **settings}))
    assert found == dialect


@pytest.mark.parametrize(
    ("records", "names", "wide"),
    [
        ([["1", "a", "2"]], ["x", "y"], ["", "x", "y"]),
        ([["9", "a", ""], ["7", "b", ""]], ["x", "y"], ["", "x", "y"]),
        ([["a", "2", ""], ["b", "3", ""]], ["x", "y"], ["x", "y", ""]),
        ([["7", "2", ""], ["7", "3", ""]], ["x", "y"], ["x", "y", ""]),
        # Texts with a separator.
        ([["a", "one", " two"]], ["x", "y"], ["x", "y"]),
        ([["a", "2"]], ["x", "y", " "], ["x", "y"]),
        ([["a", "2"], ["a", "2", ""]], ["x", "y"], ["x", "y"]),
        ([["a"]], ["x", "y"], ["x", "y"]),
        ([], ["x", "y"], ["x", "y"]),
    ],
)
def test_names_are_as_many_as_cells(
    records: list[list[str]], names: list[str], wide: list[str]
) -> None:
    assert as_wide_as(records, names) == wide


def test_a_return_within_a_line_is_part_of_a_cell() -> None:
    text = 'shortcode,caption,likes\r\na,one\rtwo,1\r\n"b\rc",x,2\r\n'
    head = head_of(text.encode(), "f", "csv", CONFIG)
    assert cells_of(text, head) == [["a", "one\rtwo", "1"], ["b\rc", "x", "2"]]


ROW = {name: "" for name in FIELDS} | {
    "owner_id": "7",
    "shortcode": "Abcde",
    "is_video": "0",
    "caption": 'a "b";\n\\,|c',
    "likes": "3",
    "comments": "1",
    "created_at": "1500000000",
    "image_url": "http://h/i.jpg",
    "followers": "9",
}


@pytest.mark.parametrize("split_bytes", [60, 300, 1 << 25])
def test_files_of_all_dialects_have_the_same_records(
    spark: SparkSession, tmp_path: Path, split_bytes: int
) -> None:
    rows = [REQUIRED, *[[ROW[name] for name in REQUIRED]] * 7]
    written = {
        "plain": doubled(rows, ",", line_end="\n", quoting=csv.QUOTE_MINIMAL),
        "semicolons": "sep=;\r\n" + doubled(rows, ";", line_end="\r\n", quoting=csv.QUOTE_ALL),
        "tabs": "# tabs\n\n" + doubled(rows, "\t", line_end="\n", quoting=csv.QUOTE_MINIMAL),
        "escaped": backslashed(rows, ","),
        "numbered": doubled([["", *row] if n == 0 else [str(n), *row] for n, row in
                             enumerate(rows)], "|", line_end="\n", quoting=csv.QUOTE_MINIMAL),
        "trailing": doubled([[*row, ""] for row in rows], ";", line_end="\n",
                            quoting=csv.QUOTE_MINIMAL),
    }  # fmt: skip
    for name, text in written.items():
        (tmp_path / f"{name}.csv").write_text("\ufeff" + text, encoding="utf-8", newline="")
    config = replace(CONFIG, split_bytes=split_bytes)
    found = sources.find(spark, [str(tmp_path)], config)
    said = "\n".join(sources.remarks(found, config))
    assert "semicolons.csv: parted by semicolons, header in line 2" in said
    assert "tabs.csv: parted by tabs, header in line 3" in said
    assert "escaped.csv: quotes escaped by a backslash" in said
    assert "left out columns without a name" in said
    records = sources.read_records(spark, found, config).drop("raw").collect()
    assert len(records) == 6 * 7
    want = {name: ROW[name] for name in REQUIRED}
    for record in records:
        assert record.problem is None
        assert {name: record[name] for name in REQUIRED} == want
    assert {record.record for record in records} == set(range(1, 8))


def test_packed_files_and_other_encodings_have_the_same_records(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {**ROW, "caption": "caf\u00e9 d\u00e9j\u00e0 vu, tr\u00e8s bon; \u00e0 bient\u00f4t"}
    rows = [REQUIRED, *[[row[name] for name in REQUIRED]] * 3]
    text = doubled(rows, ";", line_end="\n", quoting=csv.QUOTE_MINIMAL)
    plain = text.encode()
    lines = "".join(json.dumps(row) + "\n" for _ in range(3))
    written = {
        "a.csv": gzip.compress(plain),
        "b.csv.zst": pa.Codec("zstd").compress(plain, asbytes=True),
        "c.csv": text.encode("utf-16"),
        "d.csv": text.encode("cp1252"),
        "e.csv": text.replace("\n", "\r").encode(),
        "f.json.xz": lzma.compress(lines.encode()),
        "g.csv.bz2": bz2.compress(plain),
        "README.txt": b"what this is",
        "photo.jpg": b"\xff\xd8",
    }
    for name, data in written.items():
        (tmp_path / name).write_bytes(data)
    with zipfile.ZipFile(tmp_path / "h.zip", "w") as archive:
        archive.writestr("monday/posts.csv", plain)
        archive.writestr("README.txt", "what this is")
        archive.writestr("tuesday.jsonl", lines)
    config = replace(CONFIG, encoding="auto")
    found = sources.find(spark, [str(tmp_path)], config)
    said = "\n".join(sources.remarks(found, config)) + capsys.readouterr().err
    assert "d.csv: taken for text in cp1252" in said
    assert "README.txt and 1 more: of no kind that is read" in said
    records = sources.read_records(spark, found, config).collect()
    want = {name: row[name] for name in REQUIRED}
    for record in records:
        assert record.problem is None
        assert {name: record[name] for name in REQUIRED} == want
    numbers = {}
    for record in records:
        numbers.setdefault(record.source_file.rpartition("/")[2], []).append(record.record)
    assert {name: sorted(found) for name, found in numbers.items()} == {
        **{
            name: [1, 2, 3] for name in sorted(written) if name[0].islower() and name != "photo.jpg"
        },
        "h.zip": [1, 2, 3, 4, 5, 6],
    }


def test_what_spark_writes_by_default_reads_back_equal(spark: SparkSession, tmp_path: Path) -> None:
    captions = [
        "plain", 'say "hi" now', '"all"', 'ends with "quote"', 'a "b, c" d', "C:\\dir", 'C:\\, "x"',
        'ends in \\, "so', '\\"', "a, b\\", "one\ntwo", '"', 'x \\\\"y, z\\\\',
    ]  # fmt: skip
    rows = [tuple({**ROW, "caption": text}[name] for name in REQUIRED) for text in captions]
    frame = spark.createDataFrame(rows, list(REQUIRED)).coalesce(1)
    frame.write.csv(str(tmp_path / "written"), header=True)
    found = sources.find(spark, [str(tmp_path / "written")], CONFIG)
    assert [source.head.dialect for source in found] == [Dialect(escape="\\")]
    records = sources.read_records(spark, found, CONFIG).collect()
    assert {record.problem for record in records} == {None}
    assert sorted(record.caption for record in records) == sorted(captions)


def test_a_header_that_nobody_knows_says_what_was_found(
    spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("a;b;c\n1;2;3\n")
    with pytest.raises(UserError, match=r"no column owner_id.* \(found: a;b;c\)"):
        sources.find(spark, [str(tmp_path)], CONFIG)


def test_an_open_quote_does_not_make_backslashes_escapes() -> None:
    rows = [[f"a{n}", "C:\\dir\\" if n % 9 == 4 else "a \\b", "1"] for n in range(60)]
    lines = doubled([NAMES, *rows], ",", line_end="\n", quoting=csv.QUOTE_ALL).splitlines()
    # Read with escapes, few records are lost to it, as a backslash before a quote ends it.
    lines.insert(3, 'open,"text that goes on,1')
    head = head_of("\n".join(lines).encode() + b"\n", "f", "csv", CONFIG)
    assert head.dialect.escape == ""
