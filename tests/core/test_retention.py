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
from influencers.storage import retention
from influencers.storage.store import Store

DAY = 86_400


def settings(output: Path, days: float = 7.0) -> Config:
    return load(None, [f"paths.output={output}", f"storage.retain_days={days}"])


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path) -> Store:
    return Store(spark, settings(tmp_path))


def write(store: Store, *raw: str) -> None:
    rows = [("f", number, one, ["field_count"]) for number, one in enumerate(raw)]
    # Of one partition: Spark leaves an empty file, which no version names, for an empty one.
    frame = store.spark.createDataFrame(rows, QUARANTINE.schema).coalesce(1)
    store.write(frame, QUARANTINE)


def folder(store: Store) -> Path:
    return Path(store.location(QUARANTINE))


def data(store: Store) -> set[str]:
    return {one.name for one in folder(store).glob("*.parquet")}


def age(store: Store, days: float) -> None:
    """Let all that was written and replaced so far have been so long ago."""
    at = time.time() - days * DAY
    for log in (folder(store) / "_delta_log").glob("*.json"):
        replaced = rf'"deletionTimestamp":{int(at * 1000)}'
        log.write_text(re.sub(r'"deletionTimestamp":\d+', replaced, log.read_text()))
        log.with_name(f".{log.name}.crc").unlink(missing_ok=True)
    for one in folder(store).rglob("*"):
        if one.suffix in (".json", ".parquet"):
            os.utime(one, (at, at))
    store.spark._jvm.org.apache.spark.sql.delta.DeltaLog.clearCache()  # type: ignore[union-attr]


def held(store: Store) -> list[str]:
    return sorted(row.raw for row in store.read(QUARANTINE).collect())


def test_what_is_young_stays(store: Store) -> None:
    write(store, "old")
    write(store, "new")
    before = data(store)
    assert retention.remove_old_versions(store) == []
    assert data(store) == before
    old = store.spark.read.format("delta").option("versionAsOf", 0).load(str(folder(store)))
    assert [row.raw for row in old.collect()] == ["old"]


def test_a_version_goes_when_it_was_replaced_long_ago(store: Store) -> None:
    write(store, "old")
    first = data(store)
    write(store, "new")
    (folder(store) / "part-of-a-killed-run.parquet").write_bytes(b"half")
    age(store, 8)
    assert retention.remove_old_versions(store) == ["quarantine"]
    assert data(store).isdisjoint(first | {"part-of-a-killed-run.parquet"})
    assert held(store) == ["new"]
    assert store.version(QUARANTINE) == 1
    assert retention.remove_old_versions(store) == []


def test_a_file_of_long_ago_stays_while_it_was_current_lately(store: Store) -> None:
    write(store, "old")
    named = set(store.files(QUARANTINE))
    age(store, 30)
    write(store, "new")
    # What no version names may go: Spark leaves empty files beside those that it names.
    retention.remove_old_versions(store)
    assert named
    assert named <= data(store)


def test_a_table_that_is_old_and_current_costs_nothing(store: Store) -> None:
    write(store, "only")
    age(store, 30)
    assert retention.remove_old_versions(store) == []
    assert held(store) == ["only"]


def test_0_days_remove_at_once(spark: SparkSession, tmp_path: Path) -> None:
    store = Store(spark, settings(tmp_path, days=0))
    for raw in ("one", "two", "three"):
        write(store, raw)
        time.sleep(0.01)
        retention.remove_old_versions(store)
    assert held(store) == ["three"]
    assert data(store) == set(store.files(QUARANTINE))
    # What was switched off for it is on again.
    assert spark.conf.get(next(iter(retention._SETTINGS)), None) is None


def test_a_negative_number_of_days_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"storage\.retain_days must be"):
        settings(tmp_path, days=-1)
