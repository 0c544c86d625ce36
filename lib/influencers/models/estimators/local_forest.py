"""Spark's forest without Spark's jobs: for rows that are few enough for the driver's memory."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd
from pyspark.ml.classification import RandomForestClassificationModel, RandomForestClassifier
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.storage import files

# Of so few rows, all lie in one partition, or two: Spark would use one core, too.
MOST_ROWS = 50_000


def fit(estimator: RandomForestClassifier, examples: DataFrame) -> RandomForestClassificationModel:
    """The forest that `estimator.fit` gives, fitted by one core of the driver after a single job.

    Node by node it is the same: results do not depend on which of the two was used.

    Args:
        estimator: of two classes, without weights.
        examples: the columns that the estimator names: a label of 0.0 or 1.0, and a vector of
            numbers; at least one row, and about `MOST_ROWS` at most.
    """
    estimator._transfer_params_to_java()
    rows = examples.select(
        estimator.getLabelCol(), estimator.getFeaturesCol(), F.spark_partition_id()
    )
    forest = _compiled(files.jvm(examples.sparkSession)).newInstance()
    fitted = forest.fit(estimator._java_obj, rows._jdf.collect())
    return estimator._copyValues(RandomForestClassificationModel(fitted))


# What LocalForest.java says of a node.
_NODE = (
    "tree",
    "id",
    "prediction",
    "impurity",
    "negatives",
    "positives",
    "rows",
    "gain",
    "left",
    "right",
    "feature",
    "threshold",
)
_WHOLE = ("tree", "id", "rows", "left", "right", "feature")


def nodes(model: RandomForestClassificationModel) -> pd.DataFrame:
    """The nodes of a forest, a row each, tree by tree and by number, without a job.

    `id`, `left` and `right` count within the tree, as Spark saves them; `negatives` and `positives`
    are weighted, `rows` are not. A leaf has -1 for gain, left, right and feature, and no threshold.

    Args:
        model: of two classes, all of whose splits are of numbers.
    """
    forest = _compiled(files.jvm(SparkSession.active())).newInstance()
    doubles = np.frombuffer(forest.nodes(model._java_obj), ">f8").reshape(-1, len(_NODE))
    table = pd.DataFrame(doubles.astype("float64"), columns=list(_NODE))
    return table.astype(dict.fromkeys(_WHOLE, "int64"))


@lru_cache(maxsize=1)
def _compiled(jvm: Any) -> Any:
    """The class of LocalForest.java."""
    source = resources.files(__package__).joinpath("LocalForest.java").read_text("utf-8")
    compiler = jvm.org.codehaus.janino.SimpleCompiler()
    compiler.setParentClassLoader(jvm.org.apache.spark.util.Utils.getContextOrSparkClassLoader())
    compiler.cook(source)
    return compiler.getClassLoader().loadClass("influencers.LocalForest")
