"""Pipelines that are written without a query are those that Spark writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from pyspark.ml import PipelineModel
from pyspark.sql import SparkSession

from influencers.config import ModelsConfig
from influencers.errors import UserError
from influencers.models import pipeline_files, saved
from influencers.models.declaration import CATEGORICAL, Feature
from influencers.models.estimators import ensemble
from influencers.models.estimators.forest import PROBABILITY
from influencers.models.estimators.normaliser import fit_normaliser
from influencers.models.evaluate.calibration import Calibration, calibration_stage

FEATURES = (Feature("size", "about", "t"), Feature("kind", "about", "t", CATEGORICAL))
LINE = Calibration((0.0, 0.25, 0.4, 1.0), (0.0, 0.3, 0.3000000001, 1.0))


@pytest.fixture(scope="module")
def rows(spark: SparkSession) -> Any:
    random = np.random.default_rng(8)
    table = pd.DataFrame({"size": random.normal(size=400), "kind": random.choice(["é'", "b"], 400)})
    table["label"] = (table["size"] + (table["kind"] == "b") > 0.7).astype("float64")
    return spark.createDataFrame(table).coalesce(1)


@pytest.fixture(scope="module", params=["forest", "boosted"])
def both(
    spark: SparkSession, rows: Any, tmp_path_factory: Any, request: pytest.FixtureRequest
) -> tuple[PipelineModel, Path, Path]:
    """A pipeline, as it is written here and as Spark writes it."""
    folder = tmp_path_factory.mktemp("pipelines")
    normaliser = fit_normaliser(rows.toPandas(), FEATURES)
    vectors = normaliser.model.transform(rows)
    config = ModelsConfig(estimator=request.param, trees=5, boosting_rounds=4)
    fitted = ensemble.fit(vectors, config, rows=400)
    stages = [*normaliser.model.stages, fitted, calibration_stage(spark, LINE, PROBABILITY)]
    pipeline = PipelineModel(stages)
    pipeline_files.write(spark, pipeline, str(folder / "here"))
    pipeline.write().save(str(folder / "spark"))
    return pipeline, folder / "here", folder / "spark"


def parameters(folder: Path) -> dict[str, Any]:
    """The parameters of every stage, without what differs from one writing to the next."""
    found = {}
    for path in sorted(folder.glob("**/metadata/part-*")):
        said = json.loads(path.read_text("utf-8"))
        del said["timestamp"]
        name = str(path.parent.relative_to(folder))
        if said["class"].endswith("PipelineModel"):
            del said["uid"]  # one of its own with every translation to the JVM
        found[name] = said
    return found


def tables(folder: Path) -> dict[str, list[dict[str, Any]]]:
    found = {}
    for path in sorted(folder.glob("**/*.parquet")):
        rows = pq.read_table(path).to_pylist()
        for row in rows:
            if "_2" in row:
                row["_2"] = {k: v for k, v in json.loads(row["_2"]).items() if k != "timestamp"}
        found[str(path.parent.relative_to(folder))] = rows
    return found


def test_has_the_parameters_that_spark_writes(both: Any) -> None:
    _, here, there = both
    assert parameters(here) == parameters(there)
    assert len(parameters(here)) == 5


def test_has_the_rows_that_spark_writes(both: Any) -> None:
    _, here, there = both
    assert tables(here) == tables(there)
    assert {name.split("_")[-1].split("/")[-1] for name in tables(here)} == {
        "data",
        "treesMetadata",
    }


def test_has_the_types_that_spark_writes(both: Any) -> None:
    _, here, there = both
    for path in here.glob("**/*.parquet"):
        folder = there / path.parent.relative_to(here)
        other = next(folder.glob("*.parquet"))
        assert pq.read_schema(path).equals(pq.read_schema(other).remove_metadata())


def test_is_read_by_spark_and_says_the_same(spark: SparkSession, rows: Any, both: Any) -> None:
    pipeline, here, _ = both
    read = PipelineModel.load(str(here))
    columns = ["probability", "calibrated"]
    assert read.transform(rows).select(*columns).collect() == (
        pipeline.transform(rows).select(*columns).collect()
    )
    pd.testing.assert_frame_equal(
        ensemble.nodes(read.stages[2]), ensemble.nodes(pipeline.stages[2])
    )


def test_replaces_what_is_there_and_takes_no_job(spark: SparkSession, both: Any) -> None:
    pipeline, here, _ = both
    left_over = here / "stages" / "9_left_over"
    left_over.mkdir()
    spark.sparkContext.setJobGroup("pipeline files", "counted")
    pipeline_files.write(spark, pipeline, str(here))
    jobs = spark.sparkContext.statusTracker().getJobIdsForGroup("pipeline files")
    spark.sparkContext.setLocalProperty("spark.jobGroup.id", None)
    assert not jobs
    assert not left_over.exists()
    assert PipelineModel.load(str(here)).stages[0].uid == pipeline.stages[0].uid


@pytest.mark.parametrize("spoilt", ["stages/2_*/data", "stages/*/metadata", "metadata"])
@pytest.mark.parametrize("how", ["gone", "cut off"])
def test_a_damaged_pipeline_is_told_in_a_line(
    spark: SparkSession, both: Any, tmp_path: Path, spoilt: str, how: str
) -> None:
    uri = tmp_path / "model"
    folder = saved.save(spark, both[0], str(uri))
    saved.publish(spark, {"format": 2}, str(uri), folder)
    for part in (uri / folder).glob(spoilt):
        for file in part.iterdir():
            if how == "gone":
                file.unlink()
            else:
                file.write_bytes(file.read_bytes()[:20])
        if how == "gone":
            part.rmdir()
    with pytest.raises(UserError, match=f"the model at {uri} is damaged") as complaint:
        saved.load(spark, str(uri))
    assert "\n" not in str(complaint.value)
