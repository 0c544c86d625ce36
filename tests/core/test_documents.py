"""docs/tables.md and README.md say what the tables declare."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import documents
import pytest

from influencers.catalog import TABLES
from influencers.ingest.tables import POSTS
from influencers.storage.table import Column, Table

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("README.md", "docs/tables.md")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the documents as they are."""
    (tmp_path / "docs").mkdir()
    for name in NAMES:
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def declare(monkeypatch: pytest.MonkeyPatch, posts: Table) -> None:
    monkeypatch.setattr(documents, "TABLES", {**TABLES, "posts": posts})


def with_likes(table: Table, **values: str) -> Table:
    def one(column: Column) -> Column:
        return replace(column, **values) if column.name == "likes" else column  # type: ignore[arg-type]

    return replace(table, columns=tuple(map(one, table.columns)))


def test_the_documents_are_as_declared(capsys: pytest.CaptureFixture[str]) -> None:
    assert documents.main(["--check"]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("posts", "stale"),
    [
        (with_likes(POSTS, meaning="hearts at the crawl"), "docs/tables.md"),
        (with_likes(POSTS, unit="hearts"), "docs/tables.md"),
        (with_likes(POSTS, null="hidden"), "docs/tables.md"),
        (with_likes(POSTS, name="hearts"), "docs/tables.md"),
        (replace(POSTS, grain="a post"), "docs/tables.md and README.md"),
    ],
    ids=["meaning", "unit", "null", "name", "grain"],
)
def test_a_changed_table_makes_the_check_fail(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    folder: Path,
    posts: Table,
    stale: str,
) -> None:
    before = [(folder / name).read_text() for name in NAMES]
    declare(monkeypatch, posts)
    assert documents.main(["--check"], folder) == 1
    line = f"documents: {stale} do not say what the tables declare: run make docs\n"
    assert capsys.readouterr() == ("", line)
    assert [(folder / name).read_text() for name in NAMES] == before
    assert documents.main([], folder) == 0
    assert documents.main(["--check"], folder) == 0


def test_what_is_around_the_list_in_the_readme_stays(folder: Path) -> None:
    readme = folder / "README.md"
    whole = readme.read_text()
    start, end = whole.index(documents.BEGIN), whole.index(documents.END)
    readme.write_text(whole[: start + len(documents.BEGIN)] + "\nold\n" + whole[end:])
    (folder / "docs" / "tables.md").unlink()
    assert documents.main([], folder) == 0
    assert readme.read_text() == whole
    assert (folder / "docs" / "tables.md").read_text() == (ROOT / "docs/tables.md").read_text()


def test_a_readme_without_a_place_for_the_list_is_a_mistake() -> None:
    with pytest.raises(ValueError, match=r"README\.md needs a line"):
        documents.with_list("# Influencers\n", "| table |")
