"""Who writes an output, when two runs want it or one of them has died."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import threading
import time
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from influencers import claim, files, tables
from influencers.config import Config, PathsConfig
from influencers.errors import UserError
from influencers.schemas import SCHEMAS


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return dataclasses.replace(Config(), paths=PathsConfig(output=str(tmp_path / "out")))


def put(config: Config, **changes: object) -> Path:
    """A claim of another run."""
    held = {"run": "other", "job": "train", "host": "elsewhere", "boot": "b", "pid": 7, **changes}
    file = Path(claim.location(config))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(held))
    return file


def of_this_machine(pid: int, started: str | None) -> dict[str, object]:
    host, boot = claim.socket.gethostname(), claim._boot()
    return {"host": host, "boot": boot, "pid": pid, "process_started": started}


def test_an_output_is_one_runs_until_its_end(spark: SparkSession, config: Config) -> None:
    with claim.held(spark, config, "pipeline"):
        assert Path(claim.location(config)).exists()
        with (
            pytest.raises(UserError, match=r"out is being written by the pipeline of process \d+"),
            claim.held(spark, config, "train"),
        ):
            pytest.fail("two runs at once")
        assert Path(claim.location(config)).exists()
        claim.check(config)
    assert not Path(claim.location(config)).exists()


def test_an_output_is_free_after_a_run_that_failed(spark: SparkSession, config: Config) -> None:
    with pytest.raises(ZeroDivisionError), claim.held(spark, config, "pipeline"):
        raise ZeroDivisionError
    with claim.held(spark, config, "pipeline"):
        pass


def test_of_runs_that_start_at_once_one_wins(spark: SparkSession, config: Config) -> None:
    start, outcomes = threading.Barrier(6), []

    def run() -> None:
        start.wait()
        outcomes.append(files.create_text(spark, claim.location(config), "mine"))

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False] * 5 + [True]


def test_a_killed_runs_claim_goes_to_the_next(spark: SparkSession, config: Config) -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        started = claim._started(process.pid)
        file = put(config, **of_this_machine(process.pid, started))
        with (
            pytest.raises(UserError, match="being written"),
            claim.held(spark, config, "ingest"),
        ):
            pass
        process.kill()
    with claim.held(spark, config, "ingest"):
        assert json.loads(file.read_text())["job"] == "ingest"


def test_another_process_with_the_dead_ones_number_is_not_it(
    spark: SparkSession, config: Config
) -> None:
    put(config, **of_this_machine(os.getpid(), "1"))
    with claim.held(spark, config, "ingest"):
        pass


def test_a_claim_of_another_machine_lives_while_it_changes(
    spark: SparkSession, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim, "PATIENCE_SECONDS", 3.0)
    put(config, beat=0)
    beat = threading.Timer(0.7, lambda: put(config, beat=1))
    beat.start()
    with (
        pytest.raises(UserError, match="by the train of process 7 on elsewhere"),
        claim.held(spark, config, "ingest"),
    ):
        pass
    beat.join()
    monkeypatch.setattr(claim, "PATIENCE_SECONDS", 0.5)
    with claim.held(spark, config, "ingest"):
        pass


def test_a_claim_is_renewed(
    spark: SparkSession, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim, "RENEW_SECONDS", 0.1)
    with claim.held(spark, config, "ingest"):
        deadline = time.monotonic() + 20
        while json.loads(Path(claim.location(config)).read_text())["beat"] < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_run_that_lost_its_output_writes_no_more(spark: SparkSession, config: Config) -> None:
    frame = spark.createDataFrame([("f", 1, "a", ["field_count"])], SCHEMAS["quarantine"])
    with claim.held(spark, config, "pipeline"):
        tables.write(frame, config, "quarantine")
        file = put(config)
        with pytest.raises(UserError, match="taken over by the train of process 7"):
            tables.write(frame.limit(0), config, "quarantine")
        with pytest.raises(UserError, match="taken over"):
            tables.merge(frame.limit(0), config, "quarantine", keys=["record"], update_when="true")
    assert tables.read(spark, config, "quarantine").count() == 1
    assert json.loads(file.read_text())["run"] == "other"
