"""The normaliser: missing values filled, numbers standardised, categories encoded.

All that is learnt comes from a bounded sample, and becomes two stages of pyspark.ml, an SQL
statement and an assembler, that are saved and used again with the forest. One stage for each step,
as pyspark.ml has them (Imputer, StandardScaler, StringIndexer, OneHotEncoder), does the same in
five passes over the rows and takes longer to save than the forest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.ml import PipelineModel
from pyspark.ml.feature import SQLTransformer, VectorAssembler

from influencers.models.declaration import CATEGORICAL, SILENT_GAPS, Feature

VECTOR = "features"


@dataclass(frozen=True)
class Scale:
    """What a number's place in the vector means.

    Attributes:
        median: what an unknown value becomes.
        mean, deviation: of the filled values; one deviation is 1 in the vector.
    """

    median: float
    mean: float
    deviation: float


@dataclass(frozen=True)
class Normaliser:
    """A fitted normaliser.

    Attributes:
        model: adds the vector column `features`.
        features: what goes in, without what was dropped.
        columns: for every place of the vector, the feature it comes from.
        scales: of the numbers; they come first in the vector.
        dropped: features of which nothing was known.
    """

    model: PipelineModel
    features: tuple[Feature, ...]
    columns: tuple[str, ...]
    scales: dict[str, Scale]
    dropped: tuple[str, ...]


def fit_normaliser(sample: pd.DataFrame, features: Sequence[Feature]) -> Normaliser:
    """Learn medians, means, deviations and categories from training rows.

    Unknown numbers become the median, and features with unknowns in the sample get a second
    column that says so (but for the groups of `SILENT_GAPS`); unknown and new categories share one
    of their own. Booleans are 0 and 1.

    Args:
        sample: training rows (see `row_sample.take_sample`): doubles with NaN, or texts with None,
            for what is unknown; in a fixed order, as sums of doubles depend on it.
        features: the columns to use; a feature without a single known value is dropped.
    """
    used = tuple(f for f in features if sample[f.name].notna().any())
    numbers = [f for f in used if f.kind != CATEGORICAL]
    gaps = [f for f in numbers if f.group not in SILENT_GAPS and sample[f.name].isna().any()]
    categories = {f: sorted(set(sample[f.name].dropna())) for f in used if f.kind == CATEGORICAL}
    scales = {f.name: _scale(sample[f.name].to_numpy("float64")) for f in numbers}
    parts = [(f.name, _sql_standardised(f, scales[f.name])) for f in numbers]
    parts += [(f.name, _sql_unknown(f)) for f in gaps]
    parts += [(f.name, sql) for f, values in categories.items() for sql in _sql_encoded(f, values)]
    return Normaliser(
        _model([sql for _, sql in parts]),
        used,
        tuple(name for name, _ in parts),
        scales,
        tuple(f.name for f in features if f not in used),
    )


def _scale(values: NDArray[np.float64]) -> Scale:
    median = float(np.nanmedian(values))
    filled = np.where(np.isnan(values), median, values)
    deviation = float(filled.std(ddof=1)) if len(filled) > 1 else 0.0
    return Scale(median, float(filled.mean()), deviation)


def _model(expressions: Sequence[str]) -> PipelineModel:
    names = [f"place_{place}" for place in range(len(expressions))]
    named = ", ".join(f"{sql} AS {name}" for sql, name in zip(expressions, names, strict=True))
    stages: list[Any] = [
        SQLTransformer(statement=f"SELECT *, {named} FROM __THIS__"),
        VectorAssembler(inputCols=names, outputCol=VECTOR, handleInvalid="error"),
    ]
    return PipelineModel(stages)


def _sql_standardised(feature: Feature, scale: Scale) -> str:
    number = f"CAST(`{feature.name}` AS DOUBLE)"
    filled = f"coalesce(nanvl({number}, NULL), {_double(scale.median)})"
    # A number that never varies has no deviation to be measured in: it is 0 everywhere.
    unit = _double(1 / scale.deviation if scale.deviation > 0 else 0.0)
    return f"({filled} - {_double(scale.mean)}) * {unit}"


def _sql_unknown(feature: Feature) -> str:
    number = f"CAST(`{feature.name}` AS DOUBLE)"
    return f"CAST({number} IS NULL OR isnan({number}) AS DOUBLE)"


def _sql_encoded(feature: Feature, values: Sequence[str]) -> list[str]:
    """A column for each category, and one for what is unknown or new."""
    name = f"`{feature.name}`"
    each = [f"CAST({name} <=> {_text(value)} AS DOUBLE)" for value in values]
    known = ", ".join(_text(value) for value in values)
    return [*each, f"CAST({name} IS NULL OR {name} NOT IN ({known}) AS DOUBLE)"]


def _double(value: float) -> str:
    """A double as Spark reads it back, to the last bit."""
    return f"CAST('{value!r}' AS DOUBLE)"


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
