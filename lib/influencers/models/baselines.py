"""What the forest must beat: rankings by one number that anybody could look up."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.models.declaration import Label
from influencers.models.evaluation import magnitude_score


def baseline_scores(labels: Sequence[Label], sample: DataFrame) -> dict[tuple[str, str], Column]:
    """The whole-number score of every baseline that has anything to rank by, by label and name.

    Rows where the number is unknown rank with the median of the training rows, as they do for the
    forest. A baseline whose number is unknown in all of them is left out.

    Args:
        labels: whose baselines.
        sample: training rows; bounded, as the medians are exact.
    """
    sought = {(label.name, name): sql for label in labels for name, sql in label.baselines.items()}
    distinct = list(dict.fromkeys(sought.values()))
    if not distinct:
        return {}
    medians = sample.agg(*(F.median(F.expr(sql)) for sql in distinct)).first()
    assert medians is not None
    usual = dict(zip(distinct, medians, strict=True))
    return {
        who: magnitude_score(F.coalesce(F.expr(sql).cast("double"), F.lit(usual[sql])))
        for who, sql in sought.items()
        if usual[sql] is not None
    }
