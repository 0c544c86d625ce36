"""Fitted pipelines as files that pyspark.ml reads, written without a query.

Spark writes a pipeline by a dozen jobs: one for the parameters of each stage, and a few for what a
stage has learnt. All of it is in the driver's memory; the files are the same.
"""

from __future__ import annotations

import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.ml import PipelineModel
from pyspark.ml.classification import RandomForestClassificationModel
from pyspark.ml.regression import IsotonicRegressionModel
from pyspark.sql import SparkSession

from influencers.models.estimators.ensemble import ENSEMBLES, Ensemble, nodes
from influencers.storage import files

_DOUBLES = pa.list_(pa.field("element", pa.float64(), nullable=False))


def _known(*fields: tuple[str, pa.DataType]) -> list[pa.Field]:
    return [pa.field(name, kind, nullable=False) for name, kind in fields]


_SPLIT = pa.struct(
    [
        *_known(("featureIndex", pa.int32())),
        pa.field("leftCategoriesOrThreshold", _DOUBLES),
        *_known(("numCategories", pa.int32())),
    ]
)
_NODE = pa.struct(
    [
        *_known(("id", pa.int32()), ("prediction", pa.float64()), ("impurity", pa.float64())),
        pa.field("impurityStats", _DOUBLES),
        *_known(("rawCount", pa.int64()), ("gain", pa.float64())),
        *_known(("leftChild", pa.int32()), ("rightChild", pa.int32())),
        pa.field("split", _SPLIT),
    ]
)
_NODES = pa.schema([*_known(("treeID", pa.int32())), pa.field("nodeData", _NODE)])
_TREES = pa.schema(
    [*_known(("_1", pa.int32())), pa.field("_2", pa.string()), *_known(("_3", pa.float64()))]
)
_LINE = pa.schema(
    [
        pa.field("boundaries", _DOUBLES),
        pa.field("predictions", _DOUBLES),
        *_known(("isotonic", pa.bool_())),
    ]
)


def write(spark: SparkSession, pipeline: PipelineModel, uri: str) -> None:
    """Write a pipeline into the folder `uri`, in place of what is there.

    `PipelineModel.load` reads it. It is of this project's stages: those that have nothing but
    parameters, an ensemble for two classes whose splits are of numbers, and a calibration.

    Raises:
        UserError: this run had claimed the output and lost it.
    """
    files.may_write()
    files.delete(spark, uri)
    stages: list[Any] = pipeline.stages
    width = len(str(len(stages)))
    for place, stage in enumerate(stages):
        folder = files.join(uri, "stages", f"{place:0{width}d}_{stage.uid}")
        _write_parameters(spark, stage._to_java(), folder, _beside(stage))
        for name, rows in _learnt(spark, stage).items():
            _write_rows(spark, rows, files.join(folder, name))
    # Last: without it, there is no pipeline.
    whole = files.jvm(spark).org.apache.spark.ml.PipelineModel(pipeline.uid, [])
    uids = {"stageUids": [stage.uid for stage in stages]}
    _write_parameters(spark, whole, uri, {"paramMap": uids})


def _beside(stage: Any) -> dict[str, Any]:
    """What a stage says of itself beside its parameters."""
    if not isinstance(stage, ENSEMBLES):
        return {}
    # Boosted trees are always of two classes, and say nothing of it.
    classes = {"numClasses": stage.numClasses} if _is_forest(stage) else {}
    return {"numFeatures": stage.numFeatures, **classes, "numTrees": stage.getNumTrees}


def _is_forest(stage: Any) -> bool:
    return isinstance(stage, RandomForestClassificationModel)


def _learnt(spark: SparkSession, stage: Any) -> dict[str, pa.Table]:
    """What a stage has learnt, by the folder that it lies in."""
    if isinstance(stage, ENSEMBLES):
        return {"data": _node_rows(stage), "treesMetadata": _tree_rows(spark, stage)}
    if isinstance(stage, IsotonicRegressionModel):
        line = {
            "boundaries": [stage.boundaries.toArray().tolist()],
            "predictions": [stage.predictions.toArray().tolist()],
            "isotonic": [stage.getIsotonic()],
        }
        return {"data": pa.table(line, schema=_LINE)}
    return {}


def _node_rows(ensemble: Ensemble) -> pa.Table:
    table = nodes(ensemble)
    stats = ["stat_0", "stat_1"] if _is_forest(ensemble) else ["stat_0", "stat_1", "stat_2"]
    thresholds = [[] if value != value else [value] for value in table["threshold"]]
    split = {
        "featureIndex": table["feature"],
        "leftCategoriesOrThreshold": thresholds,
        "numCategories": [-1] * len(table),
    }
    node = {
        "id": table["id"],
        "prediction": table["prediction"],
        "impurity": table["impurity"],
        "impurityStats": table[stats].to_numpy().tolist(),
        "rawCount": table["rows"],
        "gain": table["gain"],
        "leftChild": table["left"],
        "rightChild": table["right"],
        "split": _struct(split, _SPLIT),
    }
    return pa.table({"treeID": table["tree"], "nodeData": _struct(node, _NODE)}, schema=_NODES)


def _struct(values: dict[str, Any], kind: pa.StructType) -> pa.StructArray:
    fields = list(kind)
    arrays = [
        column if isinstance(column, pa.Array) else pa.array(column, field.type)
        for column, field in zip(values.values(), fields, strict=True)
    ]
    return pa.StructArray.from_arrays(arrays, fields=fields)


def _tree_rows(spark: SparkSession, ensemble: Ensemble) -> pa.Table:
    model: Any = ensemble._java_obj
    described = [_parameters(spark, tree) for tree in model.trees()]
    weights = list(model.treeWeights())
    return pa.table({"_1": range(len(described)), "_2": described, "_3": weights}, schema=_TREES)


def _write_rows(spark: SparkSession, rows: pa.Table, folder: str) -> None:
    buffer = io.BytesIO()
    pq.write_table(rows, buffer, compression="zstd")
    files.write_bytes(spark, files.join(folder, "part-00000.parquet"), buffer.getvalue())


def _write_parameters(spark: SparkSession, stage: Any, folder: str, beside: dict[str, Any]) -> None:
    parameters = {**json.loads(_parameters(spark, stage)), **beside}
    text = json.dumps(parameters, ensure_ascii=False, separators=(",", ":"))
    files.write_text(spark, files.join(folder, "metadata", "part-00000"), text + "\n")


def _parameters(spark: SparkSession, stage: Any) -> str:
    """Class, version, name and parameters of a stage of the JVM, as JSON."""
    writer = files.jvm(spark).org.apache.spark.ml.util.DefaultParamsWriter
    return str(writer.getMetadataToSave(stage, spark._jsparkSession))
