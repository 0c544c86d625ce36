"""Another clock, locale, time zone and order of sets: the same tables."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from cluster import LINUX, submitted_locally
from outputs import assert_same_metrics, assert_same_tables
from samples import Undisturbed
from writes import SECONDS

pytestmark = [pytest.mark.fault, LINUX]

# Turkish has two letters i, commas in numbers; Kathmandu is 5:45 h ahead of UTC.
JVM = "-Duser.language=tr -Duser.country=TR -Duser.timezone=Asia/Kathmandu"
SURROUNDINGS = {
    "TZ": "Asia/Kathmandu",
    "LANG": "tr_TR.UTF-8",
    "LC_ALL": "tr_TR.UTF-8",
    "PYTHONHASHSEED": "4242",
}
CLOCKS = "/usr/lib/*/faketime/libfaketimeMT.so.1"


def another_clock() -> dict[str, str]:
    """More than a year ahead, in every process."""
    found = sorted(Path("/").glob(CLOCKS.lstrip("/")))
    if not found:
        pytest.skip("no libfaketime to change the clock with: install the package faketime")
    return {"LD_PRELOAD": str(found[0]), "FAKETIME": "+400d"}


@pytest.mark.parametrize("changed", ["locale, time zone and hash seed", "clock"])
def test_surroundings_change_no_table(
    spark: SparkSession, undisturbed: Undisturbed, tmp_path: Path, changed: str
) -> None:
    config = undisturbed.before_all(tmp_path / "out")
    words = undisturbed.sample.arguments("pipeline", config)
    clock = changed == "clock"
    with submitted_locally(
        tmp_path / "files", "pipeline", words,
        {} if clock else {"spark.driver.extraJavaOptions": JVM},
        another_clock() if clock else SURROUNDINGS,
    ) as run:  # fmt: skip
        run.succeed(SECONDS)
    assert_same_tables(spark, config, undisturbed.new)
    assert_same_metrics(config, undisturbed.new)
