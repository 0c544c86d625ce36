"""Input that changes under a run."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from cluster import LINUX, driver_jvm, python_daemons, submitted_locally
from outputs import contents
from samples import Undisturbed, tables_of
from writes import SECONDS

pytestmark = [pytest.mark.fault, LINUX]


@pytest.mark.parametrize("change", ["grows", "goes away"])
def test_a_file_that_changes_while_it_is_read(
    spark: SparkSession, undisturbed: Undisturbed, tmp_path: Path, change: str
) -> None:
    files = tuple(Path(shutil.copy(file, tmp_path)) for file in undisturbed.sample.files)
    config = undisturbed.before("ingest", tmp_path / "out")
    config = replace(config, paths=replace(config.paths, input=tuple(map(str, files))))
    before = {name: contents(spark, config, name) for name in tables_of("ingest")}
    with submitted_locally(
        tmp_path / "files", "ingest", undisturbed.sample.arguments("ingest", config)
    ) as run:
        run.wait_until(
            lambda: [one for jvm in driver_jvm(run) for one in python_daemons(jvm)],
            SECONDS,
            "the first Python worker",
        )
        if change == "grows":
            records = files[1].read_bytes()
            with files[1].open("ab") as file:
                file.write(records)
        else:
            files[1].unlink()
        run.fail(SECONDS, status=2, message=r"second\.csv (changed|went away) while it was read")
    assert {name: contents(spark, config, name) for name in before} == before
