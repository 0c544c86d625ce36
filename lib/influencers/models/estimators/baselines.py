"""What the forest must beat: rankings by one number that anybody could look up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from pyspark.sql import Column
from pyspark.sql import functions as F

from influencers.models.declaration import Label
from influencers.models.evaluate.metrics import magnitude_score


def sought(labels: Sequence[Label]) -> dict[tuple[str, str], str]:
    """The SQL of every baseline, by label and name."""
    return {(label.name, name): sql for label in labels for name, sql in label.baselines.items()}


def medians(sample: pd.DataFrame, labels: Sequence[Label]) -> dict[str, float | None]:
    """The median of every baseline's number, by its SQL; None where nothing is known.

    Args:
        sample: training rows, with a column for each baseline.
        labels: whose baselines.
    """
    known = {sql: sample[sql].dropna() for sql in sought(labels).values()}
    return {sql: float(values.median()) if len(values) else None for sql, values in known.items()}


def baseline_scores(
    labels: Sequence[Label], usual: Mapping[str, float | None]
) -> dict[tuple[str, str], Column]:
    """The whole-number score of every baseline that has anything to rank by, by label and name.

    Rows where the number is unknown rank with the median of the training rows, as they do for the
    forest. A baseline whose number is unknown in all of them is left out.

    Args:
        labels: whose baselines.
        usual: the median of the training rows, by SQL; None or missing where nothing is known.
    """
    scores = {}
    for who, sql in sought(labels).items():
        median = usual.get(sql)
        if median is not None:
            scores[who] = magnitude_score(F.coalesce(F.expr(sql).cast("double"), F.lit(median)))
    return scores
