"""Python workers that crash, run out of memory, or always die."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from PIL import Image
from pyspark.sql import SparkSession

from cluster import (
    LINUX,
    Running,
    driver_jvm,
    event_log,
    python_workers,
    submitted_locally,
    with_event_log,
)
from hostile_server import HostileServer
from image_bytes import noise, saved
from influencers.config import Config, PathsConfig
from influencers.images.tables import IMAGES
from influencers.ingest.tables import POSTS
from influencers.storage.store import Store
from outputs import assert_same_tables, contents
from processes import children
from samples import Undisturbed, tables_of
from writes import SECONDS

pytestmark = [pytest.mark.fault, LINUX]

IMAGE_COUNT = 12
# A file of 260 KB that takes 700 MB to decode.
POISON = "/poison.png"
SIDE = 7_700
# Far more than modules and small images take, and far less than that one.
SWOLLEN = 180_000_000
# In KB, of address space: enough for either process, and for the large image in that which has
# nothing else to do.
LIMIT = 1_000_000


@pytest.fixture
def server() -> Iterator[HostileServer]:
    files = {f"/{n}.jpg": saved(noise(60, 40, seed=n), "jpeg") for n in range(IMAGE_COUNT)}
    files[POISON] = saved(Image.new("RGBA", (SIDE, SIDE), (200, 30, 30, 90)), "png")
    with HostileServer(files=files) as server:
        yield server


@pytest.fixture
def posts(spark: SparkSession, server: HostileServer, tmp_path: Path) -> Config:
    """A table of posts that show the server's images."""
    config = Config(paths=PathsConfig(output=str(tmp_path / "out")))
    names = POSTS.schema.fieldNames()
    given = [
        {"shortcode": path, "owner_id": 1, "image_url": server.url(path)} for path in server.files
    ]
    rows = [[post.get(name) for name in names] for post in given]
    Store(spark, config).write(spark.createDataFrame(rows, POSTS.schema), POSTS)
    return config


def arguments(config: Config, server: HostileServer) -> list[str]:
    host = server.host_key
    sets = (
        f"images.allow_hosts={json.dumps([host])}",
        f"images.host_limits={json.dumps([host + '=0/0'])}",
        f"images.max_pixels={SIDE * SIDE}",
    )
    return ["--output", config.paths.output, *(word for one in sets for word in ("--set", one))]


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL], ids=["crash", "out of memory"])
def test_an_image_that_always_ends_its_decoder_is_named(
    spark: SparkSession, server: HostileServer, posts: Config, tmp_path: Path,
    number: signal.Signals,
) -> None:  # fmt: skip
    with submitted_locally(tmp_path / "files", "images", arguments(posts, server)) as run:
        with reaper(swollen(lambda: decoders(run)), number) as reaped:
            run.succeed(SECONDS)
    # Once in the worker, and once in the process apart, which is given up with that image.
    assert len(reaped) == 2
    found = {row.url: row.status for row in Store(spark, posts).read(IMAGES).collect()}
    assert found.pop(server.url(POISON)) == "decoder_crashed"
    assert found == {server.url(path): "ok" for path in server.files if path != POISON}
    assert server.count(POISON) == 2
    assert all(server.count(path) <= 2 for path in server.files)


def test_an_image_that_a_worker_has_no_memory_for_is_decoded_apart(
    spark: SparkSession, server: HostileServer, posts: Config, tmp_path: Path
) -> None:
    python = tmp_path / "python"
    # One arena: each of the others reserves addresses that nobody uses.
    lines = ("#!/bin/sh", f"ulimit -v {LIMIT}", "export MALLOC_ARENA_MAX=1",
             f'exec {sys.executable} "$@"')  # fmt: skip
    python.write_text("\n".join(lines) + "\n")
    python.chmod(0o755)
    apart: set[int] = set()
    with submitted_locally(
        tmp_path / "files", "images", arguments(posts, server),
        environment={"PYSPARK_PYTHON": str(python)},
    ) as run:  # fmt: skip

        def ended() -> bool:
            apart.update(set(decoders(run)) - set(workers(run)))
            return run.process.poll() is not None

        run.wait_until(ended, SECONDS, "its end")
        run.succeed(SECONDS)
    assert apart
    found = Store(spark, posts).read(IMAGES).collect()
    assert [row.status for row in found] == ["ok"] * (IMAGE_COUNT + 1)
    # No task failed: nothing was asked for again.
    assert all(server.count(path) == 1 for path in server.files)


def test_workers_that_always_die_end_the_run_and_leave_the_old_tables(
    spark: SparkSession, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    config = undisturbed.before("ingest", tmp_path / "out")
    words = undisturbed.sample.arguments("ingest", config)
    before = {name: contents(spark, config, name) for name in tables_of("ingest")}
    events = tmp_path / "events"
    settings = with_event_log(events)
    with submitted_locally(tmp_path / "files", "ingest", words, settings) as run:
        with reaper(lambda: workers(run), signal.SIGKILL):
            run.fail(SECONDS, status=1, message="ingest +failed")
    assert "failed 4 times" in run.log.read_text()
    # Not of the workers, as one may be killed when it is done.
    failures = Counter(
        (event["Stage ID"], event["Task Info"]["Index"])
        for event in event_log(events)
        if event["Event"] == "SparkListenerTaskEnd" and event["Task Info"]["Failed"]
    )
    assert max(failures.values()) == 4
    assert sum(failures.values()) <= 8  # two tasks at once
    assert {name: contents(spark, config, name) for name in before} == before
    with submitted_locally(tmp_path / "files", "ingest", words) as run:
        run.succeed(SECONDS)
    assert_same_tables(spark, config, undisturbed.new, before)


def workers(run: Running) -> list[int]:
    """The Python processes that run a local job's tasks."""
    return [pid for jvm in driver_jvm(run) for pid in python_workers(jvm)]


def decoders(run: Running) -> list[int]:
    """Those, and the processes apart that they have started."""
    found = workers(run)
    return [*found, *(pid for one in found for pid in children(one, "decoder_process"))]


def swollen(pids: Callable[[], Sequence[int]]) -> Callable[[], list[int]]:
    """Those processes that have grown by far more than a small image takes."""
    least: dict[int, int] = {}

    def now() -> list[int]:
        found = []
        for pid in pids():
            memory = resident(pid)
            if memory > 0 and pid in least and memory > least[pid] + SWOLLEN:
                found.append(pid)
            least.setdefault(pid, memory)
        return found

    return now


def resident(pid: int) -> int:
    """The bytes of a process in memory; 0 if it is gone."""
    with contextlib.suppress(OSError):
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    return 0


@contextlib.contextmanager
def reaper(pids: Callable[[], Sequence[int]], number: signal.Signals) -> Iterator[list[int]]:
    """Sends a signal to each process that is found, once, while the block runs; gives their list.

    So does a kernel that has no memory left.
    """
    over, reaped = threading.Event(), list[int]()

    def watch() -> None:
        while not over.wait(0.002):
            for pid in set(pids()) - set(reaped):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
                    reaped.append(pid)

    thread = threading.Thread(target=watch, name="reaper")
    thread.start()
    try:
        yield reaped
    finally:
        over.set()
        thread.join()
