"""Some held-out rows in the driver's memory, as a matrix: what explanations are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyspark.ml.functions import vector_to_array
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.models.counting import account_group
from influencers.models.frames import bounded_sample

Floats = NDArray[np.float64]


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
    found: Any = (
        bounded_sample(rows, key, count=count, limit=limit)
        .select(
            vector_to_array(F.col(vector)).alias("vector"),
            account_group(F.col("owner_id")).alias("account_group"),
            *(F.col(column).alias(f"label_{name}") for name, column in labels.items()),
        )
        .toPandas()
    )
    return Sheet(
        np.array(found["vector"].tolist(), "float64").reshape(len(found), -1),
        {name: found[f"label_{name}"].to_numpy("float64") for name in labels},
        found["account_group"].to_numpy("int64"),
    )
