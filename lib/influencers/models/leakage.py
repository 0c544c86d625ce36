"""The leak guard: forbidden features stop the training, suspicious ones are named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from influencers.errors import UserError
from influencers.models.declaration import (
    BEFORE_POSTING,
    CATEGORICAL,
    FORBIDDEN,
    Feature,
    Label,
    allowed_features,
    declared,
)
from influencers.models.evaluate.metrics import measures


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
    sample: pd.DataFrame,
    features: Sequence[Feature],
    label: NDArray[np.float64],
    *,
    above: float,
) -> dict[str, float]:
    """Features that all but tell a label alone, with their AUC.

    A number is tried by its order, a category by the best of its values, and either by whether it
    is known at all.

    Args:
        sample: training rows (see `row_sample.take_sample`).
        features: the columns to try.
        label: of the same rows: 1, 0, or NaN where unknown.
        above: the AUC, in either direction, from which on a feature is suspicious.
    """
    rows = np.isfinite(label)
    truth = label[rows]
    suspicious: dict[str, float] = {}
    for feature in features:
        values = sample.loc[rows, feature.name]
        tried: list[NDArray[Any]] = [values.isna().to_numpy("float64")]
        if feature.kind == CATEGORICAL:
            tried += [(values == category).to_numpy("float64") for category in set(values.dropna())]
        elif values.notna().any():
            tried.append(values.fillna(values.median()).to_numpy("float64"))
        power = max(_power(candidate, truth) for candidate in tried)
        if power > above:
            suspicious[feature.name] = power
    return suspicious


def _power(values: NDArray[Any], truth: NDArray[np.float64]) -> float:
    """The AUC of a ranking in its better direction; .5 where it has no meaning."""
    distinct, place = np.unique(-values, return_inverse=True)
    rows = np.bincount(place, minlength=len(distinct))
    positives = np.bincount(place, weights=truth, minlength=len(distinct))
    auc = float(measures(rows, positives)["auc"])
    return max(auc, 1 - auc) if np.isfinite(auc) else 0.5
