"""One run at a time writes an output: who writes it is said in a file there, `_run.json`.

Tables are safe from each other's writers without it: Delta sees to that. But two pipelines at once
would leave tables of both. So a run claims the output before it writes, looks before each table
whether the claim is still its own, and gives it up at its end. The claim of a run that was killed
stands in nobody's way: on the same machine its process is known to be gone, and elsewhere its sign
of life no longer changes.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from influencers import files, progress
from influencers.config import Config
from influencers.errors import UserError

# How often a run renews its claim, and how long another one watches for that before it takes over.
RENEW_SECONDS = 5.0
PATIENCE_SECONDS = 30.0

_held: dict[str, Claim] = {}


@dataclass(frozen=True)
class Claim:
    """The claim of this process on an output."""

    spark: SparkSession
    uri: str
    run: str

    def check(self) -> None:
        """Raises UserError when another run has taken the output."""
        holder = _read(self.spark, self.uri)
        if holder.get("run") != self.run:
            raise UserError(
                f"{_output(self.uri)} was taken over by {_who(holder)}: this run ends here, and "
                "what it has not written is as it was"
            )


def location(config: Config) -> str:
    """Where the claim lies."""
    return files.join(config.paths.output, "_run.json")


@contextlib.contextmanager
def held(spark: SparkSession, config: Config, job: str) -> Iterator[None]:
    """The output is this run's until the end of the block.

    Raises:
        UserError: another run is at work on it.
    """
    uri = location(config)
    ours = {
        "run": secrets.token_hex(8),
        "job": job,
        "host": socket.gethostname(),
        "boot": _boot(),
        "pid": os.getpid(),
        "process_started": _started(os.getpid()),
    }
    _take(spark, uri, ours)
    claim = Claim(spark, uri, str(ours["run"]))
    over = threading.Event()
    renewal = threading.Thread(target=_renew, args=(claim, ours, over), name="claim", daemon=True)
    renewal.start()
    _held[uri] = claim
    try:
        yield
    finally:
        _held.pop(uri, None)
        over.set()
        renewal.join(timeout=RENEW_SECONDS)
        # A session that was torn down has no file system: the next run sees that this one is gone.
        with contextlib.suppress(Exception):
            if _read(spark, uri).get("run") == claim.run:
                files.delete(spark, uri)


def check(config: Config) -> None:
    """Raises UserError if this process had claimed the output and lost it."""
    claim = _held.get(location(config))
    if claim is not None:
        claim.check()


def _take(spark: SparkSession, uri: str, ours: dict[str, Any]) -> None:
    while not files.create_text(spark, uri, _text(ours, 0)):
        holder = _read(spark, uri)
        if _is_alive(spark, uri, holder):
            raise UserError(
                f"{_output(uri)} is being written by {_who(holder)}: wait for its end, "
                "or name another --output"
            )
        # Only the claim that was found dead goes: another run may have been quicker.
        if _read(spark, uri) == holder:
            files.delete(spark, uri)


def _is_alive(spark: SparkSession, uri: str, holder: dict[str, Any]) -> bool:
    if not holder:  # half a file, or gone in between: look again
        return _changes(spark, uri, holder, seconds=1.0) and bool(_read(spark, uri))
    if holder.get("host") == socket.gethostname() and holder.get("boot") == _boot():
        started = _started(int(holder["pid"]))
        return started is not None and started == holder.get("process_started")
    progress.say(f"{_output(uri)} was claimed by {_who(holder)}: looking whether it still lives")
    return _changes(spark, uri, holder, seconds=PATIENCE_SECONDS)


def _changes(spark: SparkSession, uri: str, holder: dict[str, Any], *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        time.sleep(0.2)
        if _read(spark, uri) != holder:
            return True
    return False


def _renew(claim: Claim, ours: dict[str, Any], over: threading.Event) -> None:
    beat = 0
    while not over.wait(RENEW_SECONDS):
        beat += 1
        # A renewal that fails is tried again; the session may be about to end.
        with contextlib.suppress(Exception):
            if _read(claim.spark, claim.uri).get("run") != claim.run:
                return
            files.write_text(claim.spark, claim.uri, _text(ours, beat))


def _read(spark: SparkSession, uri: str) -> dict[str, Any]:
    try:
        found = json.loads(files.read_text(spark, uri))
    except (UserError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(ours: dict[str, Any], beat: int) -> str:
    return json.dumps({**ours, "beat": beat}) + "\n"


def _output(uri: str) -> str:
    return uri.rpartition("/")[0]


def _who(holder: dict[str, Any]) -> str:
    if not holder:
        return "another run"
    return f"the {holder.get('job')} of process {holder.get('pid')} on {holder.get('host')}"


def _boot() -> str:
    """What tells one start of a machine from the next, and containers from their host."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


def _started(pid: int) -> str | None:
    """When a process began, in the kernel's ticks: pids are used again. None if it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None if Path("/proc/self").exists() else ""  # macOS: believed to be alive
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]
