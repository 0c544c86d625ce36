"""Ctrl-C, or SIGTERM, ends a run at once, and leaves nothing of it but whole tables."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from cluster import LINUX, Running, driver_jvm, python_daemons, submitted_locally
from influencers.config import Config
from outputs import assert_same_tables, contents
from processes import of_session, wait_until
from samples import Undisturbed, tables_of
from writes import SECONDS, Write

pytestmark = [pytest.mark.fault, LINUX]

# On a quiet machine it takes three; the JVM has files to remove.
AT_ONCE = 15.0
# What a terminal sends, what a service manager and tini -g send, and `kill`: the former reach the
# JVM as well.
INTERRUPTIONS = {
    "ctrl_c": (os.killpg, signal.SIGINT),
    "stop": (os.killpg, signal.SIGTERM),
    "kill": (os.kill, signal.SIGTERM),
}
# A job, and what is seen of it when it is interrupted: a driver that has loaded a library, a JVM
# that has no session yet, a Python worker that reads, the data of a table without its version.
MOMENTS = [
    ("ingest", "importing", "ctrl_c"),
    ("ingest", "importing", "kill"),
    ("ingest", "starting", "ctrl_c"),
    ("ingest", "starting", "stop"),
    ("ingest", "starting", "kill"),
    ("ingest", "reading", "ctrl_c"),
    ("ingest", "posts", "ctrl_c"),
    ("ingest", "posts", "stop"),
    ("ingest", "quarantine", "kill"),
    ("images", "images_fetched", "ctrl_c"),
    ("communities", "communities", "ctrl_c"),
    ("train", "predictions_virality", "ctrl_c"),
]


@pytest.mark.parametrize(("job", "moment", "interruption"), MOMENTS)
def test_an_interrupted_run_ends_at_once_and_cleans_up(
    spark: SparkSession, undisturbed: Undisturbed, tmp_path: Path, job: str,
    moment: str, interruption: str,
) -> None:  # fmt: skip
    config = undisturbed.before(job, tmp_path / "out")
    words = undisturbed.sample.arguments(job, config)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    written = moment if moment in tables_of(job) else tables_of(job)[0]
    before = contents(spark, config, written)
    with submitted_locally(
        tmp_path / "files", job, words,
        environment={"TMPDIR": str(temporary),
                     "JAVA_TOOL_OPTIONS": f"-Djava.io.tmpdir={temporary}"},
    ) as run:  # fmt: skip
        run.wait_until(seen(run, config, moment), SECONDS, moment)
        started = time.monotonic()
        send, number = INTERRUPTIONS[interruption]
        send(run.process.pid, number)
        run.fail(AT_ONCE, status=130, message=f"{job}: interrupted")
        assert time.monotonic() - started < AT_ONCE
        assert "Traceback" not in run.log.read_text()
        wait_until(lambda: not of_session(run.process.pid), AT_ONCE, "the end of its processes")
    # A signal may come when the version has just been written: then it is the new table.
    assert contents(spark, config, written) in (before, contents(spark, undisturbed.new, written))
    assert leftovers(config, temporary, tmp_path / "files" / "scratch") == []
    with submitted_locally(tmp_path / "files", job, words) as run:
        run.succeed(SECONDS)
    assert_same_tables(spark, config, undisturbed.new, tables_of(job))


def seen(run: Running, config: Config, moment: str) -> Callable[[], object]:
    """Whether the moment has come."""
    if moment == "importing":
        return lambda: "numpy" in Path(f"/proc/{run.process.pid}/maps").read_text()
    if moment == "starting":
        return lambda: driver_jvm(run)
    if moment == "reading":
        return lambda: [one for jvm in driver_jvm(run) for one in python_daemons(jvm)]
    return Write(config, moment).files_begun


def leftovers(config: Config, *folders: Path) -> list[str]:
    """Claims, drafts, checkpoints and scratch files."""
    output = Path(config.paths.output)
    found = [*output.glob("_*"), *output.glob("checkpoints"), *output.rglob("*.part")]
    return [str(one) for one in (*found, *(one for folder in folders for one in folder.glob("*")))]
