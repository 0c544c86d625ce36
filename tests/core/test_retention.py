"""Old versions of tables go when nobody may still read them, and nothing else does."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from influencers.config import Config, load
from influencers.errors import UserError
from influencers.ingest.tables import QUARANTINE
from influencers.storage import retention, tables

DAY = 86_400


def settings(output: Path, days: float = 7.0) -> Config:
    return load(None, [f"paths.output={output}", f"storage.retain_days={days}"])


def write(spark: SparkSession, config: Config, *raw: str) -> None:
    rows = [("f", number, one, ["field_count"]) for number, one in enumerate(raw)]
    # Of one partition: Spark leaves an empty file, which no version names, for an empty one.
    frame = spark.createDataFrame(rows, QUARANTINE.schema).coalesce(1)
    tables.write(frame, config, QUARANTINE)


def folder(config: Config) -> Path:
    return Path(tables.location(config, QUARANTINE))


def data(config: Config) -> set[str]:
    return {one.name for one in folder(config).glob("*.parquet")}


def age(spark: SparkSession, config: Config, days: float) -> None:
    """Let all that was written and replaced so far have been so long ago."""
    at = time.time() - days * DAY
    for log in (folder(config) / "_delta_log").glob("*.json"):
        replaced = rf'"deletionTimestamp":{int(at * 1000)}'
        log.write_text(re.sub(r'"deletionTimestamp":\d+', replaced, log.read_text()))
        log.with_name(f".{log.name}.crc").unlink(missing_ok=True)
    for one in folder(config).rglob("*"):
        if one.suffix in (".json", ".parquet"):
            os.utime(one, (at, at))
    spark._jvm.org.apache.spark.sql.delta.DeltaLog.clearCache()  # type: ignore[union-attr]


def held(spark: SparkSession, config: Config) -> list[str]:
    return sorted(row.raw for row in tables.read(spark, config, QUARANTINE).collect())


def test_what_is_young_stays(spark: SparkSession, tmp_path: Path) -> None:
    config = settings(tmp_path)
    write(spark, config, "old")
    write(spark, config, "new")
    before = data(config)
    assert retention.remove_old_versions(spark, config) == []
    assert data(config) == before
    old = spark.read.format("delta").option("versionAsOf", 0).load(str(folder(config)))
    assert [row.raw for row in old.collect()] == ["old"]


def test_a_version_goes_when_it_was_replaced_long_ago(spark: SparkSession, tmp_path: Path) -> None:
    config = settings(tmp_path)
    write(spark, config, "old")
    first = data(config)
    write(spark, config, "new")
    (folder(config) / "part-of-a-killed-run.parquet").write_bytes(b"half")
    age(spark, config, 8)
    assert retention.remove_old_versions(spark, config) == ["quarantine"]
    assert data(config).isdisjoint(first | {"part-of-a-killed-run.parquet"})
    assert held(spark, config) == ["new"]
    assert tables.version(spark, config, QUARANTINE) == 1
    assert retention.remove_old_versions(spark, config) == []


def test_a_file_of_long_ago_stays_while_it_was_current_lately(
    spark: SparkSession, tmp_path: Path
) -> None:
    config = settings(tmp_path)
    write(spark, config, "old")
    files = tables.read(spark, config, QUARANTINE).inputFiles()
    named = {one.rpartition("/")[2] for one in files}
    age(spark, config, 30)
    write(spark, config, "new")
    # What no version names may go: Spark leaves empty files beside those that it names.
    retention.remove_old_versions(spark, config)
    assert named
    assert named <= data(config)


def test_a_table_that_is_old_and_current_costs_nothing(spark: SparkSession, tmp_path: Path) -> None:
    config = settings(tmp_path)
    write(spark, config, "only")
    age(spark, config, 30)
    assert retention.remove_old_versions(spark, config) == []
    assert held(spark, config) == ["only"]


def test_0_days_remove_at_once(spark: SparkSession, tmp_path: Path) -> None:
    config = settings(tmp_path, days=0)
    for raw in ("one", "two", "three"):
        write(spark, config, raw)
        time.sleep(0.01)
        retention.remove_old_versions(spark, config)
    assert held(spark, config) == ["three"]
    named = {one.rpartition("/")[2] for one in tables.read(spark, config, QUARANTINE).inputFiles()}
    assert data(config) == named
    # What was switched off for it is on again.
    assert spark.conf.get(next(iter(retention._SETTINGS)), None) is None


def test_a_negative_number_of_days_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"storage\.retain_days must be"):
        settings(tmp_path, days=-1)
