"""What the forest must beat: rankings by one number that anybody could look up."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.models.declaration import Label
from influencers.models.evaluation import magnitude_score


def baseline_scores(label: Label, sample: DataFrame) -> dict[str, Column]:
    """The whole-number score of every baseline of a label that has anything to rank by.

    Rows where the number is unknown rank with the median of the training rows, as they do for the
    forest. A baseline whose number is unknown in all of them is left out.

    Args:
        label: whose baselines.
        sample: training rows; bounded, as the medians are exact.
    """
    if not label.baselines:
        return {}
    medians = sample.agg(
        *(F.median(F.expr(sql)).alias(name) for name, sql in label.baselines.items())
    ).first()
    assert medians is not None
    return {
        name: magnitude_score(F.coalesce(F.expr(sql).cast("double"), F.lit(medians[name])))
        for name, sql in label.baselines.items()
        if medians[name] is not None
    }
