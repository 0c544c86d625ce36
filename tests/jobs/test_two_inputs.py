"""Two inputs into one output, one after the other: what is said of the run, and of the tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pyspark.sql import Row, SparkSession

from influencers.config import Config, load
from influencers.ingest.captions import COUNTS
from influencers.ingest.tables import POSTS
from influencers.measured.explore import Explore
from influencers.measured.metrics import Metrics
from influencers.report.contents import sections
from influencers.report.frames import Frames
from influencers.report.headlines import headlines
from influencers.run import metrics
from influencers.storage.store import Store
from jobs import features, ingest
from jobs.command_line import execute
from outputs import metrics_of

NAMES = "owner_id,shortcode,is_video,caption,comments,likes,created_at,imageUrl,followers"
GOOD = "1,{},0,hi,1,2,1500000000,http://i/a.jpg,10"


def read(output: Path, file: Path, *records: str) -> Config:
    """A run of ingest on a file with these records."""
    file.write_text("\n".join([NAMES, *records]) + "\n")
    config = load(None, [f"paths.output={output}", f'paths.input=["{file}"]'])
    execute(ingest.JOB, config)
    return config


@pytest.fixture(scope="module")
def config(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("two")
    first, second = folder / "a.csv", folder / "b.csv"
    posts = [GOOD.format(name) for name in "ABC"]
    read(folder / "out", first, *posts, "broken", GOOD.format("D").replace("1500000000", "1"))
    return read(folder / "out", second, GOOD.format("E"), GOOD.format("E"), GOOD.format("A"), "no")


def manifest_of(config: Config) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(config.paths.output, "manifest.json").read_text())
    return found


def test_metrics_tell_the_run_from_the_tables(config: Config) -> None:
    numbers = metrics_of(config)
    assert numbers["rows"] == {
        "read": 4,
        "posts": 2,
        "quarantined": 1,
        "duplicates": 1,
        "repeated": 1,
        "observations": 0,
        "undated": 3,
        "by_reason": {"field_count": 1},
    }
    assert numbers["tables"] == {
        "posts": {"rows": 4},
        "quarantine": {
            "rows": 3,
            "by_reason": {"field_count": 2, "time_out_of_range:created_at": 1},
        },
    }


def test_the_manifest_has_every_input(config: Config) -> None:
    inputs = manifest_of(config)["inputs"]
    assert [Path(one["uri"]).name for one in inputs] == ["a.csv", "b.csv"]
    assert all(one["sha256"] and one["bytes"] and one["read_at"] for one in inputs)


def test_the_report_shows_both(spark: SparkSession, config: Config) -> None:
    numbers = metrics.read(spark, config)
    nothing = pd.DataFrame()
    frames = Frames(nothing, nothing, nothing, nothing, ())
    shown = {one.label: one for one in headlines(numbers, frames)}
    assert shown["posts"].value == "4"
    assert shown["posts"].note == "2 of them of 4 records in the last input"
    assert shown["records in quarantine"].value == "3"
    (data,) = (one for one in sections(numbers, frames, {}) if one.anchor == "data")
    records, reasons, *_ = data.tables
    assert records.columns == ("records", "last input", "tables")
    assert records.rows == (
        ("read", "4", ""),
        ("posts", "2", "4"),
        ("quarantined", "1", "3"),
        ("duplicates", "1", ""),
    )
    assert dict(reasons.rows) == {"field_count": "2", "time_out_of_range:created_at": "1"}


def test_what_is_mended_goes_and_a_file_has_one_entry(
    spark: SparkSession, config: Config, tmp_path: Path
) -> None:
    output, file = tmp_path / "out", tmp_path / "a.csv"
    read(output, file, GOOD.format("A"), "broken")
    before = manifest_of(read(output, file, GOOD.format("A")))["inputs"]
    mended = read(output, file, GOOD.format("A"), GOOD.format("B"))
    (source,) = manifest_of(mended)["inputs"]
    assert source["bytes"] == file.stat().st_size != before[0]["bytes"]
    numbers = metrics_of(mended)
    assert numbers["rows"]["by_reason"] == {}
    assert numbers["tables"] == {
        "posts": {"rows": 2},
        "quarantine": {"rows": 0, "by_reason": {}},
    }


def test_a_section_is_of_the_last_job_that_reports_it(spark: SparkSession, tmp_path: Path) -> None:
    config = load(None, [f"paths.output={tmp_path}"])
    old = Explore(content={"old": "higher"}, virality={"top_likes": {"a": "lower"}})
    metrics.update(spark, config, Metrics(explore=old))
    metrics.update(spark, config, Metrics(explore=Explore(content={"new": "higher"})))
    assert metrics.read(spark, config).explore == Explore(content={"new": "higher"})


def test_posts_of_an_earlier_version_have_their_captions_read_again(
    spark: SparkSession, tmp_path: Path
) -> None:
    config = read(tmp_path / "out", tmp_path / "a.csv", GOOD.format("A"))
    store = Store(spark, config)
    counts = [count.column.name for count in COUNTS]
    now = store.read(POSTS)
    rows = spark.createDataFrame(now.drop(*counts).collect(), now.drop(*counts).schema)
    store.rewrite(rows, POSTS)
    # What stands there is enough for the features,
    execute(features.JOB, config)
    assert [row.caption_length for row in _rows(spark, config, "post_features")] == [2]
    # and the next file finds all columns.
    read(tmp_path / "out", tmp_path / "b.csv", GOOD.format("B").replace("hi", "oh my"))
    found = {row.shortcode: row.caption_length for row in _rows(spark, config, "posts")}
    assert found == {"A": 2, "B": 5}


def _rows(spark: SparkSession, config: Config, table: str) -> list[Row]:
    return Store(spark, config).read(table).collect()
