"""Fields in the names of folders, in every format."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import csv, parquet
from pyspark.sql import SparkSession

from influencers.config import IngestConfig
from influencers.errors import UserError
from influencers.ingest import partitions, sources
from influencers.ingest.plain_posts import UNREAD, PlainPosts
from influencers.ingest.records import ARROW_SCHEMA

CONFIG = IngestConfig(latest_time=1_600_000_000)
POST = {
    "owner_id": 1,
    "shortcode": "CAAAA",
    "caption": "hi",
    "comments": 2,
    "likes": 30,
    "created_at": 1_500_000_000,
    "image_url": "http://i/x.jpg",
    "followers": 100,
}
FOLDERS = ("isVideo=true", "location=a%2Fb %C3%A9=c", "username=__HIVE_DEFAULT_PARTITION__",
           "colour=red", "caption=no")  # fmt: skip


def write(folder: Path) -> Iterator[Path]:
    """The same post as a file of each format."""
    folder.mkdir(parents=True, exist_ok=True)
    table = pa.table({name: [value] for name, value in POST.items()})
    csv.write_csv(table, folder / "a.csv")
    yield folder / "a.csv"
    (folder / "c.jsonl").write_text(json.dumps(POST))
    yield folder / "c.jsonl"
    (folder / "d.json").write_text(json.dumps([POST], indent=1))
    yield folder / "d.json"
    with zipfile.ZipFile(folder / "e.zip", "w") as packed:
        packed.write(folder / "a.csv", "inside.csv")
    yield folder / "e.zip"
    parquet.write_table(table, folder / "f.parquet")
    yield folder / "f.parquet"


def test_every_format(spark: SparkSession, tmp_path: Path) -> None:
    inner = tmp_path.joinpath(*FOLDERS)
    assert len(list(write(inner))) == 5
    # Of another folder, of the same columns.
    other = tmp_path / "isVideo=false"
    other.mkdir()
    shutil.copy(inner / "f.parquet", other / "g.parquet")
    found = sources.find(spark, [str(tmp_path)], CONFIG)
    said = " ".join(sources.remarks(found, CONFIG))
    assert "read in the names of folders: is_video, location, username" in said
    rows = sources.read_records(spark, found, CONFIG).collect()
    read = {Path(row.source_file).name: row for row in rows}
    assert len(read) == len(rows) == 6
    assert {row.problem for row in rows} == {None}
    assert (read["g.parquet"].is_video, read["g.parquet"].location) == ("false", None)
    del read["g.parquet"]
    assert {(row.is_video, row.location, row.username, row.caption) for row in read.values()} == {
        ("true", "a/b é=c", None, "hi")
    }
    typed = sources.read_records(
        spark, found, CONFIG, PlainPosts.by(CONFIG, now=1_600_000_000).work()
    )
    assert [row.is_video for row in typed.where(f"{UNREAD} is null").collect()].count(True) == 5


def test_a_column_of_the_file_and_what_is_set_go_first(spark: SparkSession, tmp_path: Path) -> None:
    folder = tmp_path / "likes=7" / "kind=1"
    files = [file for file in write(folder) if file.suffix in (".csv", ".parquet")]
    with pytest.raises(UserError, match=r"no column is_video .*likes= in its path"):
        sources.find(spark, [str(files[0])], CONFIG)
    config = replace(CONFIG, columns=("is_video=kind",))
    found = sources.find(spark, [str(file) for file in files], config)
    rows = sources.read_records(spark, found, config).collect()
    assert [(row.likes, row.is_video) for row in rows] == [("30", "1")] * 2


def test_records_that_cannot_be_read_stay_as_they_are() -> None:
    rows = [
        {"source_file": file, "problem": problem, "location": location}
        for file, problem, location in (
            ("a", None, None), ("b", None, None), ("a", "field_count", None), ("a", None, "own")
        )
    ]  # fmt: skip
    batch = pa.RecordBatch.from_pylist(rows, ARROW_SCHEMA)
    filled = partitions.filled(batch, {"a": {"location": "x"}, "b": {"location": ""}})
    assert filled.column("location").to_pylist() == ["x", None, None, "own"]
    assert filled.schema == batch.schema


@pytest.mark.parametrize(
    ("name", "start", "told"),
    [
        ("a.orc", b"ORC\x00", "ORC is not read: write it as Parquet"),
        ("a.AVRO", b"Obj\x01", "Avro is not read"),
        ("a.csv", b"ORC\x00\x01", "is ORC, which is not read"),
        ("a.json", b"Obj\x01\x04", "is Avro, which is not read"),
        ("a.csv", b"PAR1\x15\x00", "is Parquet: end its name in .parquet"),
        ("a.csv", b"ORCID,likes\n1,2\n", "no column owner_id"),
    ],
)
def test_tables_that_are_not_read(
    spark: SparkSession, tmp_path: Path, name: str, start: bytes, told: str
) -> None:
    (tmp_path / name).write_bytes(start + b"\n")
    with pytest.raises(UserError, match=told) as error:
        sources.find(spark, [str(tmp_path)], CONFIG)
    assert name in str(error.value) and "\n" not in str(error.value)
