"""Two runs at once, and two batches one after the other."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from cluster import LINUX, submitted_locally
from jobs import ingest
from outputs import assert_same_metrics, assert_same_tables, contents
from processes import wait_until
from samples import Sample, Undisturbed
from writes import SECONDS

pytestmark = [pytest.mark.fault, LINUX]


def test_of_two_pipelines_on_one_output_one_wins(
    spark: SparkSession, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    config = undisturbed.before_all(tmp_path / "out")
    words = undisturbed.sample.arguments("pipeline", config)
    with (
        submitted_locally(tmp_path / "one", "pipeline", words) as one,
        submitted_locally(tmp_path / "other", "pipeline", words) as other,
    ):
        both = (one, other)
        wait_until(lambda: any(run.process.poll() is not None for run in both), SECONDS, "a loser")
        loser, winner = sorted(both, key=lambda run: run.process.poll() is None)
        loser.fail(
            SECONDS, status=2, message=r"pipeline: \S+ is being written by the pipeline of process"
        )
        winner.succeed(SECONDS)
    assert_same_tables(spark, config, undisturbed.new)
    assert_same_metrics(config, undisturbed.new)


def test_batches_in_any_order_and_again(
    spark: SparkSession, sample: Sample, tmp_path: Path
) -> None:
    first, second = sample.files
    outputs = {}
    for name, batches in {
        "at once": [[first, second]],
        "one by one": [[first], [second]],
        "backwards": [[second], [first]],
        "again": [[first], [second], [first], [first, second]],
    }.items():
        for batch in batches:
            config = sample.config(tmp_path / name, batch)
            ingest.run(spark, config)
        outputs[name] = [contents(spark, config, table) for table in ("posts", "quarantine")]
    expected = outputs.pop("at once")
    assert all(expected)
    for name, found in outputs.items():
        assert found == expected, name
