"""Some rows in the driver's memory: what normalisers are learnt from, and explanations made of.

However many rows there are, these are few; which, a hash of their key decides, and they lie in the
order of their key: what is learnt from them does not depend on how the rows were stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.buckets import bucket
from influencers.models.declaration import CATEGORICAL, Feature
from influencers.models.rows.frames import bounded_sample

Floats = NDArray[np.float64]

# Groups of accounts that intervals are drawn from. Few accounts are mostly alone in theirs.
GROUPS = 256
# A key may be a declared column too.
_KEY = "__key"


@dataclass(frozen=True)
class Sheet:
    """A sample of rows, in the order of their key.

    Attributes:
        vectors: rows by places of the feature vector.
        labels: by name: 1, 0, or NaN for none.
        groups: the group of accounts that each row is in.
    """

    vectors: Floats
    labels: Mapping[str, Floats]
    groups: NDArray[np.int64]

    def labelled(self, name: str) -> tuple[Floats, Floats, NDArray[np.int64]]:
        """Vectors, labels and groups of the rows that have a label."""
        known = np.isfinite(self.labels[name])
        return self.vectors[known], self.labels[name][known], self.groups[known]


def take_sheet(
    rows: DataFrame, key: str, *, vector: str, labels: Mapping[str, str], count: int, limit: int
) -> Sheet:
    """At most about `limit` rows; which, a hash of their key decides.

    Args:
        rows: with `owner_id`, the key, the vector and the labels.
        key: a column that identifies a row.
        vector: the column of features.
        labels: the column of each label, by its name.
        count: how many rows there are.
        limit: how many to take.
    """
    chosen = bounded_sample(rows, key, count=count, limit=limit).select(
        key,
        vector_to_array(F.col(vector)).alias("vector"),
        account_group(F.col("owner_id")).alias("account_group"),
        *(F.col(column).alias(f"label_{name}") for name, column in labels.items()),
    )
    sample = _in_order(chosen, key)
    return Sheet(
        np.array(sample["vector"].tolist(), "float64").reshape(len(sample), -1),
        {name: sample[f"label_{name}"].to_numpy("float64") for name in labels},
        sample["account_group"].to_numpy("int64"),
    )


def take_sample(
    rows: DataFrame,
    key: str,
    features: Sequence[Feature],
    others: Mapping[str, Column],
    *,
    count: int,
    limit: int,
) -> pd.DataFrame:
    """At most about `limit` rows with their features, in the order of their key.

    Numbers and booleans are doubles, NaN where unknown; categories are texts, None where unknown.

    Args:
        rows: with the key and the features.
        key: a column that identifies a row.
        features: the columns to take.
        others: further doubles, by name.
        count: how many rows there are.
        limit: how many to take.
    """
    columns = {
        feature.name: F.col(feature.name)
        if feature.kind == CATEGORICAL
        else F.col(feature.name).cast("double")
        for feature in features
    }
    chosen = bounded_sample(rows, key, count=count, limit=limit).select(
        F.col(key).alias(_KEY),
        *(column.alias(name) for name, column in columns.items()),
        *(column.cast("double").alias(name) for name, column in others.items()),
    )
    sample = _in_order(chosen, _KEY)
    texts = {feature.name for feature in features if feature.kind == CATEGORICAL}
    numbers = [name for name in sample.columns if name != _KEY and name not in texts]
    return sample.astype(dict.fromkeys(numbers, "float64"))


def account_group(owner_id: Column) -> Column:
    """The group of an account: all that is its own is drawn together."""
    return bucket(owner_id, count=GROUPS, salt="account_group")


def _in_order(rows: DataFrame, key: str) -> pd.DataFrame:
    sample: Any = rows.toPandas()
    ordered: pd.DataFrame = sample.sort_values(key, ignore_index=True)
    return ordered
