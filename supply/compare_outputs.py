"""Say in what two outputs differ: their tables, metrics.json and figures.

compare_outputs.py FIRST SECOND

For a change that is to leave results as they are: run the same input before and after it. Exit
status 1 if anything differs but what a run's moment and folder decide; 2 if an output is not there.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.config import Config, PathsConfig
from influencers.errors import UserError
from influencers.run.session import build_session
from influencers.storage.store import Store

# What the hour of a run or the folder of its input decide.
_MOMENTS = ("source_file", "fetched_at", "next_attempt_at")


def table_differences(
    first: Store,
    second: Store,
    *,
    names: Iterable[str] | None = None,
    but_for: Sequence[str] = _MOMENTS,
) -> Iterator[str]:
    """A line for each table that one of them lacks, or of which rows or columns differ.

    Args:
        first: of an output.
        second: of the other.
        names: of the tables that both are to have; None: all that one of them has.
        but_for: columns that may differ.
    """
    written = [set(store.written()) for store in (first, second)]
    both = written[0] & written[1]
    for name in sorted(written[0] | written[1] if names is None else names):
        if name not in both:
            yield f"table {name}: not in both outputs"
            continue
        frames = [store.read(name).drop(*but_for) for store in (first, second)]
        if _columns(frames[0]) != _columns(frames[1]):
            yield f"table {name}: columns {_columns(frames[0])} and {_columns(frames[1])}"
            continue
        gone, new = _apart(*frames)
        if gone or new:
            yield f"table {name}: {gone:,} rows of the first and {new:,} of the second alone"


def _columns(frame: DataFrame) -> list[str]:
    return [f"{field.simpleString()} null: {field.nullable}" for field in frame.schema]


def _apart(first: DataFrame, second: DataFrame) -> tuple[int, int]:
    """How many rows each has that the other has not; equal rows count as often as they come."""
    sides = first.withColumn("_side", F.lit(1)).unionByName(second.withColumn("_side", F.lit(-1)))
    more = sides.groupBy(*first.columns).agg(F.sum("_side").alias("_more")).select("_more")
    sums = more.agg(
        F.sum(F.greatest("_more", F.lit(0))).alias("first"),
        F.sum(F.least("_more", F.lit(0))).alias("second"),
    )
    row = sums.collect()[0]
    return int(row["first"] or 0), -int(row["second"] or 0)


def metric_differences(first: Any, second: Any, path: str = "") -> Iterator[str]:
    """A line for each number of metrics.json that differs.

    >>> list(metric_differences({"a": {"x": 1}, "b": 2}, {"a": {"x": 3}, "b": 2}))
    ['a.x: 1 and 3']
    """
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        for key in sorted(first.keys() | second.keys()):
            inner = f"{path}.{key}" if path else str(key)
            yield from metric_differences(first.get(key), second.get(key), inner)
    elif isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        for place, pair in enumerate(zip(first, second, strict=True)):
            yield from metric_differences(*pair, f"{path}[{place}]")
    elif first != second and not path.endswith(_MOMENTS):
        yield f"{path}: {first} and {second}"


def figure_differences(first: Path, second: Path) -> Iterator[str]:
    """A line for each figure that one of them lacks, or that is drawn differently."""
    folders = [
        {path.name: path.read_bytes() for path in (output / "figures").glob("*")}
        for output in (first, second)
    ]
    for name in sorted(folders[0].keys() | folders[1].keys()):
        if folders[0].get(name) != folders[1].get(name):
            missing = name not in folders[0] or name not in folders[1]
            yield f"figure {name}: {'in one output alone' if missing else 'drawn differently'}"


def differences(first: Path, second: Path) -> list[str]:
    """A line for each difference of two outputs.

    Raises:
        UserError: one of them is not there.
    """
    before, after = _metrics(first), _metrics(second)
    spark = build_session("compare outputs", {})
    stores = [
        Store(spark, Config(paths=PathsConfig(output=str(output)))) for output in (first, second)
    ]
    try:
        return [
            *table_differences(*stores),
            *(f"metrics {line}" for line in metric_differences(before, after)),
            *figure_differences(first, second),
        ]
    finally:
        spark.stop()


def main(arguments: Sequence[str]) -> int:
    """Print the differences; returns the exit status."""
    if len(arguments) != 2:
        print("usage: compare_outputs.py FIRST SECOND", file=sys.stderr)
        return 2
    try:
        lines = differences(*map(Path, arguments))
    except UserError as error:
        print(f"compare_outputs: {error}", file=sys.stderr)
        return 2
    print("\n".join(lines) if lines else "no difference")
    return 1 if lines else 0


def _metrics(output: Path) -> dict[str, Any]:
    """What metrics.json has, but for the time it took.

    Raises:
        UserError: there is no such file.
    """
    file = output / "metrics.json"
    if not file.is_file():
        raise UserError(f"no output at {output}: there is no {file.name} in it")
    numbers: dict[str, Any] = json.loads(file.read_text("utf-8"))
    numbers.pop("seconds", None)
    return numbers


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
