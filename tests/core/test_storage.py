"""Files, the metrics and the manifest on a real file system."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from influencers.config import Config, PathsConfig
from influencers.errors import UserError
from influencers.measured.metrics import Metrics
from influencers.measured.models import LabelMetrics, ModelMetrics
from influencers.measured.records import Rows
from influencers.run import manifest, metrics
from influencers.storage import files, input_files


@pytest.fixture(params=["plain", "with space, 'quote' and `tick`", "relative"])
def config(request: pytest.FixtureRequest, tmp_path: Path) -> Config:
    output = str(tmp_path / request.param)
    if request.param == "relative":
        output = os.path.relpath(output)
    return dataclasses.replace(Config(), paths=PathsConfig(output=output))


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
