"""Disks that fill up while a run works."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from cluster import LINUX, submitted_locally
from influencers.storage import claim
from outputs import assert_same_tables, contents
from samples import Undisturbed, tables_of
from writes import SECONDS, Write

pytestmark = [pytest.mark.fault, LINUX]

# Spark puts a copy of its jars there.
DISK = "256m"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    if subprocess.run(mounting, capture_output=True).returncode:
        pytest.skip("may not mount a tmpfs here: run it as root")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Use every byte that is left; gives the file that does."""
    filler = folder / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)) == size:
                    pass
    return filler


@pytest.mark.parametrize("full", ["scratch", "output"])
def test_a_full_disk_ends_the_run_and_leaves_the_old_tables(
    spark: SparkSession, undisturbed: Undisturbed, tmp_path: Path, disk: Path,
    full: str,
) -> None:  # fmt: skip
    output = (disk if full == "output" else tmp_path) / "out"
    config = undisturbed.before("ingest", output)
    words = undisturbed.sample.arguments("ingest", config)
    scratch = {"SPARK_LOCAL_DIRS": str(disk if full == "scratch" else tmp_path / "scratch")}
    before = {name: contents(spark, config, name) for name in tables_of("ingest")}
    writes = [Write(config, name) for name in before]
    with submitted_locally(tmp_path / "files", "ingest", words, environment=scratch) as run:
        run.wait_until(Path(claim.location(config)).exists, SECONDS, "the claim")
        filler = fill(disk)
        run.fail(SECONDS, status=2, message="ingest: no space left on the disk")
    assert not any(write.committed() for write in writes)
    filler.unlink()
    assert {name: contents(spark, config, name) for name in before} == before
    with submitted_locally(tmp_path / "files", "ingest", words, environment=scratch) as run:
        run.succeed(SECONDS)
    assert_same_tables(spark, config, undisturbed.new, before)
