"""Spark's forest without a job for every level: for rows that the driver's memory has room for."""

from __future__ import annotations

from pyspark.ml.classification import RandomForestClassificationModel, RandomForestClassifier
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.models.estimators import java_source
from influencers.storage import files

# A bin is a byte.
MOST_BINS = 256
# So many rows are in memory as vectors at once; of more, only their bins.
FEW_ROWS = 50_000
# Of more rows, tasks side by side are worth what they cost: more than `models.fit_rows` has by
# default, as a sample of accounts is not of just so many rows.
MOST_ROWS = 1_200_000
# The bins of a row, and what each tree holds of it: whether it was drawn, and in which node it is.
_BYTES_OF_ROW, _BYTES_OF_TREE = 100, 4
# The share of the heap that a forest may take: there may be two at once.
_SHARE_OF_HEAP = 1 / 6


def has_room(spark: SparkSession, *, rows: int, trees: int, bins: int) -> bool:
    """Whether a forest is fitted on the driver: by its size, and the memory that the driver has.

    Args:
        spark: the session.
        rows: to fit to, about.
        trees: of the forest.
        bins: of a feature at most.
    """
    size = rows * (_BYTES_OF_ROW + trees * _BYTES_OF_TREE)
    heap = files.jvm(spark).java.lang.Runtime.getRuntime().maxMemory()
    return rows <= MOST_ROWS and bins <= MOST_BINS and size <= heap * _SHARE_OF_HEAP


def fit(
    estimator: RandomForestClassifier, examples: DataFrame, *, rows: int
) -> RandomForestClassificationModel:
    """The forest that `estimator.fit` gives, fitted by one core of the driver.

    Node by node it is the same: results do not depend on which of the two was used. Few rows take
    one job, more take two and one for each partition.

    Args:
        estimator: of two classes and at most `MOST_BINS` bins, without weights.
        examples: the columns that the estimator names: a label of 0.0 or 1.0, and a vector of
            numbers; at least one row.
        rows: how many there are, about.
    """
    estimator._transfer_params_to_java()
    columns = estimator.getLabelCol(), estimator.getFeaturesCol(), F.spark_partition_id()
    forest = java_source.instance(files.jvm(examples.sparkSession), "LocalForest")
    fitted = forest.fit(estimator._java_obj, examples.select(*columns)._jdf, rows <= FEW_ROWS)
    return estimator._copyValues(RandomForestClassificationModel(fitted))
