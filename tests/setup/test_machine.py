"""Java, processors and memory, as a container or a person may have limited them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import machine


def java_home(folder: Path, release: str) -> dict[str, str]:
    (folder / "release").write_text(release)
    return {"JAVA_HOME": str(folder)}


@pytest.mark.parametrize("version", ["17", "17.0.15", "18.0.2", "21.0.1"])
def test_supported_java_is_known_without_being_run(tmp_path: Path, version: str) -> None:
    env = java_home(tmp_path, f'JAVA_VERSION="{version}"\n')
    assert machine.java_command(env) == str(tmp_path / "bin" / "java")


def test_java_home_goes_before_path(tmp_path: Path) -> None:
    env = java_home(tmp_path, 'JAVA_VERSION="11.0.2"\n') | {"PATH": os.environ["PATH"]}
    with pytest.raises(machine.MendableError, match=r"Java 11\.0\.2"):
        machine.java_command(env)


def test_disk() -> None:
    machine.require_disk(Path("/"), megabytes=0)
    with pytest.raises(machine.MendableError, match="needs 1000000000000 MB"):
        machine.require_disk(Path("/"), megabytes=10**12)


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Control groups of our own, in place of the system's."""
    monkeypatch.setattr(machine, "MEMBERSHIP", tmp_path / "membership")
    monkeypatch.setattr(machine, "CGROUP", tmp_path / "cgroup")
    monkeypatch.setattr(machine.os, "sched_getaffinity", lambda _: set(range(8)))
    return tmp_path


def write(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(f"{text}\n")


def test_limits_of_a_group_and_of_those_above_it(groups: Path) -> None:
    write(groups, membership="0::/outer/inner")
    unlimited = machine.memory_mb()
    assert machine.processors() == 8
    write(groups / "cgroup" / "outer" / "inner", cpu__max="max 100000", memory__max="max")
    assert (machine.processors(), machine.memory_mb()) == (8, unlimited)
    write(groups / "cgroup" / "outer", cpu__max="250000 100000", memory__max=str(512 * 2**20))
    assert (machine.processors(), machine.memory_mb()) == (3, 512)
    write(groups / "cgroup" / "outer" / "inner", cpu__max="50000 100000")
    assert machine.processors() == 1


def test_limits_of_a_container_that_sees_only_its_own_group(groups: Path) -> None:
    write(groups, membership="0::/../../not-to-be-seen")
    write(groups / "cgroup", cpu__max="200000 100000", memory__max=str(300 * 2**20))
    assert (machine.processors(), machine.memory_mb()) == (2, 300)


def test_limits_of_groups_of_version_1(groups: Path) -> None:
    write(groups, membership="4:memory:/docker/x\n2:cpu,cpuacct:/docker/x\n1:name=systemd:/")
    write(groups / "cgroup" / "cpu", cpu__cfs_quota_us="-1", cpu__cfs_period_us="100000")
    assert machine.processors() == 8
    own = groups / "cgroup" / "cpu" / "docker" / "x"
    write(own, cpu__cfs_quota_us="400000", cpu__cfs_period_us="100000")
    write(groups / "cgroup" / "memory", memory__limit_in_bytes=str(700 * 2**20))
    assert (machine.processors(), machine.memory_mb()) == (4, 700)


def test_system_without_control_groups(groups: Path) -> None:
    assert machine.processors() == 8
    assert machine.memory_mb() > 0


@given(st.integers(min_value=1, max_value=10**7))
def test_heap_is_a_share_within_bounds(memory: int) -> None:
    heap = machine.heap_mb(memory)
    assert 1024 <= heap <= 16384
    assert heap <= memory * 0.6 or heap == 1024
