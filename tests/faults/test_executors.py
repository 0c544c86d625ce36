"""Executors that die, and one that is asked to leave."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from cluster import (
    LINUX,
    Cluster,
    Running,
    event_log,
    python_workers,
    running_cluster,
    with_event_log,
)
from influencers.config import Config
from outputs import assert_same_tables
from samples import Undisturbed, tables_of
from writes import SECONDS, Write

pytestmark = [pytest.mark.fault, LINUX]

# Many small tasks write a table, of which two are under way and most have still to begin.
MANY_TASKS = {
    "spark.sql.shuffle.partitions": "400",
    "spark.sql.adaptive.coalescePartitions.enabled": "false",
}
DECOMMISSION = {
    "spark.decommission.enabled": "true",
    "spark.storage.decommission.enabled": "true",
    "spark.storage.decommission.shuffleBlocks.enabled": "true",
    "spark.storage.decommission.rddBlocks.enabled": "true",
}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with running_cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


def test_an_executor_killed_in_the_middle_of_a_stage(
    cluster: Cluster, spark: SparkSession, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    config = undisturbed.before("ingest", tmp_path / "out")
    events = tmp_path / "events"
    with cluster.submit(
        "ingest", undisturbed.sample.arguments("ingest", config), with_event_log(events)
    ) as run:
        run.wait_until(lambda: busy(cluster), SECONDS, "a Python worker")
        os.kill(busy(cluster)[0], signal.SIGKILL)
        run.succeed(SECONDS)
    assert failures(events) & {"ExecutorLostFailure"}
    assert_same_tables(spark, config, undisturbed.new, tables_of("ingest"))


def test_an_executor_killed_in_a_result_stage_after_a_shuffle(
    cluster: Cluster, spark: SparkSession, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    config = undisturbed.before("features", tmp_path / "out")
    events = tmp_path / "events"
    signalled_in_write(cluster, undisturbed, config, signal.SIGKILL, with_event_log(events))
    # What it had shuffled was lost with it, and was computed again.
    assert again(events)
    assert_same_tables(spark, config, undisturbed.new, tables_of("features"))


def test_an_executor_that_is_decommissioned_hands_over_what_it_holds(
    cluster: Cluster, spark: SparkSession, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    config = undisturbed.before("features", tmp_path / "out")
    events = tmp_path / "events"
    settings = {**DECOMMISSION, **with_event_log(events)}
    run = signalled_in_write(cluster, undisturbed, config, signal.SIGPWR, settings)
    # The run may end before the executor has left.
    assert run.said(r"Received executor \d+ decommissioned message")
    assert not failures(events)
    assert not again(events)
    assert_same_tables(spark, config, undisturbed.new, tables_of("features"))


def signalled_in_write(
    cluster: Cluster, undisturbed: Undisturbed, config: Config, number: signal.Signals,
    settings: Mapping[str, str],
) -> Running:  # fmt: skip
    """A run of features, one of whose executors gets a signal while a table is written."""
    write = Write(config, "post_features")
    arguments = undisturbed.sample.arguments("features", config)
    with cluster.submit("features", arguments, {**MANY_TASKS, **settings}) as run:
        run.wait_until(lambda: write.data_files() >= 2, SECONDS, "data of post_features")
        os.kill(cluster.executors()[0], number)
        assert not write.committed()
        run.succeed(SECONDS)
    return run


def busy(cluster: Cluster) -> list[int]:
    """The executors that have a Python worker."""
    return [pid for pid in cluster.executors() if python_workers(pid)]


def of_kind(events: Path, kind: str) -> list[dict[str, Any]]:
    return [one for one in event_log(events) if one["Event"] == f"SparkListener{kind}"]


def failures(events: Path) -> set[str]:
    """Why tasks failed."""
    return {one["Task End Reason"]["Reason"] for one in of_kind(events, "TaskEnd")} - {"Success"}


def again(events: Path) -> list[int]:
    """Stages that were run once more."""
    stages = [one["Stage Info"] for one in of_kind(events, "StageSubmitted")]
    return [one["Stage ID"] for one in stages if one["Stage Attempt ID"] > 0]
