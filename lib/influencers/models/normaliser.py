"""The normaliser: missing values filled, numbers standardised, categories encoded.

Everything is a stage of pyspark.ml, so that what was learnt is saved and reused with the forest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.ml import Estimator, Pipeline, PipelineModel, Transformer
from pyspark.ml.feature import (
    Imputer,
    OneHotEncoder,
    SQLTransformer,
    StandardScaler,
    StringIndexer,
    StringIndexerModel,
    VectorAssembler,
)
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.models.declaration import CATEGORICAL, SILENT_GAPS, Feature

VECTOR = "features"

Stage = Estimator[Any] | Transformer


@dataclass(frozen=True)
class Normaliser:
    """A fitted normaliser.

    Attributes:
        model: adds the vector column `features`.
        features: what goes in, without what was dropped.
        columns: for every place of the vector, the feature it comes from.
        dropped: features of which nothing was known.
    """

    model: PipelineModel
    features: tuple[Feature, ...]
    columns: tuple[str, ...]
    dropped: tuple[str, ...]


def fit_normaliser(sample: DataFrame, features: Sequence[Feature]) -> Normaliser:
    """Learn medians, means, deviations and categories from training rows.

    Unknown numbers become the median, and features with unknowns in the sample get a second
    column that says so (but for the groups of `SILENT_GAPS`); unknown and new categories share one
    of their own. Booleans are 0 and 1.

    Args:
        sample: training rows, in one partition and a fixed order: sums of doubles depend on both.
        features: the columns to use; a feature without a single known value is dropped.
    """
    known = sample.agg(
        F.count(F.lit(1)).alias("rows"), *(F.count(_value(f)).alias(f.name) for f in features)
    ).first()
    assert known is not None
    used = tuple(f for f in features if known[f.name] > 0)
    numbers = [f for f in used if f.kind != CATEGORICAL]
    gaps = [f for f in numbers if known[f.name] < known["rows"] and f.group not in SILENT_GAPS]
    categories = [f for f in used if f.kind == CATEGORICAL]
    model = Pipeline(stages=_stages(numbers, gaps, categories)).fit(sample)
    columns = [f.name for f in numbers] + [f.name for f in gaps]
    for stage in model.stages:
        if isinstance(stage, StringIndexerModel):
            for f, labels in zip(categories, stage.labelsArray, strict=True):
                columns += [f.name] * (len(labels) + 1)
    dropped = tuple(f.name for f in features if f not in used)
    return Normaliser(model, used, tuple(columns), dropped)


def _value(feature: Feature) -> Column:
    """The value, null where it is unknown or not a number."""
    column = F.col(feature.name)
    if feature.kind == CATEGORICAL:
        return column
    number = column.cast("double")
    return F.when(~F.isnan(number), number)


def _stages(
    numbers: Sequence[Feature], gaps: Sequence[Feature], categories: Sequence[Feature]
) -> list[Stage]:
    values = [f"{f.name}__value" for f in numbers]
    filled = [f"{f.name}__filled" for f in numbers]
    unknown = [f"{f.name}__unknown" for f in gaps]
    indexed = [f"{f.name}__index" for f in categories]
    encoded = [f"{f.name}__encoded" for f in categories]
    parts = ["*"]
    parts += [_sql_value(f, name) for f, name in zip(numbers, values, strict=True)]
    parts += [_sql_unknown(f, name) for f, name in zip(gaps, unknown, strict=True)]
    stages: list[Stage] = [SQLTransformer(statement=f"SELECT {', '.join(parts)} FROM __THIS__")]
    together = []
    if numbers:
        # relativeError 0: the exact median; the sample is bounded.
        stages += [
            Imputer(inputCols=values, outputCols=filled, strategy="median", relativeError=0.0),
            VectorAssembler(inputCols=filled, outputCol="numbers", handleInvalid="error"),
            StandardScaler(
                inputCol="numbers", outputCol="standardised", withMean=True, withStd=True
            ),
        ]
        together.append("standardised")
    if categories:
        names = [f.name for f in categories]
        stages += [
            StringIndexer(
                inputCols=names,
                outputCols=indexed,
                handleInvalid="keep",
                stringOrderType="alphabetAsc",
            ),
            OneHotEncoder(inputCols=indexed, outputCols=encoded, dropLast=False),
        ]
    together += unknown + encoded
    stages.append(VectorAssembler(inputCols=together, outputCol=VECTOR, handleInvalid="error"))
    return stages


def _sql_value(feature: Feature, name: str) -> str:
    number = f"CAST(`{feature.name}` AS DOUBLE)"
    return f"CASE WHEN NOT isnan({number}) THEN {number} END AS `{name}`"


def _sql_unknown(feature: Feature, name: str) -> str:
    number = f"CAST(`{feature.name}` AS DOUBLE)"
    return f"CAST({number} IS NULL OR isnan({number}) AS DOUBLE) AS `{name}`"
