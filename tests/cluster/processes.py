"""The processes of this machine, as Linux tells of them in /proc."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple


class Process(NamedTuple):
    """A process that runs; `session` is the pid of the process that opened its session."""

    pid: int
    parent: int
    session: int
    command: str


def running() -> dict[int, Process]:
    """Every process that is no zombie, by pid."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                # The name, in parentheses, may hold anything.
                state, parent, _, session = (
                    (folder / "stat").read_text().rpartition(")")[2].split()[:4]
                )
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                pid = int(folder.name)
                if state not in "ZX":
                    found[pid] = Process(pid, int(parent), int(session), command)
    return found


def children(pid: int, command: str) -> list[int]:
    """The direct children of a process whose command line holds these words."""
    return [one.pid for one in running().values() if one.parent == pid and command in one.command]


def of_session(leader: int) -> list[int]:
    """The processes of a session, whatever process groups they have made of it."""
    return [one.pid for one in running().values() if one.session == leader]


def send(number: signal.Signals, pids: Iterable[int]) -> None:
    """A signal for processes, some of which may be gone."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def freeze_session(leader: int) -> None:
    """Stop every process of a session where it is: what is on disk stays as it is."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGSTOP)  # most of them, at once
    stopped: set[int] = set()
    while found := set(of_session(leader)) - stopped:
        send(signal.SIGSTOP, found)
        stopped |= found


def kill_session(leader: int, seconds: float = 10.0) -> None:
    """Kill every process of a session."""

    def gone() -> bool:
        alive = of_session(leader)
        send(signal.SIGKILL, alive)
        return not alive

    wait_until(gone, seconds, f"the end of session {leader}")


def wait_until(
    happened: Callable[[], object], seconds: float, what: str, *, pause: float = 0.02
) -> None:
    """Look again and again.

    Raises:
        TimeoutError: it has not happened in time.
    """
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s for {what}")
        time.sleep(pause)
