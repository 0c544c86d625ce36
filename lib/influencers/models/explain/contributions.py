"""Which features moved a row's votes most, up or down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.ml.functions import vector_to_array
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructField, StructType

from influencers.models.explain.trees import Trees
from influencers.models.tables import PREDICTIONS_INFLUENCE

REASONS = PREDICTIONS_INFLUENCE.schema["reasons"].dataType
_ARROW = pa.list_(pa.struct([("feature", pa.string()), ("effect", pa.float64())]))


def with_reasons(
    rows: DataFrame, trees: Trees, columns: Sequence[str], *, vector: str, most: int
) -> DataFrame:
    """Rows with `reasons`: the features with the largest effects, the largest first.

    The effects of all features, with a base rate, add up to the votes of a forest, and to the
    logarithm of the odds of boosted trees (see `Trees.contributions`): both before calibration. The
    vector column is left out.

    Args:
        rows: have the vector column.
        trees: whose votes.
        columns: the feature behind every place of the vector.
        vector: the name of its column.
        most: how many reasons a row has at most; a feature without effect is none.
    """
    kept = [field for field in rows.schema.fields if field.name != vector]
    schema = StructType([*kept, StructField("reasons", REASONS)])
    names = sorted(set(columns))
    place = np.array([names.index(name) for name in columns], "int64")

    def described(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            vectors = np.array(batch.column(vector).to_pylist(), "float64")
            reasons = _reasons(trees, vectors.reshape(batch.num_rows, -1), names, place, most)
            others = [batch.column(field.name) for field in kept]
            yield pa.RecordBatch.from_arrays(
                [*others, pa.array(reasons, type=_ARROW)],
                names=[*(field.name for field in kept), "reasons"],
            )

    arrays = rows.withColumn(vector, vector_to_array(F.col(vector)))
    return arrays.mapInArrow(described, schema)


def _reasons(
    trees: Trees,
    vectors: NDArray[np.float64],
    names: Sequence[str],
    place: NDArray[np.int64],
    most: int,
) -> list[list[dict[str, object]]]:
    if not len(vectors):
        return []
    moved = trees.contributions(vectors)
    by_feature = np.zeros((len(vectors), len(names)))
    np.add.at(by_feature.T, place, moved.T)
    order = np.argsort(-abs(by_feature), axis=1, kind="stable")[:, :most]
    return [
        [
            {"feature": names[index], "effect": float(by_feature[row, index])}
            for index in line
            if by_feature[row, index] != 0
        ]
        for row, line in enumerate(order)
    ]
