"""Ensembles of trees for two classes: a random forest, or boosted trees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from pyspark.ml.classification import GBTClassificationModel, RandomForestClassificationModel
from pyspark.ml.functions import vector_to_array
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.config import ModelsConfig
from influencers.models.estimators import boosted, java_source
from influencers.models.estimators.forest import fit_forest
from influencers.storage import files

Ensemble = RandomForestClassificationModel | GBTClassificationModel
ENSEMBLES = (RandomForestClassificationModel, GBTClassificationModel)

BOOSTED = "boosted"


def fit(vectors: DataFrame, config: ModelsConfig, *, rows: int) -> Ensemble:
    """Fit what `models.estimator` asks for to `label` and the vector column `features`.

    Args:
        vectors: the rows, in the order of their partitions.
        config: the estimator, and its settings.
        rows: how many there are, about.

    Raises:
        UserError: as `boosted.fit`.
    """
    if config.estimator == BOOSTED:
        return boosted.fit(vectors, config, rows=rows)
    return fit_forest(vectors, config, rows=rows)


def votes_of(ensemble: Ensemble, rows: DataFrame, *, features: str, column: str) -> DataFrame:
    """`rows` with the raw score: the ensemble's probability of the positive class.

    Of a forest, that is the mean share of positives in the leaves.

    Args:
        ensemble: the ensemble.
        rows: have the vector column `features`.
        features: its name.
        column: the name of the score.
    """
    asked = ensemble.copy().setFeaturesCol(features).setProbabilityCol(column)
    # Columns without a name are not computed.
    scored = asked.setPredictionCol("").setRawPredictionCol("").transform(rows)
    return scored.withColumn(column, F.get(vector_to_array(F.col(column)), F.lit(1)))


def importances(ensemble: Ensemble, columns: Sequence[str]) -> dict[str, float]:
    """The share of the ensemble's gain by feature, the most important first.

    Args:
        ensemble: the ensemble.
        columns: the feature behind every place of its vector; those of one feature are summed.
    """
    shares: dict[str, float] = dict.fromkeys(columns, 0.0)
    for name, share in zip(columns, ensemble.featureImportances.toArray(), strict=True):
        shares[name] += float(share)
    return dict(sorted(shares.items(), key=lambda item: (-item[1], item[0])))


# What Ensembles.java says of a node.
_NODE = (
    "tree",
    "id",
    "prediction",
    "impurity",
    "stat_0",
    "stat_1",
    "stat_2",
    "rows",
    "gain",
    "left",
    "right",
    "feature",
    "threshold",
)
_WHOLE = ("tree", "id", "rows", "left", "right", "feature")


def nodes(ensemble: Ensemble) -> pd.DataFrame:
    """The nodes of an ensemble, a row each, tree by tree and by number, without a job.

    `id`, `left` and `right` count within the tree, as Spark saves them. `stat_0` and `stat_1` are
    the weighted negatives and positives of a forest's node; of a boosted one all three are its
    rows, and the sums of what they are given and of its square. `rows` are not weighted. A leaf has
    -1 for gain, left, right and feature, and no threshold.

    Args:
        ensemble: of two classes, all of whose splits are of numbers.
    """
    asked = java_source.instance(files.jvm(SparkSession.active()), "Ensembles")
    doubles = np.frombuffer(asked.nodes(ensemble._java_obj), ">f8").reshape(-1, len(_NODE))
    table = pd.DataFrame(doubles.astype("float64"), columns=list(_NODE))
    return table.astype(dict.fromkeys(_WHOLE, "int64"))
