"""A standalone Spark cluster of real processes on loopback.

    with running_cluster(folder) as cluster:
        with cluster.submit("images", ["--output", "out"]) as job:
            job.succeed(seconds=60)

A master on 127.0.0.1 and workers of one core on addresses of their own: to Spark these are
different hosts, so that speculative copies run, which it never puts beside the task they copy.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyspark
import pytest

import processes

ROOT = Path(__file__).resolve().parents[2]
SPARK = Path(pyspark.__file__).parent
MASTER = "127.0.0.1"
WORKERS = ("127.0.0.2", "127.0.0.3")

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc, and all of 127.0.0.0/8")

_START_SECONDS = 120.0
# Processes that live for a minute: a compiler that thinks longer, and threads for the garbage, cost
# more than they gain.
_SHORT_LIFE = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=256m"
_SETTINGS = {
    "spark.driver.host": MASTER,
    "spark.driver.bindAddress": MASTER,
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": _SHORT_LIFE,
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.databricks.delta.snapshotPartitions": "1",
}
_ON_A_CLUSTER = {
    "spark.executor.memory": "1g",
    "spark.executor.extraJavaOptions": _SHORT_LIFE,
    # Jobs start when all executors are there, and no task waits for the one that holds its data:
    # both workers take part from the first image on.
    "spark.cores.max": str(len(WORKERS)),
    "spark.scheduler.minRegisteredResourcesRatio": "1.0",
    "spark.locality.wait": "0s",
}
# In one JVM, with the four attempts at a task that spark-submit.sh asks for.
_LOCALLY = {"spark.master": "local[2,4]", "spark.driver.memory": "2g"}


@dataclass(frozen=True)
class Running:
    """A process in a session of its own, with all that it starts, and what it says."""

    process: subprocess.Popen[bytes]
    log: Path

    def said(self, pattern: str) -> list[str]:
        """What the pattern finds in the log so far."""
        return re.findall(pattern, self.log.read_text(errors="replace"))

    def wait_until(
        self, happened: Callable[[], object], seconds: float, what: str, *, pause: float = 0.02
    ) -> None:
        """Wait for something that can happen only while the process runs."""

        def happened_or_over() -> bool:
            over = self.process.poll() is not None
            assert happened() or not over, f"ended before {what}:\n{self._tail()}"
            return bool(happened())

        try:
            processes.wait_until(happened_or_over, seconds, what, pause=pause)
        except TimeoutError as error:
            raise AssertionError(f"{error}:\n{self._tail()}") from None

    def succeed(self, seconds: float) -> None:
        """Wait for its end, which must be a good one."""
        self.wait_until(lambda: self.process.poll() is not None, seconds, "its end")
        assert self.process.returncode == 0, self._tail()

    def fail(self, seconds: float, *, status: int, message: str) -> None:
        """Wait for its end, which must have this status and say this, once, in a line."""
        self.wait_until(lambda: self.process.poll() is not None, seconds, "its end")
        assert self.process.returncode == status, self._tail()
        assert len(self.said(f"(?m)^.*{message}.*$")) == 1, self._tail()

    def freeze(self) -> None:
        """Stop it, and all that it has started, where it is."""
        processes.freeze_session(self.process.pid)

    def thaw(self) -> None:
        """Let it go on."""
        processes.send(signal.SIGCONT, processes.of_session(self.process.pid))

    def kill(self) -> None:
        """SIGKILL for it and all that it has started."""
        processes.kill_session(self.process.pid)
        self.process.wait()

    def _tail(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]


@dataclass(frozen=True)
class Cluster:
    """A cluster that runs."""

    folder: Path
    url: str
    workers: Sequence[Running]

    def submit(
        self,
        job: str,
        arguments: Sequence[str],
        settings: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> contextlib.AbstractContextManager[Running]:
        """A job's driver on this machine, outside the cluster; killed at the end of the block."""
        settings = {"spark.master": self.url, **_ON_A_CLUSTER, **(settings or {})}
        return submitted(self.folder, job, arguments, settings, environment)

    def executors(self) -> list[int]:
        """The pids of the executors' JVMs, in the order of the workers."""
        return [
            pid
            for worker in self.workers
            for pid in processes.children(worker.process.pid, "CoarseGrainedExecutorBackend")
        ]


def driver_jvm(job: Running) -> list[int]:
    """The pid of the JVM of a job's driver, once it has started."""
    return processes.children(job.process.pid, "org.apache.spark.deploy.SparkSubmit")


def python_workers(executor: int) -> list[int]:
    """The pids of the Python processes that run, or have run, an executor's tasks."""
    daemons = python_daemons(executor)
    return [pid for daemon in daemons for pid in processes.children(daemon, "pyspark.daemon")]


