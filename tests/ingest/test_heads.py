"""The heads of many files are looked at in tasks, and say what the driver would have read."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from influencers.config import IngestConfig
from influencers.errors import UserError
from influencers.ingest import heads
from influencers.ingest.columns import FIELDS
from influencers.storage import input_files

CONFIG = IngestConfig()


def kinds(spark: SparkSession, folder: Path) -> dict[input_files.FileStatus, str]:
    files = input_files.list_files(spark, str(folder))
    return {file: "json" if ".json" in file.uri else "csv" for file in files}


def test_many_files_have_the_names_that_each_has(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [*FIELDS, 'a "b",\nc']
    header = ",".join('"' + name.replace('"', '""') + '"' for name in names)
    for number in range(20):
        turned = f"{number},{header}\n1,2\n"
        (tmp_path / f"{number}.csv").write_text(turned, encoding="utf-8-sig")
        (tmp_path / f"{number} z.csv.gz").write_bytes(gzip.compress(turned.encode() * 50_000))
    lines = [json.dumps({name: 1}) for name in names] + ["{", ""]
    (tmp_path / "j.jsonl").write_text("\n".join(lines), encoding="utf-8")
    files = kinds(spark, tmp_path)
    one_by_one = {
        file: heads.head_of(
            input_files.read_head(spark, file.path, 1 << 20), file.path, kind, CONFIG
        )
        for file, kind in files.items()
    }
    assert one_by_one[next(iter(files))].names[1:] == names
    assert len(files) == 41

    def refused(*_: object) -> None:
        raise AssertionError("read by the driver")

    monkeypatch.setattr(input_files, "read_head", refused)
    assert dict(heads.read_heads(spark, files, CONFIG)) == one_by_one


def test_the_first_file_without_a_header_is_named(spark: SparkSession, tmp_path: Path) -> None:
    for number in range(10, 50):
        (tmp_path / f"{number}.csv").write_text(",".join(FIELDS) + "\n")
    (tmp_path / "20.csv").write_bytes(",".join(FIELDS).encode("utf-16"))
    for number in (30, 40):
        (tmp_path / f"{number}.csv").write_bytes(b'"a"b\n')
    with pytest.raises(UserError, match=r"30\.csv: the header is not readable"):
        list(heads.read_heads(spark, kinds(spark, tmp_path), CONFIG))
