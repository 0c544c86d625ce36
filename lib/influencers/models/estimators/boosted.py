"""Gradient-boosted trees: fitted by LightGBM on the driver, kept and asked as Spark's own model.

LightGBM is needed to train alone. Its trees split where a value is at most a threshold, as Spark's
do, so that the model is a `GBTClassificationModel` of the same trees: it is saved, read and asked
by any cluster as it is.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.ml.classification import GBTClassificationModel, GBTClassifier
from pyspark.ml.functions import vector_to_array
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.config import ModelsConfig
from influencers.errors import UserError
from influencers.models.estimators import java_source
from influencers.models.estimators.forest import PROBABILITY
from influencers.models.estimators.local_forest import MOST_ROWS
from influencers.models.estimators.normaliser import VECTOR
from influencers.storage import files

# Spark takes twice the sum of its trees for the logarithm of the odds, LightGBM the sum.
_WEIGHT = 0.5
_LEAF = (-1.0, -1.0, -1.0, -1.0, float("nan"))


def lightgbm() -> Any:
    """The library.

    Raises:
        UserError: it is not installed, or lacks a library of the system.
    """
    try:
        return importlib.import_module("lightgbm")
    except (ImportError, OSError) as error:
        raise UserError(
            f"models.estimator is boosted, which needs LightGBM ({error}): pip install lightgbm, "
            "and libgomp1 of the system"
        ) from error


def fit(examples: DataFrame, config: ModelsConfig, *, rows: int) -> GBTClassificationModel:
    """Fit boosted trees to `label` and the vector column `features`.

    The same rows in the same order give the same trees, on any number of processors.

    Args:
        examples: the rows, at least one: a label of 0.0 or 1.0, no NaN. They are in the driver's
            memory, so that they are no more than it fits forests to.
        config: rounds, learning rate, leaves, and what forests have too.
        rows: how many there are, about.

    Raises:
        UserError: there are too many rows, or there is no LightGBM.
    """
    if rows > MOST_ROWS:
        raise UserError(
            f"models.estimator=boosted is fitted to at most {MOST_ROWS:,} rows, and here are "
            f"{rows:,}: set models.fit_rows to 1000000"
        )
    library = lightgbm()
    labels, vectors = _matrix(examples)
    data = library.Dataset(vectors, labels, params={"max_bin": config.max_bins, "verbosity": -1})
    booster = library.train(_parameters(config, labels), data, config.boosting_rounds)
    nodes = np.concatenate(
        [
            _nodes(number, tree["tree_structure"])
            for number, tree in enumerate(booster.dump_model()["tree_info"])
        ]
    )
    estimator = _estimator(config)
    jvm = files.jvm(examples.sparkSession)
    model = java_source.instance(jvm, "Ensembles").boosted(
        estimator.uid, nodes.astype(">f8").tobytes(), _WEIGHT, vectors.shape[1]
    )
    fitted: GBTClassificationModel = estimator._copyValues(GBTClassificationModel(model))
    return fitted


def _estimator(config: ModelsConfig) -> GBTClassifier:
    """What carries the parameters of the model: it fits nothing."""
    estimator = GBTClassifier(
        labelCol="label",
        featuresCol=VECTOR,
        maxIter=config.boosting_rounds,
        stepSize=config.boosting_learning_rate,
        maxDepth=config.depth,
        maxBins=config.max_bins,
        minInstancesPerNode=config.min_leaf,
        seed=config.seed,
    )
    estimator.set(estimator.getParam("probabilityCol"), PROBABILITY)
    return estimator


def _parameters(config: ModelsConfig, labels: NDArray[np.float64]) -> dict[str, Any]:
    positives = float(labels.sum())
    heavy = (len(labels) - positives) / max(positives, 1.0)
    return {
        "objective": "binary",
        "learning_rate": config.boosting_learning_rate,
        "num_leaves": config.boosting_leaves,
        "max_depth": config.depth,
        "min_data_in_leaf": config.min_leaf,
        "max_bin": config.max_bins,
        "scale_pos_weight": heavy if config.class_weights else 1.0,
        "seed": config.seed,
        "deterministic": True,
        "force_col_wise": True,
        "num_threads": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0,
        "verbosity": -1,
    }


def _matrix(examples: DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The labels, and the vectors as rows."""
    arrays = examples.select(F.col("label").cast("double"), vector_to_array(F.col(VECTOR)))
    table: pa.Table = arrays.toArrow()
    labels = table.column(0).to_numpy()
    values = table.column(1).combine_chunks()
    return labels, values.flatten().to_numpy().reshape(len(labels), -1)


def _nodes(tree: int, root: dict[str, Any]) -> NDArray[np.float64]:
    """The nodes of a tree as `ensemble.nodes` has them, numbered as Spark saves them."""
    nodes: list[list[float]] = []

    def add(node: dict[str, Any]) -> None:
        is_leaf = "leaf_value" in node
        value = float(node["leaf_value" if is_leaf else "internal_value"])
        rows = float(node.get("leaf_count" if is_leaf else "internal_count", 0))
        about = [tree, len(nodes), value, 0.0, rows, rows * value, rows * value * value, rows]
        nodes.append(about)
        if is_leaf:
            about += _LEAF
            return
        left = len(nodes)
        add(node["left_child"])
        right = len(nodes)
        add(node["right_child"])
        # Spark weighs a node's gain by its rows when it asks what features are worth.
        gain = float(node["split_gain"]) / max(rows, 1.0)
        about += [gain, left, right, float(node["split_feature"]), float(node["threshold"])]

    add(root)
    return np.array(nodes, "float64")
