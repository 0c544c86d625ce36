"""The leak guard: forbidden features stop the training, suspicious ones are named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.errors import UserError
from influencers.models.declaration import (
    BEFORE_POSTING,
    FORBIDDEN,
    Feature,
    Label,
    allowed_features,
    declared,
)
from influencers.models.evaluation import ScoreCounts, magnitude_score, ranking_metrics
from influencers.models.normaliser import VECTOR


def chosen_features(
    label: Label, wanted: Sequence[str], variant: str = BEFORE_POSTING
) -> tuple[Feature, ...]:
    """The features to train on: all that the label may use, or the wanted ones among them.

    Raises:
        UserError: a wanted feature is forbidden or not declared.
    """
    check_allowed(label, wanted)
    return tuple(f for f in allowed_features(label, variant) if not wanted or f.name in wanted)


def check_allowed(label: Label, names: Sequence[str]) -> None:
    """Refuse features that the declaration forbids the label.

    Raises:
        UserError: names the feature and why it is one too many.
    """
    known = declared(label.model)
    for name in names:
        if name not in known:
            raise UserError(
                f"{name!r} is no declared feature of the {label.model} model: take any of "
                f"{', '.join(f.name for f in allowed_features(label))}"
            )
        group = known[name].group
        if group not in label.groups:
            reason = FORBIDDEN.get(group, f"its group, {group}, is not open to this label")
            raise UserError(
                f"{name!r} would leak the label {label.name} ({reason}): "
                f"take it out of models.{label.model}_features"
            )


def suspicious_features(
    vectors: DataFrame,
    columns: Sequence[str],
    labels: Mapping[str, Column],
    *,
    above: float,
) -> dict[str, dict[str, float]]:
    """Features that all but tell a label alone, with the AUC of the best of their columns.

    Args:
        vectors: training rows with `features`; a sample will do.
        columns: the feature behind every place of the vector.
        labels: by name, what is 1.0, 0.0, or null where unknown.
        above: the AUC, in either direction, from which on a feature is suspicious.

    Returns:
        By label; without labels that no feature tells.
    """
    names = list(labels)
    counted = (
        vectors.select(
            *(label.alias(f"label_{place}") for place, label in enumerate(labels.values())),
            F.posexplode(vector_to_array(F.col(VECTOR))).alias("place", "value"),
        )
        .groupBy("place", magnitude_score(F.col("value")).alias("score"))
        .agg(
            *(F.count(f"label_{place}").alias(f"rows_{place}") for place in range(len(names))),
            *(
                F.coalesce(F.sum(F.col(f"label_{place}").cast("bigint")), F.lit(0)).alias(
                    f"positives_{place}"
                )
                for place in range(len(names))
            ),
        )
        .toPandas()
        .sort_values("score", ascending=False)
    )
    found: dict[str, dict[str, float]] = {}
    for place, part in counted.groupby("place"):
        feature = columns[int(str(place))]
        for number, name in enumerate(names):
            counts = ScoreCounts(
                *(
                    part[c].to_numpy("int64")
                    for c in ("score", f"rows_{number}", f"positives_{number}")
                )
            )
            auc = ranking_metrics(counts)["auc"]
            power = 0.5 if auc is None else max(auc, 1 - auc)
            if power > max(above, found.get(name, {}).get(feature, 0.0)):
                found.setdefault(name, {})[feature] = power
    return found
