"""Many small files are looked at in bulk, and share tasks; names are no patterns."""

from __future__ import annotations

import gzip
import hashlib
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet
from pyspark.sql import SparkSession

from influencers.config import Config, IngestConfig, PathsConfig
from influencers.ingest import columns, dialect, sources
from influencers.ingest.columns import FIELDS, field_of
from influencers.ingest.dialect import SEPARATORS, Dialect
from influencers.run import manifest
from influencers.storage import hashes, input_files

CONFIG = IngestConfig()
POST = {**dict.fromkeys(FIELDS, "1"), "image_url": "http://i/"}


def as_csv(number: int) -> bytes:
    cells = {**POST, "shortcode": str(number)}
    return f"{','.join(cells)}\n{','.join(cells.values())}\n".encode()


def as_array(number: int) -> bytes:
    return json.dumps([{**POST, "shortcode": str(number)}], indent=2).encode()


def as_parquet(number: int) -> bytes:
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.Table.from_pylist([{**POST, "shortcode": str(number)}]), sink)
    return sink.getvalue().to_pybytes()


def as_gzip(number: int) -> bytes:
    return gzip.compress(as_csv(number))


def as_zip(number: int) -> bytes:
    sink = pa.BufferOutputStream()
    with zipfile.ZipFile(sink, "w") as packed:
        packed.writestr("a.csv", as_csv(number))
    return sink.getvalue().to_pybytes()


WRITERS = {
    "csv": as_csv,
    "csv.gz": as_gzip,
    "json": as_array,
    "parquet": as_parquet,
    "csv.zip": as_zip,
}


def fill(folder: Path, number: int, ending: str, write: Callable[[int], bytes]) -> None:
    folder.mkdir(exist_ok=True)
    for file in range(number):
        (folder / f"{file}.{ending}").write_bytes(write(file))


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_the_driver_asks_no_more_of_more_files(
    spark: SparkSession, tmp_path: Path, jvm_calls: list[str], ending: str
) -> None:
    made = []
    # The first time, names in the JVM are looked up.
    for number in (35, 40, 80):
        paths = PathsConfig(output=str(tmp_path / f"out of {number}"))
        fill(tmp_path / "in", number, ending, WRITERS[ending])
        jvm_calls.clear()
        patterns = [str(tmp_path / "in")]
        found = sources.find(spark, patterns, CONFIG)
        assert len(found) == number
        frame = sources.read_records(spark, found, CONFIG)
        sources.require_unchanged(spark, patterns, found)
        manifest.update_inputs(spark, replace(Config(), paths=paths), [one.file for one in found])
        made.append(len(jvm_calls))
        assert frame.count() == number
    assert made[1] == made[2]


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "json", "parquet"])
def test_small_files_share_tasks(spark: SparkSession, tmp_path: Path, ending: str) -> None:
    fill(tmp_path, 60, ending, WRITERS[ending])
    frame = sources.read_records(spark, sources.find(spark, [str(tmp_path)], CONFIG), CONFIG)
    assert frame.rdd.getNumPartitions() <= (1 if ending == "csv" else 20)
    assert {row.shortcode for row in frame.collect()} == set(map(str, range(60)))


@pytest.mark.parametrize("folder", ["a?", "b[1]*", "c{d,e}", "f\\g"])
@pytest.mark.parametrize("ending", WRITERS)
def test_a_name_that_looks_like_a_pattern_is_read_once(
    spark: SparkSession, tmp_path: Path, folder: str, ending: str
) -> None:
    for name in (folder, "ab", "b1z", "cd", "fg"):
        fill(tmp_path / name, 3, ending, WRITERS[ending])
    found = sources.find(spark, [str(tmp_path / folder)], CONFIG)
    rows = sources.read_records(spark, found, CONFIG).collect()
    assert sorted((row.source_file, row.shortcode) for row in rows) == [
        (one.file.uri, str(number)) for number, one in enumerate(found)
    ]


@pytest.mark.parametrize("number", [3, 40])
def test_hashes_of_files_elsewhere_are_those_of_their_bytes(
    spark: SparkSession, tmp_path: Path, elsewhere: str, number: int
) -> None:
    fill(tmp_path, number, "csv", as_csv)
    expected = [hashlib.sha256(as_csv(file)).hexdigest() for file in range(number)]
    for start in (str(tmp_path), elsewhere):
        told = hashes.sha256(spark, input_files.list_files(spark, start))
        by_name = {Path(file.path).name: one for file, one in told.items()}
        assert [by_name[f"{file}.csv"] for file in range(number)] == expected


NAMES = st.lists(
    st.sampled_from([*" ,;\t|\"'\r\0\\_-aΣİé", "likes", "Likes", "caption", "x" * 20])
).map("".join)


@given(NAMES)
def test_a_long_name_is_held_against_all_fields(name: str) -> None:
    plain = "".join(character for character in name.lower() if character.isalnum())
    known = columns._PLAIN.get(plain) or columns._SPELLINGS.get(plain)
    assert field_of(name) == known


@given(st.lists(NAMES, min_size=1, max_size=6), st.sampled_from(SEPARATORS),
       st.sampled_from("\"'"))  # fmt: skip
def test_lines_of_one_cell_name_what_the_reader_reads(
    lines: list[str], separator: str, quote: str
) -> None:
    chosen = Dialect(separator, quote)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dialect, "_is_one_cell", lambda *_: False)
        slow = dialect._fields(lines, chosen)
    assert dialect._fields(lines, chosen) == slow
