"""What this machine has: Java, disk, processors and memory."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

JAVA_OLDEST, JAVA_NEWEST = 17, 21
JAVA_WANTED = f"Java {JAVA_OLDEST} to {JAVA_NEWEST} is needed"
# Spark's launcher asks every JVM for this module, and a JVM without it does not start.
JAVA_MODULE = "jdk.incubator.vector"
# .venv and .jars take 1.4 GB; pip's cache and the building of pyspark as much again for a while.
DISK_MB = 2500

# Python workers, their Arrow batches and the page cache of shuffles live beside the JVM's heap.
HEAP_SHARE = 0.6
# Beyond this the collector's pauses grow, and what the driver holds is bounded anyway.
HEAP_MB_MOST = 16384
HEAP_MB_LEAST = 1024
# Where the kernel says what binds a process: its groups, and the limits of each.
MEMBERSHIP = Path("/proc/self/cgroup")
CGROUP = Path("/sys/fs/cgroup")


class MendableError(Exception):
    """What the person at the keyboard can mend: one line on stderr and exit status 2."""


def java_command(env: Mapping[str, str]) -> str:
    """The `java` that Spark will run: that of JAVA_HOME, else the first on PATH.

    Raises:
        MendableError: there is none, its version is not supported, or it was trimmed too far.
    """
    home = env.get("JAVA_HOME")
    java = str(Path(home, "bin", "java")) if home else shutil.which("java", path=env.get("PATH"))
    if not java:
        raise MendableError(
            f"no Java found: {JAVA_WANTED}; install it (say, openjdk-17-jre-headless), "
            "or set JAVA_HOME to where it is"
        )
    release = _release_file(java)
    version = release.get("JAVA_VERSION") or _ask_version(java)
    number = re.match(r"\d+", version)  # 1 of the old 1.8.0
    if number is None or not JAVA_OLDEST <= int(number[0]) <= JAVA_NEWEST:
        raise MendableError(
            f"{java} is Java {version}: {JAVA_WANTED}; install one of these, "
            "or set JAVA_HOME to where it is"
        )
    modules = release.get("MODULES", JAVA_MODULE).split()
    if JAVA_MODULE not in modules:
        raise MendableError(
            f"{java} is a trimmed Java without the module {JAVA_MODULE}, which Spark needs: "
            "install a full JRE, or add the module to yours with jlink"
        )
    return java


def _release_file(java: str) -> dict[str, str]:
    """What a Java home says about itself: reading it is far quicker than to ask `java`."""
    try:
        text = (Path(java).resolve().parent.parent / "release").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    return dict(re.findall(r'^(\w+)="(.*)"$', text, re.MULTILINE))


def _ask_version(java: str) -> str:
    try:
        answer = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        answer = None
    found = re.search(r'version "([^"]+)"', answer.stderr + answer.stdout) if answer else None
    if not found:
        raise MendableError(
            f"{java} does not run: {JAVA_WANTED}; install it, or set JAVA_HOME to where it is"
        )
    return found.group(1)


def require_disk(folder: Path, megabytes: int = DISK_MB) -> None:
    """Raises MendableError unless the folder's disk has that much room."""
    free = shutil.disk_usage(folder).free // 2**20
    if free < megabytes:
        raise MendableError(
            f"no space: {folder} has {free} MB free and set-up needs {megabytes} MB: "
            "make room, or move the checkout to a larger disk"
        )


def processors() -> int:
    """The processors that this process may use, by affinity and by the container's quota."""
    try:
        usable = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        usable = os.cpu_count() or 1
    for folder in _cgroups("cpu"):
        quota = _words(folder / "cpu.max")
        if not quota:
            quota = _words(folder / "cpu.cfs_quota_us") + _words(folder / "cpu.cfs_period_us")
        if len(quota) == 2 and quota[0].isdigit() and int(quota[1]) > 0:
            usable = min(usable, -(-int(quota[0]) // int(quota[1])))
    return max(usable, 1)


def memory_mb() -> int:
    """The memory that this process may use, in MB: the machine's, or the container's limit."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for folder in _cgroups("memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            limit = _words(folder / name)
            if limit and limit[0].isdigit():
                memory = min(memory, int(limit[0]))
    return memory // 2**20


def heap_mb(memory: int) -> int:
    """The heap of a local run on a machine with so much memory, both in MB."""
    return min(max(int(memory * HEAP_SHARE), HEAP_MB_LEAST), HEAP_MB_MOST)


def _cgroups(controller: str) -> list[Path]:
    """The folders whose limits bind this process: its own control group's and all above it."""
    try:
        lines = MEMBERSHIP.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    folders: list[Path] = []
    for line in lines:
        _, names, path = line.split(":", 2)
        if names and controller not in names.split(","):
            continue
        top = CGROUP / controller if names else CGROUP
        own = top / path.lstrip("/")
        # In a container the path may be the host's, which is not to be seen: the top is what binds.
        folders += [own, *(above for above in own.parents if above.is_relative_to(top))]
    return folders


def _words(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").split()
    except OSError:
        return []
