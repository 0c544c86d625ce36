"""A profile of files: how they are read, what they hold, what would be quarantined."""

from __future__ import annotations

import gzip
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet
from pyspark.sql import SparkSession

from influencers.config import Config, PathsConfig, ProfileConfig
from influencers.errors import UserError
from influencers.ingest import sources
from influencers.ingest.profile import Profile, profile
from jobs import profile_job
from jobs.command_line import execute

NOW = 1_700_000_000
NAMES = ["owner_id", "shortcode", "is_video", "caption", "comments", "likes", "created_at",
         "image_url", "followers"]  # fmt: skip
ROWS = [
    ["7", "Abcde1", "0", "hello #sun", "1,234", "5", "1500000000", "http://h/1.jpg", "9"],
    ["7", "Abcde2", "1", "<b>bold</b>", "", "6", "1500000001", "", "9B"],
    ["8", "Abcde3", "0", "", "1", "7", "05/06/2024", "http://h/3.jpg", "9"],
    ["8", "Abcde4", "0", "", "1", "8", "1500000003", "http://h/4.jpg", "9"],
    ["8", "Abcde4", "0", "", "1", "9", "1500000003", "http://h/4.jpg", "9"],
]


def as_csv(separator: str = ",") -> bytes:
    lines = [separator.join(f'"{cell}"' for cell in row) for row in (NAMES, *ROWS)]
    return "\n".join(lines).encode() + b"\n"


def look(spark: SparkSession, folder: Path, *, every_record: bool) -> Profile:
    config = Config().ingest
    found = sources.find(spark, [str(folder)], config)
    return profile(spark, found, config, now=NOW, every_record=every_record)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same five records in files of all kinds."""
    folder = tmp_path_factory.mktemp("posts")
    (folder / "a.csv").write_bytes(b"sep=;\n" + as_csv(";"))
    (folder / "b.csv").write_bytes(gzip.compress(as_csv()))
    lines = [json.dumps(dict(zip(NAMES, row, strict=True))) for row in ROWS]
    (folder / "c.jsonl").write_text("\n".join(lines))
    with zipfile.ZipFile(folder / "d.zip", "w") as archive:
        archive.writestr("posts.csv", as_csv("|"))
    table = pa.table(dict(zip(NAMES, zip(*ROWS, strict=True), strict=True)))
    parquet.write_table(table, folder / "e.parquet")
    return folder


def test_a_sample_of_small_files_is_all_of_them(spark: SparkSession, folder: Path) -> None:
    found = look(spark, folder, every_record=False)
    assert replace(found, is_sample=False) == look(spark, folder, every_record=True)
    assert (found.records, found.usable, found.with_hashtags) == (25, 15, 5)
    assert found.repeated == 15 - 2
    assert [(one.code, one.records, one.record) for one in found.reasons] == [
        ("ambiguous_date:created_at", 5, 3), ("ambiguous_number:followers", 5, 2)
    ]  # fmt: skip
    assert found.reasons[0].source_file.endswith("/a.csv")
    fields = {field.name: field for field in found.fields}
    comments = fields["comments"]
    assert (comments.known, comments.distinct) == (20, 2)
    assert (comments.least, comments.greatest, comments.example) == ("1", "1234", "1,234")
    assert fields["created_at"].least == "2017-07-14 02:40:00"
    assert fields["location"].known == 0


def test_the_job_writes_nothing_but_what_is_asked_for(
    spark: SparkSession, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "pages" / "profile.html"
    paths = PathsConfig(input=(str(folder / "a.csv"),), output=str(tmp_path / "out"))
    execute(profile_job.JOB, Config(paths=paths, profile=ProfileConfig(html=str(page))))
    said = capsys.readouterr().out
    assert "a.csv: parted by semicolons, header in line 2" in said
    assert "5 records looked at (the start of the files; --all looks at all)" in said
    assert "3 usable, 1 of them repeat a post" in said
    assert "crawled_at unknown throughout" in said
    assert sorted(one.name for one in tmp_path.iterdir()) == ["pages"]
    text = page.read_text(encoding="utf-8")
    assert "ambiguous_date:created_at" in text
    assert "&lt;b&gt;bold" in text
    assert "<b>bold" not in text


def test_what_cannot_be_read_is_one_line(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n")
    config = Config(paths=PathsConfig(input=(str(tmp_path / "a.csv"),)))
    with pytest.raises(UserError, match="no column owner_id"):
        profile_job.run(spark, config)