def python_daemons(executor: int) -> list[int]:
    """The pids of the processes that Python workers are forked from."""
    # In full: what starts the JVM has a child before, in whose class path is a folder pyspark.
    return processes.children(executor, "pyspark.daemon")


def submitted_locally(
    folder: Path,
    job: str,
    arguments: Sequence[str],
    settings: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> contextlib.AbstractContextManager[Running]:
    """A job on this machine alone; killed at the end of the block."""
    return submitted(folder, job, arguments, {**_LOCALLY, **(settings or {})}, environment)


@contextlib.contextmanager
def submitted(
    folder: Path,
    job: str,
    arguments: Sequence[str],
    settings: Mapping[str, str],
    environment: Mapping[str, str] | None = None,
) -> Iterator[Running]:
    """A job by `spark-submit.sh`, in a session of its own; killed at the end of the block.

    Args:
        folder: for its log and its scratch files.
        settings: Spark's.
        environment: what is other than in this process's environment.
    """
    folder.mkdir(parents=True, exist_ok=True)
    options = [
        word for pair in {**_SETTINGS, **settings}.items() for word in ("--conf", "=".join(pair))
    ]
    env = {
        **_environment(folder, MASTER),
        "INFLUENCERS_PYTHON": sys.executable,
        "INFLUENCERS_JARS": os.environ.get("INFLUENCERS_JARS", str(ROOT / ".jars")),
        "SPARK_SUBMIT_ARGS": shlex.join(options),
        **(environment or {}),
    }
    number = len(list(folder.glob(f"{job}-*.log")))
    log = folder / f"{job}-{number}.log"
    with _started([str(ROOT / "spark-submit.sh"), job, *arguments], env, log) as running:
        yield running


def with_event_log(folder: Path) -> dict[str, str]:
    """Settings that have Spark write what happens into a folder, made here."""
    folder.mkdir()
    return {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": folder.as_uri(),
        "spark.eventLog.rolling.enabled": "false",
        "spark.eventLog.compress": "false",
    }


def event_log(folder: Path) -> list[dict[str, Any]]:
    """What has happened so far in the one application that writes there; none before it does."""
    events = []
    for log in folder.iterdir():
        for line in log.read_text().splitlines(keepends=True):
            if line.endswith("\n"):  # the last one may be half written
                events.append(json.loads(line))
    return events


@contextlib.contextmanager
def running_cluster(folder: Path) -> Iterator[Cluster]:
    """A master and its workers, from their registration to the end of the block."""
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        master = stack.enter_context(
            _daemon(folder, MASTER, "master.Master", "--host", MASTER, "--port", "0")
        )
        address = rf"Starting Spark master at (spark://{re.escape(MASTER)}:\d+)"
        master.wait_until(lambda: master.said(address), _START_SECONDS, "the master's address")
        url = master.said(address)[0]
        size = ("--cores", "1", "--memory", "1g", "--work-dir", str(folder / "work"))
        workers = [
            stack.enter_context(_daemon(folder, host, "worker.Worker", "--host", host, *size, url))
            for host in WORKERS
        ]
        registered = "Successfully registered with master"
        for worker in workers:
            worker.wait_until(lambda w=worker: w.said(registered), _START_SECONDS, registered)
        yield Cluster(folder, url, workers)


@contextlib.contextmanager
def _daemon(folder: Path, host: str, name: str, *arguments: str) -> Iterator[Running]:
    env = _environment(folder, host)
    env |= {"SPARK_DAEMON_MEMORY": "256m", "SPARK_DAEMON_JAVA_OPTS": _SHORT_LIFE}
    # Our settings, for the master's REST port: it takes applications from anyone.
    ours = ("--properties-file", str(ROOT / "conf" / "spark-defaults.conf"))
    command = [str(SPARK / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}"]
    with _started(
        [*command, "--webui-port", "0", *ours, *arguments], env, folder / f"{name}-{host}.log"
    ) as running:
        yield running


@contextlib.contextmanager
def _started(command: Sequence[str], env: Mapping[str, str], log: Path) -> Iterator[Running]:
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):  # fmt: skip
        running = Running(process, log)
        try:
            yield running
        finally:
            running.kill()


def _environment(folder: Path, host: str) -> dict[str, str]:
    """This process's environment without what its own Spark has put there."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SPARK_", "PYSPARK_", "PYTHON"))
    }
    # The address is that of the daemons' web pages too, which cannot be turned off.
    return inherited | {
        "SPARK_HOME": str(SPARK),
        "SPARK_LOCAL_IP": host,
        "SPARK_LOCAL_DIRS": str(folder / "scratch"),
    }
