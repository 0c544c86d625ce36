"""The job `ingest` on the same posts in every dialect, beside plain CSV.

    PYTHONPATH=lib:. .venv/bin/python benchmarks/dialects.py [--posts 100000] [--rounds 3]
    ... --only plain semicolons    some of the dialects

Posts are generated, a hundred an account, and written in each dialect. In alternating rounds each
file is ingested by a process of its own, started as a user starts it; seconds are those of the
stage by its own record, so that the start of Python and Spark is no part of them. After the first
round every table posts is held against that of the plain file.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import pyarrow.compute as pc
from deltalake import DeltaTable
from images_machine import machine
from ingest import make_posts, ran

_ROOT = Path(__file__).resolve().parent.parent
_Rows = Iterable[list[str]]


@dataclass(frozen=True)
class Dialect:
    """How a file is written.

    Attributes:
        write: writes rows, the header first.
        encoding: of the text.
        suffix: of the file.
        options: of the job.
    """

    write: Callable[[TextIO, _Rows], None]
    encoding: str = "utf-8"
    suffix: str = ".csv"
    options: tuple[str, ...] = ()


def _separated(separator: str, *, line_end: str = "\n", every: bool = False,
               first: str = "") -> Callable[[TextIO, _Rows], None]:  # fmt: skip
    quoting = csv.QUOTE_ALL if every else csv.QUOTE_MINIMAL

    def write(target: TextIO, rows: _Rows) -> None:
        target.write(first)
        csv.writer(target, delimiter=separator, lineterminator=line_end, quoting=quoting).writerows(
            rows
        )

    return write


def _escaped(target: TextIO, rows: _Rows) -> None:
    """As Spark writes it: quotes and backslashes in quoted cells behind a backslash."""
    for row in rows:
        cells = ('"' + cell.replace("\\", "\\\\").replace('"', '\\"') + '"' for cell in row)
        target.write(",".join(cells) + "\n")


def _json_lines(target: TextIO, rows: _Rows) -> None:
    records = iter(rows)
    names = next(iter(records))
    target.writelines(f"{json.dumps(dict(zip(names, row, strict=True)))}\n" for row in records)


def _json_array(target: TextIO, rows: _Rows) -> None:
    records = iter(rows)
    names = next(iter(records))
    target.write("[")
    for number, row in enumerate(records):
        target.write(",\n" if number else "\n")
        json.dump(dict(zip(names, row, strict=True)), target)
    target.write("\n]\n")


DIALECTS = {
    "plain": Dialect(_separated(",")),
    "semicolons": Dialect(_separated(";", line_end="\r\n", every=True, first="sep=;\r\n")),
    "tabs": Dialect(_separated("\t"), suffix=".tsv"),
    "bars": Dialect(_separated("|", first="# posts\n\n")),
    "backslashes": Dialect(_escaped),
    "returns": Dialect(_separated(",", line_end="\r", every=True)),
    "utf-16": Dialect(_separated(","), encoding="utf-16", options=("--encoding", "auto")),
    "gzip": Dialect(_separated(","), suffix=".csv.gz"),
    "json-lines": Dialect(_json_lines, suffix=".jsonl"),
    "json-array": Dialect(_json_array, suffix=".json"),
}


def written(source: Path, dialect: Dialect, path: Path) -> Path:
    """The posts of a plain file in a dialect."""
    opened = gzip.open if dialect.suffix.endswith(".gz") else open
    with source.open(encoding="utf-8", newline="") as plain, opened(
        path, "wt", encoding=dialect.encoding, newline=""
    ) as target:  # fmt: skip
        dialect.write(target, csv.reader(plain))  # type: ignore[arg-type]
    return path


def ingested(path: Path, dialect: Dialect, output: Path, log: Path) -> float:
    """The seconds of the stage."""
    command = [str(_ROOT / "spark-submit.sh"), "ingest", "--input", str(path),
               "--output", str(output), *dialect.options]  # fmt: skip
    # This process was started with a path to our packages.
    ran(command, log, {"PYTHONPATH": ""})
    return float(json.loads((output / "metrics.json").read_text())["seconds"]["ingest"])


def posts_in(output: Path) -> list[object]:
    """The rows of the table posts, but for the file that they are of.

    A return that stands alone in a caption is a line feed, as it is read where returns end lines.
    """
    posts = DeltaTable(str(output / "tables" / "posts")).to_pyarrow_table()
    captions = posts["caption"]
    for wanted, by in (("\r\n", "\0"), ("\r", "\n"), ("\0", "\r\n")):
        captions = pc.replace_substring(captions, wanted, by)
    place = posts.column_names.index("caption")
    table = posts.set_column(place, "caption", captions).drop_columns(["source_file"])
    return list(table.sort_by("shortcode").combine_chunks().to_batches())


def measure(chosen: argparse.Namespace, folder: Path) -> None:
    """Print what each dialect takes, and whether its posts are those of the plain file."""
    source = make_posts(chosen.posts, folder / "sample")
    files = {
        name: written(source, DIALECTS[name], folder / f"{name}{DIALECTS[name].suffix}")
        for name in chosen.only
    }
    took: dict[str, list[float]] = {name: [] for name in files}
    plain: list[object] = []
    for number in range(1, chosen.rounds + 1):
        for name, path in files.items():
            output = folder / f"out-{name}"
            took[name].append(ingested(path, DIALECTS[name], output, folder / "log"))
            print(f"round {number}: {name} {took[name][-1]:.1f} s", flush=True)
            if number == 1:
                found = posts_in(output)
                plain = plain or found
                print(
                    f"  posts are {'those' if found == plain else 'NOT those'} of {chosen.only[0]}"
                )
            shutil.rmtree(output)
    print(f"{chosen.posts:,} posts:   median s   / {chosen.only[0]}   MB")
    for name, rounds in took.items():
        pairs = zip(rounds, took[chosen.only[0]], strict=True)
        ratio = statistics.median(one / other for one, other in pairs)
        size = files[name].stat().st_size / 1e6
        print(f"{name:<14} {statistics.median(rounds):>12.1f} {ratio:>9.2f} {size:>6.0f}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Read what to measure, and measure it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=DIALECTS, default=list(DIALECTS))
    chosen = parser.parse_args(arguments)
    print(machine())
    with tempfile.TemporaryDirectory(prefix="benchmark-dialects-") as folder:
        measure(chosen, Path(folder))


if __name__ == "__main__":
    main()
