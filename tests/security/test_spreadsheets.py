"""What strangers write is text in a spreadsheet, never a formula."""

from __future__ import annotations

import csv
import dataclasses
import re
from datetime import datetime, timezone
from pathlib import Path

import pytest
from chispa import assert_df_equality
from pyspark.sql import SparkSession

from influencers.config import Config, ExportConfig, PathsConfig
from influencers.errors import UserError
from influencers.ingest.tables import QUARANTINE
from influencers.spreadsheet import for_spreadsheets
from influencers.storage.store import Store
from jobs import export

ROOT = Path(__file__).resolve().parents[2]
FORMULAS = ["=1+1", "+1", "-2", "@SUM(A1)", "\t=1", "\r=1", " =cmd|' /C calc'!A0", "＝1", "\n=1",
            '=HYPERLINK("http://h","x")']  # fmt: skip
TEXTS = ["", "a=b", "1-2", "'quoted", 'say "hi",\nthen =', "é #tag @name", "😀"]


def test_formulas_become_text_and_all_else_stays(spark: SparkSession) -> None:
    given = [(one, -1, -0.5, True) for one in [*FORMULAS, *TEXTS, None]]
    expected = [(f"'{one}", -1, -0.5, True) for one in FORMULAS]
    schema = "text string, count int, share double, flag boolean"
    expected += [(one, -1, -0.5, True) for one in [*TEXTS, None]]
    found = for_spreadsheets(spark.createDataFrame(given, schema))
    assert_df_equality(found, spark.createDataFrame(expected, schema), ignore_row_order=True)


def test_lists_times_and_bytes_become_text(spark: SparkSession) -> None:
    time = datetime(2026, 11, 25, 10, 0, tzinfo=timezone.utc)
    schema = "tags array<string>, at timestamp, bytes binary, colors array<struct<hex:string>>"
    given = spark.createDataFrame([(["=a"], time, b"=1", [("=b",)])], schema)
    (row,) = for_spreadsheets(given).collect()
    assert row.tags == '["=a"]'
    assert row.at == "2026-11-25T10:00:00Z"
    assert row.bytes == "3D31"
    assert row.colors == '[{"hex":"=b"}]'


def test_the_job_writes_what_any_reader_of_csv_reads(spark: SparkSession, tmp_path: Path) -> None:
    config = Config(paths=PathsConfig(output=str(tmp_path)), export=ExportConfig("quarantine"))
    rows = [(f"=file{n}", n, raw, ["field_count"]) for n, raw in enumerate([*FORMULAS, *TEXTS])]
    Store(spark, config).write(spark.createDataFrame(rows, QUARANTINE.schema), QUARANTINE)
    export.run(spark, config)
    read: list[dict[str, str]] = []
    for part in (tmp_path / "exports" / "quarantine").glob("*.csv"):
        with part.open(encoding="utf-8", newline="") as file:
            read += csv.DictReader(file)
    assert len(read) == len(rows)
    by_record = {int(row["record"]): row for row in read}
    for source, number, raw, _ in rows:
        row = by_record[number]
        assert row["source_file"] == f"'{source}"
        assert row["raw"] == (f"'{raw}" if raw in FORMULAS else raw)
    cells = [cell for row in read for cell in row.values()]
    assert not any(re.match(r"\s*[=+\-@＝]", cell) for cell in cells)
    with pytest.raises(UserError, match="there is no table 'nothing': the tables are account_"):
        export.run(spark, dataclasses.replace(config, export=ExportConfig("nothing")))


def test_nothing_else_writes_csv_but_samples_of_our_own() -> None:
    writes = re.compile(r"csv\.(?:writer|DictWriter)|\.to_csv\(|\.write\b.*csv|\.csv\(target")
    found = {
        str(path.relative_to(ROOT))
        for folder in ("lib", "jobs")
        for path in (ROOT / folder).rglob("*.py")
        if writes.search(path.read_text(encoding="utf-8"))
    }
    assert found == {"jobs/export.py", "lib/influencers/synthetic/truth.py"}
