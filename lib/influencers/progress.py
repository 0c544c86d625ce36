"""What a run says while it works: the stage, how far it is, how long it takes. On stderr."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from pyspark.sql import SparkSession

from influencers.redaction import redacted

# How often a line is refreshed on a terminal, and repeated in a log.
_TERMINAL_SECONDS, _LOG_SECONDS = 0.5, 15.0
_STAGE = "influencers.stage"


def say(*lines: str) -> None:
    """Lines to the person who watches, without the secrets in them."""
    for line in lines:
        _clear(sys.stderr)
        sys.stderr.write(f"{redacted(line)}\n")
        sys.stderr.flush()


@contextmanager
def stage(spark: SparkSession, name: str, label: str | None = None) -> Iterator[None]:
    """Show that a stage is under way, how many of Spark's tasks are done, and its time at the end.

    Args:
        spark: the session whose tasks are counted.
        name: the stage.
        label: what to show instead of the name, such as `2/6 features`.
    """
    title = label or name
    # Event logs and listeners see it with each Spark job of the stage.
    spark.sparkContext.setLocalProperty(_STAGE, name)
    started = time.monotonic()
    ended = threading.Event()
    watcher = threading.Thread(
        target=_watch, args=(spark, title, started, ended), name="progress", daemon=True
    )
    watcher.start()
    outcome = "failed"
    try:
        yield
        outcome = "done"
    finally:
        ended.set()
        watcher.join(timeout=2)
        say(f"{title:<18} {outcome} in {time.monotonic() - started:.1f} s")


def _watch(spark: SparkSession, title: str, started: float, ended: threading.Event) -> None:
    stream = sys.stderr
    terminal = stream.isatty()
    while not ended.wait(_TERMINAL_SECONDS if terminal else _LOG_SECONDS):
        line = f"{title:<18} {_tasks(spark)}{time.monotonic() - started:.0f} s"
        if terminal:
            _clear(stream)
            stream.write(line[:100])
            stream.flush()
        else:
            say(line)


def _tasks(spark: SparkSession) -> str:
    """`12/40 tasks, ` of the Spark stages that run now."""
    try:
        tracker = spark.sparkContext.statusTracker()
        running = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
    except Exception:  # a progress line is never worth a failure
        return ""
    known = [info for info in running if info is not None]
    total = sum(info.numTasks for info in known)
    return f"{sum(info.numCompletedTasks for info in known)}/{total} tasks, " if total else ""


def _clear(stream: TextIO) -> None:
    if stream.isatty():
        stream.write("\r\x1b[2K")
