"""One run at a time writes an output: who writes it is said in a file there, `_run.json`.

Tables are safe from each other's writers without it: Delta sees to that. But two pipelines at once
would leave tables of both. So a run claims the output before it writes, looks before each write of
a table or a file whether the claim is still its own, and gives it up at its end. The claim of a run
that was killed stands in nobody's way: on the same machine its process is known to be gone, and
elsewhere its sign of life no longer changes.

A claim is only ever created where none is, or replaced by the one run that holds the lock on it: a
file named after the dead claim, itself created where none is. Signs of life are in a file of each
run's own: one that wakes late overwrites nobody's claim.
"""

from __future__ import annotations

import contextlib
import hashlib
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

from influencers import progress
from influencers.config import Config
from influencers.errors import UserError
from influencers.storage import files

# How often a run renews its claim, and how long another one watches for that before it takes over.
RENEW_SECONDS = 5.0
PATIENCE_SECONDS = 30.0
# A sign of life that is being written when a run ends is waited for so long.
_END_SECONDS = 5.0

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
    claim, here = Claim(spark, uri, str(ours["run"])), files.local_path(spark, uri)
    _take(spark, uri, ours)
    over = threading.Event()
    renewal = threading.Thread(target=_renew, args=(claim, over), name="claim", daemon=True)
    renewal.start()
    _held[uri] = claim
    files.before_write.append(claim.check)
    try:
        # Where a store cannot refuse a second object of a name, the later of two has it.
        claim.check()
        yield
    finally:
        files.before_write.remove(claim.check)
        _held.pop(uri, None)
        over.set()
        renewal.join(timeout=_END_SECONDS)
        # A session that was torn down has no file system. Elsewhere than on this machine, the next
        # run sees that this one is gone.
        try:
            files.remove(spark, _beat(uri, claim.run))
            _give_up(spark, uri, claim.run)
        except Exception:
            _give_up_here(here, claim.run)


def check(config: Config) -> None:
    """Raises UserError if this process had claimed the output and lost it."""
    claim = _held.get(location(config))
    if claim is not None:
        claim.check()


def _take(spark: SparkSession, uri: str, ours: dict[str, Any]) -> None:
    """Claim what `uri` stands for: the output, or the right to replace a dead claim."""
    while not files.create_text(spark, uri, json.dumps(ours) + "\n"):
        text = _text(spark, uri)
        if text is None:  # given up in between
            continue
        if _is_alive(spark, uri, text):
            raise UserError(
                f"{_output(uri)} is being written by {_who(_parsed(text))}: wait for its end, "
                "or name another --output"
            )
        if _replace(spark, uri, text, ours):
            return


def _replace(spark: SparkSession, uri: str, dead: str, ours: dict[str, Any]) -> bool:
    """Put our claim in the place of a dead one; False if that is no longer there.

    Whoever has the lock is alone with this claim, and looks again: the lock may have been free
    because another run has been through. A lock whose holder has died is taken as a claim is.
    """
    lock = f"{uri}.{hashlib.sha256(dead.encode()).hexdigest()[:12]}"
    _take(spark, lock, ours)
    try:
        if _text(spark, uri) != dead:
            return False
        files.put_text(spark, uri, json.dumps(ours) + "\n")
        files.remove(spark, _beat(uri, str(_parsed(dead).get("run"))))
        return True
    finally:
        _give_up(spark, lock, str(ours["run"]))


def _give_up(spark: SparkSession, uri: str, run: str) -> None:
    if _read(spark, uri).get("run") == run:
        files.remove(spark, uri)


def _give_up_here(claim: Path | None, run: str) -> None:
    """As `_give_up`, without a session: of a file of this machine; None: it is none."""
    if claim is None:
        return
    with contextlib.suppress(OSError):
        Path(_beat(str(claim), run)).unlink(missing_ok=True)
        if _parsed(claim.read_text("utf-8", errors="replace")).get("run") == run:
            claim.unlink()


def _is_alive(spark: SparkSession, uri: str, text: str) -> bool:
    holder = _parsed(text)
    if not holder:  # half a file: its writer may be at it
        return _changes(spark, uri, text, seconds=1.0)
    if holder.get("host") == socket.gethostname() and holder.get("boot") == _boot():
        started = _started(int(holder["pid"]))
        return started is not None and started == holder.get("process_started")
    progress.say(f"{_output(uri)} was claimed by {_who(holder)}: looking whether it still lives")
    return _changes(spark, uri, text, seconds=PATIENCE_SECONDS)


def _changes(spark: SparkSession, uri: str, text: str, *, seconds: float) -> bool:
    """Whether a claim changes or goes within some time, or gives a new sign of life."""
    beat = _beat(uri, str(_parsed(text).get("run")))
    before = _text(spark, beat)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        time.sleep(0.2)
        if _text(spark, uri) != text or _text(spark, beat) != before:
            return True
    return False


def _renew(claim: Claim, over: threading.Event) -> None:
    beat = 0
    while not over.wait(RENEW_SECONDS):
        beat += 1
        # A renewal that fails is tried again; the session may be about to end.
        with contextlib.suppress(Exception):
            if _read(claim.spark, claim.uri).get("run") != claim.run:
                return
            files.put_text(claim.spark, _beat(claim.uri, claim.run), f"{beat}\n")


def _beat(uri: str, run: str) -> str:
    """Where a run's signs of life lie."""
    return f"{uri}.beat-{run}"


def _text(spark: SparkSession, uri: str) -> str | None:
    """What a file of the claim holds; None where there is none."""
    try:
        return files.read_bytes(spark, uri).decode("utf-8", errors="replace")
    except UserError:
        return None


def _parsed(text: str | None) -> dict[str, Any]:
    try:
        claim = json.loads(text or "")
    except ValueError:
        return {}
    return claim if isinstance(claim, dict) else {}


def _read(spark: SparkSession, uri: str) -> dict[str, Any]:
    return _parsed(_text(spark, uri))


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
