"""What the benchmarks run on, and what processes take of it: read from /proc."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_LOOK_SECONDS = 0.25
TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def below(root: int) -> Iterator[tuple[int, list[str]]]:
    """A process and all it started: their ids, and what /proc says of each behind its name."""
    children, stats = defaultdict(list), {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has just ended
            children[int(fields[1])].append(int(folder.name))
            stats[int(folder.name)] = fields
    unseen = [root]
    while unseen:
        process = unseen.pop()
        unseen += children[process]
        if process in stats:
            yield process, stats[process]


def family(root: int) -> tuple[float, int]:
    """Seconds of processor time that a process and all it started have taken, and bytes held."""
    ticks = pages = 0
    for _, fields in below(root):
        # Its own, and that of children that have ended.
        ticks += sum(map(int, fields[11:15]))
        pages += int(fields[21])
    return ticks / TICKS, pages * _PAGE


@contextlib.contextmanager
def watched(look: Callable[[], None]) -> Iterator[None]:
    """Look again and again within the block, in a thread of its own."""
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            look()
            over.wait(_LOOK_SECONDS)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@dataclass
class Peak:
    """The most bytes that were seen."""

    bytes: int = 0


@contextlib.contextmanager
def peak_memory(root: int) -> Iterator[Peak]:
    """What a process and all it started hold at their most filled moment within the block."""
    peak = Peak()

    def look() -> None:
        peak.bytes = max(peak.bytes, family(root)[1])

    with watched(look):
        yield peak


def machine() -> str:
    """What the figures were measured on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in lines if "model name" in line), "?")
    memory = os.sysconf("SC_PHYS_PAGES") * _PAGE / 2**30
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GB, load {load:.1f} at the start"
