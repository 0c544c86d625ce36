"""Files are listed as Hadoop lists them, without a call into the JVM for each."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from influencers.errors import UserError
from influencers.storage import input_files, listing
from influencers.storage.files import jvm, open_system
from influencers.storage.input_files import FileStatus, list_files


def one_by_one(spark: SparkSession, pattern: str) -> list[FileStatus]:
    """What Hadoop says of each file by itself."""
    path, system = open_system(spark, pattern)
    found = [system.getFileStatus(path)] if system.exists(path) else system.globStatus(path) or []
    entries = []
    for status in found:
        root = status.getPath().toString()
        if status.isFile():
            entries.append((root, status))
            continue
        remote = system.listFiles(status.getPath(), True)
        while remote.hasNext():
            entry = remote.next()
            inside = entry.getPath().toString()[len(root) :].strip("/").split("/")
            if not any(part.startswith((".", "_")) for part in inside):
                entries.append((entry.getPath().toString(), entry))
    listed = [
        FileStatus(
            path,
            input_files.uri_of(status.getPath().toUri().toString()),
            status.getLen(),
            status.getModificationTime(),
        )
        for path, status in entries
    ]
    return sorted(listed, key=lambda file: file.uri)


def fill(folder: Path) -> None:
    """Files with names and times that are easily taken for others."""
    names = ["a b.csv", "é%41.csv", "\u00a0\u3000\u2028\u180e\x85\x7f\U0001f600", "#?&;=+@!,.csv"]
    for below in (".", "[1]", "_hidden", ".hidden", "in/k=v, {x}"):
        (folder / below).mkdir(parents=True, exist_ok=True)
        for name in [*names, "_x.csv", ".x.csv"]:
            (folder / below / name).write_bytes(b"abc")
    os.utime(folder / "a b.csv", ns=(0, 1_700_000_000_123_999_999))
    os.utime(folder / "in" / "k=v, {x}" / "a b.csv", ns=(0, -1_500_000_001))
    (folder / "empty.csv").touch()
    (folder / "to a file.csv").symlink_to("a b.csv")
    (folder / "to a folder").symlink_to("[1]")
    (folder / "to nowhere.csv").symlink_to("none")
    (folder / "round").mkdir()
    (folder / "round" / "a.csv").touch()
    (folder / "round" / "and round").symlink_to(".")
    (folder / "round" / "itself").symlink_to("itself")
    os.mkfifo(folder / "pipe.csv")


@pytest.mark.parametrize(
    "below",
    ["", "/", "/*", "/i*", r"/\[1]/*", "/[1]", "/*/*/*", "/a b.csv", "/to*", "/in/../*.csv"],
)
@pytest.mark.parametrize("place", ["here", "by its address", "elsewhere"])
def test_files_are_those_that_hadoop_lists(
    spark: SparkSession, tmp_path: Path, elsewhere: str, below: str, place: str
) -> None:
    fill(tmp_path)
    start = {"here": str(tmp_path), "elsewhere": elsewhere}.get(place, tmp_path.as_uri())
    listed = list_files(spark, start + below)
    assert listed == one_by_one(spark, start + below)
    assert [input_files.uri_of(file.address) for file in listed] == [file.uri for file in listed]


def test_a_name_that_is_no_text_is_passed_over(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.csv"))).touch()
    assert [file.path for file in list_files(spark, str(tmp_path))] == [f"file:{tmp_path}/a.csv"]


@pytest.mark.parametrize("below", ["none", "none*", "folder"])
def test_where_nothing_is_the_path_is_named(
    spark: SparkSession, tmp_path: Path, elsewhere: str, below: str
) -> None:
    (tmp_path / "folder").mkdir()
    for start in (str(tmp_path), elsewhere):
        with pytest.raises(UserError, match=f"no input at {start}/{below.replace('*', '.')}:"):
            list_files(spark, f"{start}/{below}")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_path_is_escaped_as_java_does(spark: SparkSession, text: str) -> None:
    path = f"/a{text}"
    uri = jvm(spark).java.net.URI("file", None, path, None)
    assert listing.escaped(path) == str(uri.toString()).removeprefix("file:")


@pytest.mark.parametrize("pattern", ["", "/*.csv", "/*"])
@pytest.mark.parametrize("place", ["here", "elsewhere"])
def test_calls_do_not_grow_with_the_files(
    spark: SparkSession,
    tmp_path: Path,
    elsewhere: str,
    jvm_calls: list[str],
    place: str,
    pattern: str,
) -> None:
    start = str(tmp_path) if place == "here" else elsewhere
    made = []
    for number in (1, 50):
        for file in range(number):
            (tmp_path / f"{file}.csv").touch()
        jvm_calls.clear()
        assert len(list_files(spark, start + pattern)) == number
        made.append(len(jvm_calls))
    assert made[0] == made[1]
