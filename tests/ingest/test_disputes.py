"""Which word stands when files, or a file and the tables, say different things of a post."""

from __future__ import annotations

import dataclasses
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from influencers.config import Config, PathsConfig
from influencers.errors import UserError
from influencers.ingest.tables import POSTS, QUARANTINE
from influencers.measured.keys import as_json
from influencers.storage.store import Store
from jobs import ingest
from test_sources import NAMES, write


def post(shortcode: str, likes: int, owner: int = 1) -> str:
    return f"{owner},ann,{shortcode},False,hi,2,{likes},1500000000,,http://i/x.jpg,False,Ann,100,5"


class Folder:
    """Files, and an output that they go into."""

    def __init__(self, spark: SparkSession, path: Path) -> None:
        self.spark = spark
        self.path = path

    def write(self, name: str, *posts: str) -> None:
        write(self.path / name, *posts)

    def config(self, *names: str, replace: tuple[str, ...] = ()) -> Config:
        paths = PathsConfig(input=self.paths(names), output=str(self.path / "out"))
        base = Config()
        replacing = dataclasses.replace(base.ingest, replace=self.paths(replace))
        return dataclasses.replace(base, paths=paths, ingest=replacing)

    def paths(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(self.path / name) for name in names)

    def ingest(self, *names: str, replace: tuple[str, ...] = ()) -> dict[str, Any]:
        numbers = ingest.run(self.spark, self.config(*names, replace=replace))
        rows: dict[str, Any] = as_json(numbers.rows)
        assert rows["read"] == rows["posts"] + rows["quarantined"] + rows["duplicates"]
        self.standing = {Path(one.source_file).name: one.posts for one in numbers.standing or ()}
        return rows

    def posts(self) -> dict[str, tuple[int, int, str]]:
        """Of each post: its owner, its likes, and the file whose word stands."""
        rows = Store(self.spark, self.config()).read(POSTS).collect()
        return {
            row.shortcode: (row.owner_id, row.likes, Path(row.source_file).name) for row in rows
        }

    def quarantine(self) -> dict[tuple[str, int], tuple[list[str], Any]]:
        """Of each record put aside, by file and number: its reasons, and the likes it gives."""
        rows = Store(self.spark, self.config()).read(QUARANTINE).collect()
        return {
            (Path(row.source_file).name, row.record): (row.reasons, json.loads(row.raw)["likes"])
            for row in rows
        }


@pytest.fixture
def folder(spark: SparkSession, tmp_path: Path) -> Folder:
    return Folder(spark, tmp_path)


def test_a_count_that_was_too_high_is_mended(
    folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.write("b.csv", post("A", 9_000), post("B", 7))
    folder.write("mended.csv", post("A", 90))
    folder.ingest("b.csv")
    # Without a crawl's time the higher count stands, and the log says whose it is.
    folder.ingest("mended.csv")
    assert folder.posts() == {"A": (1, 9_000, "b.csv"), "B": (1, 7, "b.csv")}
    assert folder.standing == {"b.csv": 1}
    said = capsys.readouterr().err
    assert "1 posts are told in several ways" in said and "b.csv 1" in said
    assert "--replace FILE" in said
    folder.ingest(replace=("mended.csv",))
    assert folder.posts() == {"A": (1, 90, "mended.csv"), "B": (1, 7, "b.csv")}
    # What a file says now goes before what it has said.
    folder.write("b.csv", post("A", 80), post("B", 6))
    folder.ingest("b.csv")
    assert folder.standing == {"mended.csv": 1}
    assert folder.posts() == {"A": (1, 90, "mended.csv"), "B": (1, 6, "b.csv")}


def test_a_file_that_replaces_wins_in_its_own_run(folder: Folder) -> None:
    folder.write("a.csv", post("A", 9_000))
    folder.write("mended.csv", post("A", 90, owner=2))
    rows = folder.ingest("a.csv", replace=("mended.csv",))
    assert folder.posts() == {"A": (2, 90, "mended.csv")}
    assert folder.quarantine() == {("a.csv", 1): (["conflicting_owner"], 9_000)}
    assert (rows["posts"], rows["quarantined"]) == (1, 1)


def test_the_file_of_equal_posts_is_the_first_by_name(folder: Folder) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        folder.write(name, post("A", 5))
    for name in ("b.csv", "c.csv", "a.csv"):
        folder.ingest(name)
        assert folder.standing == {}
    assert folder.posts() == {"A": (1, 5, "a.csv")}
    assert folder.ingest("c.csv", "b.csv", "a.csv")["duplicates"] == 2
    assert folder.posts() == {"A": (1, 5, "a.csv")}


def test_two_owners_of_one_shortcode_are_a_conflict(folder: Folder) -> None:
    folder.write("a.csv", post("A", 5), post("B", 1))
    folder.write("b.csv", post("A", 6, owner=2), post("A", 4))
    for order in itertools.permutations(("a.csv", "b.csv")):
        rows = folder.ingest(*order)
        assert folder.posts() == {"A": (2, 6, "b.csv"), "B": (1, 1, "a.csv")}
        assert folder.quarantine() == {
            ("a.csv", 1): (["conflicting_owner"], 5),
            ("b.csv", 2): (["conflicting_owner"], 4),
        }
        assert (rows["read"], rows["posts"], rows["by_reason"]) == (4, 2, {"conflicting_owner": 2})


def test_an_owner_in_the_tables_stays(folder: Folder) -> None:
    folder.write("a.csv", post("A", 5))
    folder.write("b.csv", post("A", 600, owner=2), post("B", 1))
    folder.ingest("a.csv")
    rows = folder.ingest("b.csv")
    assert folder.posts() == {"A": (1, 5, "a.csv"), "B": (1, 1, "b.csv")}
    assert folder.quarantine() == {("b.csv", 1): (["conflicting_owner"], 600)}
    assert (rows["read"], rows["posts"], rows["quarantined"]) == (2, 1, 1)
    folder.ingest(replace=("b.csv",))
    assert folder.posts() == {"A": (2, 600, "b.csv"), "B": (1, 1, "b.csv")}
    assert folder.quarantine() == {}


def test_a_file_with_a_header_alone_is_named(
    folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder.path / "empty.csv").write_text(NAMES + "\n")
    with pytest.raises(UserError, match=r"empty\.csv: no records, just a header") as error:
        folder.ingest("empty.csv")
    assert "quarantine" not in str(error.value)
    folder.write("a.csv", post("A", 5))
    assert folder.ingest("a.csv", "empty.csv")["posts"] == 1
    assert "empty.csv: no records, just a header" in capsys.readouterr().err


def test_an_output_below_the_input_is_no_input(folder: Folder) -> None:
    folder.write("a.csv", post("A", 5))
    for _ in range(2):
        (folder.path / "out" / "exports").mkdir(parents=True, exist_ok=True)
        (folder.path / "out" / "exports" / "posts.csv").write_text("a,b\n1,2\n")
        assert folder.ingest(".")["posts"] == 1
        assert folder.ingest("*")["posts"] == 1
    # The sample lies there, and whoever names a file there means it.
    folder.path.joinpath("out", "sample").mkdir()
    folder.write("out/sample/posts.csv", post("B", 5))
    assert folder.ingest("out/sample")["posts"] == 1
    with pytest.raises(UserError, match="every file lies below the output"):
        folder.ingest("out")
