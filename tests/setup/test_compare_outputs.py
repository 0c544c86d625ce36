"""What is said of two outputs that differ, or are not there."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import compare_outputs
import pytest
from pyspark.sql import SparkSession

from influencers.config import Config, PathsConfig
from influencers.features.tables import ACCOUNTS
from influencers.ingest.tables import QUARANTINE
from influencers.storage.store import Store


def at(folder: Path) -> Config:
    return dataclasses.replace(Config(), paths=PathsConfig(output=str(folder)))


def test_an_output_that_is_not_there_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare_outputs.main([str(tmp_path / "none"), str(tmp_path)]) == 2
    line = f"compare_outputs: no output at {tmp_path / 'none'}: there is no metrics.json in it\n"
    assert capsys.readouterr() == ("", line)
    assert compare_outputs.main([str(tmp_path)]) == 2
    assert capsys.readouterr().err == "usage: compare_outputs.py FIRST SECOND\n"


def test_rows_count_as_often_as_they_come(spark: SparkSession, tmp_path: Path) -> None:
    first, second = (Store(spark, at(tmp_path / name)) for name in ("first", "second"))
    for store, records in ((first, [1, 1, 2, None]), (second, [1, 2, 2, 3, None])):
        rows = [("f" if store is first else "g", record, "é", ["a"]) for record in records]
        store.write(spark.createDataFrame(rows, QUARANTINE.schema), QUARANTINE)
    line = "table quarantine: 1 rows of the first and 2 of the second alone"
    assert list(compare_outputs.table_differences(first, second)) == [line]
    assert list(compare_outputs.table_differences(first, first)) == []
    (line,) = compare_outputs.table_differences(first, second, but_for=())
    assert line == "table quarantine: 4 rows of the first and 5 of the second alone"
    first.write(spark.createDataFrame([], ACCOUNTS.schema), ACCOUNTS)
    lines = list(compare_outputs.table_differences(first, second, names=["accounts"]))
    assert lines == ["table accounts: not in both outputs"]
