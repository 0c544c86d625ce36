"""The random forest."""

from __future__ import annotations

from pyspark.ml.classification import RandomForestClassificationModel, RandomForestClassifier
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.config import ModelsConfig
from influencers.models.estimators import local_forest
from influencers.models.estimators.normaliser import VECTOR

PROBABILITY = "probability"

# Said of the label, so that Spark need not look for its greatest value in a job of its own.
_TWO_CLASSES = {"ml_attr": {"type": "nominal", "vals": ["0", "1"]}}


def fit_forest(
    vectors: DataFrame, config: ModelsConfig, *, rows: int
) -> RandomForestClassificationModel:
    """Fit a forest to `label` and the vector column `features`.

    The same rows in the same partitions and order give the same forest: rows are sampled by
    partition. Counts of rows are whole numbers, so that the order of their sums is no matter. The
    driver fits what it has room for, to the same forest; weights are left to tasks, as the order
    of their sums matters.

    Args:
        vectors: the rows.
        config: of the forest.
        rows: how many there are, about.
    """
    estimator = _estimator(config)
    examples = vectors.withMetadata("label", _TWO_CLASSES)
    if config.class_weights:
        examples = _weighed(examples)
        estimator = estimator.setWeightCol("weight")
    elif local_forest.has_room(
        vectors.sparkSession, rows=rows, trees=config.trees, bins=config.max_bins
    ):
        return local_forest.fit(estimator, examples, rows=rows)
    forest: RandomForestClassificationModel = estimator.fit(examples)
    return forest


def _estimator(config: ModelsConfig) -> RandomForestClassifier:
    return RandomForestClassifier(
        labelCol="label",
        featuresCol=VECTOR,
        probabilityCol=PROBABILITY,
        numTrees=config.trees,
        maxDepth=config.depth,
        maxBins=config.max_bins,
        minInstancesPerNode=config.min_leaf,
        featureSubsetStrategy=config.feature_subset,
        maxMemoryInMB=config.memory_mb,
        seed=config.seed,
    )


def _weighed(vectors: DataFrame) -> DataFrame:
    """With `weight`: positives weigh as much together as negatives do."""
    counts = vectors.agg(F.sum("label").alias("positives"), F.count("label").alias("rows")).first()
    assert counts is not None
    heavy = (counts["rows"] - counts["positives"]) / max(counts["positives"], 1)
    return vectors.withColumn("weight", F.when(F.col("label") == 1, float(heavy)).otherwise(1.0))
