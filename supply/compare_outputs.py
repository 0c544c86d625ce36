"""Say in what two outputs differ: their tables, metrics.json and figures.

compare_outputs.py FIRST SECOND

For a change that is to leave results as they are: run the same input before and after it. Exit
status 1 if anything differs but what a run's moment and folder decide.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from influencers.run.session import build_session

# What the hour of a run or the folder of its input decide.
_MOMENTS = ("source_file", "fetched_at", "next_attempt_at")


def table_differences(spark: SparkSession, first: Path, second: Path) -> Iterator[str]:
    """A line for each table that one of them lacks, or of which rows or columns differ."""
    names = [{path.name for path in (one / "tables").iterdir()} for one in (first, second)]
    yield from (f"table {name}: in one output alone" for name in sorted(names[0] ^ names[1]))
    for name in sorted(names[0] & names[1]):
        frames = [_rows(spark, one / "tables" / name) for one in (first, second)]
        if frames[0].dtypes != frames[1].dtypes:
            yield f"table {name}: columns {frames[0].dtypes} and {frames[1].dtypes}"
            continue
        gone, new = (one.exceptAll(other).count() for one, other in (frames, reversed(frames)))
        if gone or new:
            yield f"table {name}: {gone:,} rows of the first and {new:,} of the second alone"


def _rows(spark: SparkSession, table: Path) -> DataFrame:
    return spark.read.format("delta").load(str(table)).drop(*_MOMENTS)


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
        {path.name: path.read_bytes() for path in (one / "figures").iterdir()}
        for one in (first, second)
    ]
    for name in sorted(folders[0].keys() | folders[1].keys()):
        if folders[0].get(name) != folders[1].get(name):
            missing = name not in folders[0] or name not in folders[1]
            yield f"figure {name}: {'in one output alone' if missing else 'drawn differently'}"


def main(first: Path, second: Path) -> int:
    """Print the differences; 1 if there are any."""
    metrics = [json.loads((one / "metrics.json").read_text("utf-8")) for one in (first, second)]
    for one in metrics:
        one.pop("seconds")
    spark = build_session("compare outputs", {})
    try:
        lines = [
            *table_differences(spark, first, second),
            *(f"metrics {line}" for line in metric_differences(*metrics)),
            *figure_differences(first, second),
        ]
    finally:
        spark.stop()
    print("\n".join(lines) if lines else "no difference")
    return bool(lines)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
