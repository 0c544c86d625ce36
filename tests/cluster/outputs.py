"""What runs have written, table by table."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from compare_outputs import table_differences
from pyspark.sql import DataFrame, SparkSession

from influencers.catalog import TABLES
from influencers.config import Config
from influencers.explore import figures as of_explore
from influencers.measured.reading import read_metrics
from influencers.report.figures import current_figures
from influencers.storage.store import Store

# What a first run leaves: only one that adds to its images passes them through another table.
WRITTEN = frozenset(TABLES) - {"images_fetched"}

# The folder that a file lies in, and the hour.
BY_CONSTRUCTION = ("source_file", "fetched_at")

# On a job's command line: as little as all stages can be made to do.
SMALL = (
    "--set", "models.trees=2", "--set", 'models.labels=["top_likes"]', "--set",
    "models.permutations=1", "--set", "models.explained_rows=100", "--set", "images.enabled=false",
)  # fmt: skip


def rows(frame: DataFrame) -> DataFrame:
    """Without what differs by construction."""
    return frame.drop(*BY_CONSTRUCTION)


def assert_same_tables(
    spark: SparkSession, one: Config, other: Config, names: Iterable[str] = WRITTEN
) -> None:
    """The same columns and rows in every table, whatever the rows' order."""
    stores = Store(spark, one), Store(spark, other)
    differ = list(table_differences(*stores, names=names, but_for=BY_CONSTRUCTION))
    assert not differ, differ


def contents(spark: SparkSession, config: Config, name: str) -> list[str]:
    """A table's rows, in an order of their own; none before its first version."""
    table = Store(spark, config).read_if_exists(name)
    return [] if table is None else sorted(map(repr, rows(table).collect()))


def metrics_of(config: Config) -> dict[str, Any]:
    """metrics.json."""
    text = Path(config.paths.output, "metrics.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def assert_same_metrics(
    one: Config, other: Config, *, but_for: Iterable[str] = ("seconds",)
) -> None:
    """The same numbers, but for the time they took and the folder that an input lies in."""
    first, second = metrics_of(one), metrics_of(other)
    for numbers in (first, second):
        for name in but_for:
            numbers.pop(name, None)
        for row in numbers.get("standing") or ():
            row["source_file"] = row["source_file"].rpartition("/")[2]
    differ = {name: (first.get(name), second.get(name)) for name in first.keys() | second.keys()
              if first.get(name) != second.get(name)}  # fmt: skip
    assert not differ, differ


def assert_report_shows(folder: Path, figures: Collection[str]) -> None:
    """Every figure is in the report, one of them as a drawing that answers the pointer.

    But for those of a model of which the run could measure nothing, as the report says in words.
    """
    page = (folder / "report.html").read_text(encoding="utf-8")
    text = (folder / "metrics.json").read_text(encoding="utf-8")
    current = {one.name for one in current_figures(read_metrics(text, source="metrics.json"))}
    assert current <= set(figures)
    assert {one.name for one in of_explore.FIGURES} <= current
    assert page.count('<svg class="hashtags"') == 1
    assert page.count("data:image/png;base64,") == len(current) - 1
