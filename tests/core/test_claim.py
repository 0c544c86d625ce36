"""Who writes an output, when two runs want it or one of them has died."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import threading
import time
from functools import partial
from pathlib import Path

import pytest
from pyspark.ml import PipelineModel
from pyspark.sql import SparkSession

from influencers.config import Config, PathsConfig, load
from influencers.errors import UserError
from influencers.ingest.tables import QUARANTINE
from influencers.measured.metrics import Metrics
from influencers.models import saved
from influencers.run import manifest, metrics
from influencers.storage import claim, files
from influencers.storage.store import Store
from jobs import export


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
        (held,) = claim._held.values()
        beat = Path(f"{claim.location(config)}.beat-{held.run}")
        while not beat.exists() or int(beat.read_text()) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert list(Path(claim.location(config)).parent.iterdir()) == []


def test_a_run_that_wakes_late_overwrites_no_claim(
    spark: SparkSession, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim, "RENEW_SECONDS", 0.05)
    with claim.held(spark, config, "ingest"):
        # Between its look at the claim and its sign of life, another run has taken the output.
        real = claim._read
        taken = threading.Event()

        def read_then_lose(*place: object) -> object:
            found = real(*place)
            if not taken.is_set():
                put(config)
                taken.set()
            return found

        monkeypatch.setattr(claim, "_read", read_then_lose)
        assert taken.wait(20)
        time.sleep(0.3)
        assert json.loads(Path(claim.location(config)).read_text())["run"] == "other"


def test_a_lock_whose_holder_died_stands_in_nobodys_way(
    spark: SparkSession, config: Config
) -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        gone = of_this_machine(process.pid, claim._started(process.pid))
        process.kill()
    file = put(config, **gone)
    name = claim.hashlib.sha256(file.read_bytes()).hexdigest()[:12]
    file.with_name(f"_run.json.{name}").write_text(json.dumps({"run": "taker", **gone}))
    with claim.held(spark, config, "ingest"):
        assert json.loads(file.read_text())["job"] == "ingest"
    assert list(file.parent.iterdir()) == []


def test_a_lock_that_is_held_is_left_alone(spark: SparkSession, config: Config) -> None:
    file = put(config, **of_this_machine(os.getpid(), "1"))
    name = claim.hashlib.sha256(file.read_bytes()).hexdigest()[:12]
    alive = of_this_machine(os.getpid(), claim._started(os.getpid()))
    file.with_name(f"_run.json.{name}").write_text(
        json.dumps({"run": "taker", "job": "x", **alive})
    )
    before = file.read_text()
    with (
        pytest.raises(UserError, match="being written by the x of process"),
        claim.held(spark, config, "ingest"),
    ):
        pass
    assert file.read_text() == before


def test_a_run_that_lost_its_output_writes_no_more(spark: SparkSession, config: Config) -> None:
    store = Store(spark, config)
    frame = spark.createDataFrame([("f", 1, "a", ["field_count"])], QUARANTINE.schema)
    with claim.held(spark, config, "pipeline"):
        store.write(frame, QUARANTINE)
        file = put(config)
        with pytest.raises(UserError, match="taken over by the train of process 7"):
            store.write(frame.limit(0), QUARANTINE)
        for write in (
            partial(store.create, frame, QUARANTINE),
            partial(store.merge, frame.limit(0), QUARANTINE, keys=["record"], update_when="true"),
            partial(store.replace_rows, frame.limit(0), QUARANTINE, column="raw", value="a"),
            partial(store.rewrite, frame.limit(0), QUARANTINE),
            partial(store.vacuum, QUARANTINE, hours=1_000),
        ):
            with pytest.raises(UserError, match="taken over"):
                write()
    assert store.read(QUARANTINE).count() == 1
    assert json.loads(file.read_text())["run"] == "other"


def test_a_run_that_lost_its_output_writes_no_file(
    spark: SparkSession, config: Config, tmp_path: Path
) -> None:
    folder = Path(config.paths.output)
    with claim.held(spark, config, "pipeline"):
        files.write_text(spark, str(folder / "kept"), "old")
        put(config)
        for write in (
            lambda: files.write_bytes(spark, str(folder / "figures" / "a.png"), b"new"),
            lambda: files.write_text(spark, str(folder / "kept"), "new"),
            lambda: files.delete(spark, str(folder / "kept")),
            lambda: metrics.update(spark, config, Metrics()),
            lambda: manifest.update(spark, config, "pipeline"),
            lambda: saved.save(spark, PipelineModel([]), str(folder / "models" / "m")),
            lambda: export.run(spark, load(None, ["export.table=posts"], config)),
        ):
            with pytest.raises(UserError, match="taken over by the train of process 7"):
                write()
    assert sorted(one.name for one in folder.iterdir()) == ["_run.json", "kept"]
    assert (folder / "kept").read_text() == "old"
