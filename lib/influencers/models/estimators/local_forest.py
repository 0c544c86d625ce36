"""Spark's forest without Spark's jobs: for rows that are few enough for the driver's memory."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import Any

from pyspark.ml.classification import RandomForestClassificationModel, RandomForestClassifier
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

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
    forest = _compiled(examples.sparkSession._jvm).newInstance()
    fitted = forest.fit(estimator._java_obj, rows._jdf.collect())
    return estimator._copyValues(RandomForestClassificationModel(fitted))


@lru_cache(maxsize=1)
def _compiled(jvm: Any) -> Any:
    """The class of LocalForest.java."""
    source = resources.files(__package__).joinpath("LocalForest.java").read_text("utf-8")
    compiler = jvm.org.codehaus.janino.SimpleCompiler()
    compiler.setParentClassLoader(jvm.org.apache.spark.util.Utils.getContextOrSparkClassLoader())
    compiler.cook(source)
    return compiler.getClassLoader().loadClass("influencers.LocalForest")
