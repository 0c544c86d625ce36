"""Writes what the documents say of the tables, out of their declarations.

    documents.py [--check]

That is docs/tables.md, and the list of tables in README.md between two comments. With --check
nothing is written. Exit status: 0 done, or all is as declared; 1 with --check, something differs;
2 other arguments.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import written_files

from influencers.catalog import TABLES
from influencers.storage.table import Column, Table

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- tables: made by make docs -->", "<!-- end of tables -->"

INTRODUCTION = """\
# Tables

All tables are Delta tables below `OUTPUT/tables`. This page is made by `make docs` out of the
declarations in `lib/influencers/*/tables.py`. Times are UTC; an empty cell under *null* means that
no value is null; `column[].field` is a field of the structs of an array. Of a key two nulls are
equal. Settings such as `images.mirrors` are those of `conf/default.toml`.
"""


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Write the documents below a folder, or say in one line which of them are out of date."""

    def wanted() -> Mapping[str, str]:
        return documents(TABLES.values(), (root / "README.md").read_text(encoding="utf-8"))

    return written_files.main(arguments, root, program="documents", files=wanted, remarks=_remarks)


def _remarks(stale: Sequence[str]) -> Iterator[str]:
    yield f"documents: {' and '.join(stale)} do not say what the tables declare: run make docs"


def documents(tables: Iterable[Table], readme: str) -> Mapping[str, str]:
    """What each document is to hold, by its path; `readme` is README.md as it is."""
    tables = list(tables)
    sections = [section(table) for table in tables]
    return {
        "docs/tables.md": "\n".join([INTRODUCTION, *sections]),
        "README.md": with_list(readme, table_list(tables)),
    }


def section(table: Table) -> str:
    """A table's part of docs/tables.md: its grain, key and job, and a row for each column."""
    rows = [_row(path, column) for path, column in table.described()]
    return "\n".join([
        f"## {table.name}\n",
        f"A row is {table.grain}. Key: {_names(table.key)}. Job: `{table.job}`.\n",
        "| column | type | unit | meaning | null |",
        "|---|---|---|---|---|",
        *rows,
        "",
    ])  # fmt: skip


def table_list(tables: Iterable[Table]) -> str:
    """The list of tables for README.md."""
    rows = [
        f"| [`{table.name}`](docs/tables.md#{table.name}) | {_cell(table.grain)} "
        f"| {_names(table.key)} |"
        for table in tables
    ]
    return "\n".join(["| table | a row is | key |", "|---|---|---|", *rows])


def with_list(readme: str, listed: str) -> str:
    """README.md with the list between the two comments.

    Raises:
        ValueError: the comments are not there.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"README.md needs a line {BEGIN!r} and after it a line {END!r}")
    return f"{before}{begin}\n{listed}\n{end}{after}"


def _row(path: str, column: Column) -> str:
    kind = "array<struct>" if column.fields else column.type.simpleString()
    cells = (f"`{path}`", kind, column.unit, column.meaning, column.null)
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    r"""A text as a cell of a Markdown table: a bar would end it, an angle bracket be HTML.

    >>> _cell("a < b | c")
    'a &lt; b \\| c'
    """
    return text.replace("|", r"\|").replace("<", "&lt;")


def _names(key: Iterable[str]) -> str:
    return ", ".join(f"`{column}`" for column in key)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
