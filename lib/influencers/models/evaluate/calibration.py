"""From a forest's votes to probabilities.

The share of trees that vote for a class is no frequency: forests avoid 0 and 1 (Niculescu-Mizil and
Caruana, "Predicting good probabilities with supervised learning", ICML 2005). On rows that the
forest was not fitted to, votes are matched with outcomes by isotonic regression. Its steps are
joined by straight lines between their centres (centred isotonic regression; Oron and Flournoy,
Statistics in Biopharmaceutical Research 9(3), 2017), so that calibration changes no order and no
metric that depends on the order alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pyspark.ml.regression import IsotonicRegression, IsotonicRegressionModel
from pyspark.sql import SparkSession
from scipy.optimize import isotonic_regression

from influencers.measured.models import Bin
from influencers.models.evaluate.metrics import PROBABILITY_UNIT, Floats, ScoreCounts
from influencers.storage import files

CALIBRATED = "calibrated"

# Isotonic regression wants a thousand rows and follows the noise of a hundred. As many rows as this
# take the votes at their word: they settle what few rows say, and vanish beside many.
_AT_THEIR_WORD = 100

# Bins of the reliability figure, of about as many rows each.
BINS = 10


@dataclass(frozen=True)
class Calibration:
    """A rising line from votes to probabilities.

    Attributes:
        votes, probabilities: of its corners; from 0 to 1.
        note: why votes are taken as they are; empty where they were calibrated.
    """

    votes: tuple[float, ...]
    probabilities: tuple[float, ...]
    note: str = ""

    def __call__(self, votes: Floats) -> Floats:
        """The probabilities of votes."""
        return np.asarray(np.interp(votes, self.votes, self.probabilities))


def as_voted(note: str) -> Calibration:
    """Votes taken for probabilities."""
    return Calibration((0.0, 1.0), (0.0, 1.0), note)


def calibrate(counts: ScoreCounts, *, least: int) -> Calibration:
    """Learn from rows that the forest was not fitted to.

    One positive that nobody voted for and one negative that all voted for are added, so that no
    probability is 0 or 1 for want of rows (as Platt does for his sigmoid), and `_AT_THEIR_WORD`
    rows whose votes are right.

    Args:
        counts: of those rows; scores are votes in millionths.
        least: of positives and of negatives, or nothing is learnt.
    """
    positives = int(counts.positives.sum())
    rarest = min(positives, int(counts.rows.sum()) - positives)
    if rarest < least:
        return as_voted(
            f"{rarest} rows of the rarer class to calibrate on, fewer than {least}: "
            "probabilities are the votes of the trees"
        )
    votes = np.concatenate(([0.0], counts.scores[::-1] / PROBABILITY_UNIT, [1.0]))
    rows = np.concatenate(([1.0], counts.rows[::-1], [1.0]))
    weight = _AT_THEIR_WORD / rows.sum()
    observed = np.concatenate(([1.0], counts.positives[::-1] / counts.rows[::-1], [0.0]))
    rates = (observed + weight * votes) / (1 + weight)
    isotonic = isotonic_regression(rates, weights=rows)
    starts = isotonic.blocks[:-1]
    weights = np.add.reduceat(rows, starts)
    centres = np.add.reduceat(rows * votes, starts) / weights
    corners = [(0.0, 0.0), *zip(centres, isotonic.x[starts], strict=True), (1.0, 1.0)]
    inner = [corner for corner in corners[1:-1] if 0 < corner[0] < 1]
    kept = [corners[0], *inner, corners[-1]]
    return Calibration(tuple(float(x) for x, _ in kept), tuple(float(y) for _, y in kept))


def calibration_stage(
    spark: SparkSession, calibration: Calibration, probability: str
) -> IsotonicRegressionModel:
    """The calibration as a stage of pyspark.ml, saved with the forest: adds `calibrated`.

    Args:
        spark: the session.
        calibration: what was learnt.
        probability: the vector column of a forest's votes.
    """
    jvm = files.jvm(spark)
    line = jvm.org.apache.spark.mllib.regression.IsotonicRegressionModel(
        list(calibration.votes), list(calibration.probabilities), True
    )
    # A regression of the corners would give them back, as they rise, by a job.
    asked = IsotonicRegression(
        featuresCol=probability, labelCol="rate", predictionCol=CALIBRATED, featureIndex=1
    )
    fitted = jvm.org.apache.spark.ml.regression.IsotonicRegressionModel(asked.uid, line)
    model: IsotonicRegressionModel = asked._copyValues(IsotonicRegressionModel(fitted))
    return model


def reliability(counts: ScoreCounts, calibration: Calibration, *, bins: int = BINS) -> list[Bin]:
    """What was said and what came of it, from the lowest probabilities to the highest.

    Rows of one score stay together, so that bins are of about as many rows.
    """
    total = int(counts.rows.sum())
    if not total:
        return []
    rows, positives = counts.rows[::-1], counts.positives[::-1]
    said = calibration(counts.scores[::-1] / PROBABILITY_UNIT) * rows
    place = np.minimum((rows.cumsum() - rows / 2) * bins // total, bins - 1).astype("int64")
    sums = [
        np.bincount(place, weights=values, minlength=bins) for values in (rows, said, positives)
    ]
    return [
        Bin(int(size), float(predicted / size), float(hits / size))
        for size, predicted, hits in zip(*sums, strict=True)
        if size
    ]
