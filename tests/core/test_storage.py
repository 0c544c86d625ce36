"""Tables and files on a real file system."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.config import Config, PathsConfig
from influencers.errors import UserError
from influencers.features.tables import ACCOUNTS
from influencers.ingest.tables import QUARANTINE
from influencers.measured.metrics import Metrics
from influencers.measured.models import LabelMetrics, ModelMetrics
from influencers.measured.records import Rows
from influencers.run import manifest, metrics
from influencers.storage import files, input_files, tables


@pytest.fixture(params=["plain", "with space, 'quote' and `tick`", "relative"])
def config(request: pytest.FixtureRequest, tmp_path: Path) -> Config:
    output = str(tmp_path / request.param)
    if request.param == "relative":
        output = os.path.relpath(output)
    return dataclasses.replace(Config(), paths=PathsConfig(output=output))


def quarantine(spark: SparkSession, *rows: tuple[str, int, str]) -> DataFrame:
    found = [(file, record, raw, ["field_count"]) for file, record, raw in rows]
    return spark.createDataFrame(found, QUARANTINE.schema)


def test_a_table_comes_back_as_it_was_written(spark: SparkSession, config: Config) -> None:
    frame = quarantine(spark, ("f", 1, "a"), ("f", 2, "é\n\u2028"))
    tables.write(frame.select(*reversed(frame.columns)), config, QUARANTINE)
    assert_df_equality(tables.read(spark, config, QUARANTINE), frame, ignore_row_order=True)
    tables.write(frame.limit(0), config, QUARANTINE)
    assert tables.read(spark, config, QUARANTINE).count() == 0
    assert tables.version(spark, config, QUARANTINE) == 1


def test_a_missing_table_says_which_job_makes_it(spark: SparkSession, config: Config) -> None:
    with pytest.raises(UserError, match=r"no table accounts .* run `spark-submit.sh features"):
        tables.read(spark, config, ACCOUNTS)


def test_a_writer_that_died_in_its_first_version_leaves_no_table(
    spark: SparkSession, config: Config
) -> None:
    log = Path(config.paths.output, "tables", "quarantine", "_delta_log")
    (log / "_commits").mkdir(parents=True)
    (log / ".00000000000000000000.json.1234.tmp").write_text("{}")
    assert not tables.exists(spark, config, QUARANTINE)
    frame = quarantine(spark, ("f", 1, "a"))
    tables.merge(frame, config, QUARANTINE, keys=["record"], update_when="true")
    assert tables.exists(spark, config, QUARANTINE)
    assert_df_equality(tables.read(spark, config, QUARANTINE), frame)


def test_merge(spark: SparkSession, config: Config) -> None:
    def merge(*rows: tuple[str, int, str]) -> list[tuple[str, int, str]]:
        tables.merge(
            quarantine(spark, *rows),
            config,
            QUARANTINE,
            keys=["source_file", "record"],
            update_when="source.raw > target.raw",
            replaces=("source_file", ["it's\\", "g"]),
        )
        left = tables.read(spark, config, QUARANTINE).collect()
        return sorted((row.source_file, row.record, row.raw) for row in left)

    assert merge(("f", 1, "b"), ("it's\\", 1, "b")) == [("f", 1, "b"), ("it's\\", 1, "b")]
    assert merge(("f", 1, "a"), ("g", 1, "x")) == [("f", 1, "b"), ("g", 1, "x")]
    assert merge(("f", 1, "c")) == [("f", 1, "c")]


def test_a_frame_with_other_columns_is_a_mistake_in_the_code(
    spark: SparkSession, config: Config
) -> None:
    with pytest.raises(TypeError, match=r"missing \['source_file string'"):
        tables.write(spark.range(3), config, QUARANTINE)
    with pytest.raises(TypeError, match="record int instead of bigint"):
        tables.conform(quarantine(spark).withColumn("record", F.lit(1)), QUARANTINE)


def test_files(spark: SparkSession, tmp_path: Path) -> None:
    uri = files.join(str(tmp_path), "new folder", "x.txt")
    assert not files.exists(spark, uri)
    files.write_text(spark, uri, "é")
    files.write_bytes(spark, uri, b"\x00\xff" * 100_000)
    assert files.read_bytes(spark, uri) == b"\x00\xff" * 100_000
    assert [path.name for path in (tmp_path / "new folder").iterdir()] == ["x.txt"]
    assert files.exists(spark, f"file://{tmp_path}")
    with pytest.raises(UserError, match="no file"):
        files.read_text(spark, str(tmp_path / "none"))
    with pytest.raises(UserError, match="cannot use 'nosuch://x/y'"):
        files.exists(spark, "nosuch://x/y")


def test_metrics_are_added_and_models_replaced(spark: SparkSession, config: Config) -> None:
    metrics.start(spark, config)
    old, new = ({"virality": {name: LabelMetrics(by_time={"forest": one})}} for name, one in (
        ("old", ModelMetrics(auc=1.0)), ("new", ModelMetrics(auc=float("nan"), prevalence=0.25))
    ))  # fmt: skip
    metrics.update(spark, config, Metrics(models=old, rows=Rows(read=5)))
    metrics.update(spark, config, Metrics(models=new))
    found = metrics.read(spark, config)
    known = ModelMetrics(prevalence=0.25)
    assert found.models == {"virality": {"new": LabelMetrics(by_time={"forest": known})}}
    assert found.rows == Rows(read=5)
    assert found.engines.spark == spark.version


def test_a_hash_has_its_budget(spark: SparkSession, config: Config, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"abc")
    listed = input_files.list_files(spark, str(tmp_path / "a.csv"))
    for limit, known in ((1, True), (0, False)):
        ingest = dataclasses.replace(config.ingest, hash_limit_mb=limit)
        manifest.update_inputs(spark, dataclasses.replace(config, ingest=ingest), listed)
        (source,) = manifest.read(spark, config)["inputs"]
        assert (source["sha256"] is not None) == known
    assert source["bytes"] == 3
