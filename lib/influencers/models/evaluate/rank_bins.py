"""Scores coarsened by rank: few bins, and metrics that hardly move.

Steps of equal width in the score put as many rows into one tie as happen to lie there, and can turn
round which of two rankings is better. Bins of equal weight in the rank cannot: their error has a
bound that knows nothing of the scale of a score.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

# The weight of a score is its share of the rows and its share of the positives, halved. All weigh
# 1, and are cut in so many units: what is tied without having had the same score holds less than
# one unit, so less than 2 / UNITS of the positives, and of the rows. Average precision then
# moves by less than that share, times how far precision falls within the bins together: mostly
# less than 2 / UNITS in all.
UNITS = 512


def coarse_scores(cells: DataFrame, *, by: Sequence[str]) -> DataFrame:
    """The cells with scores that few rows' worth of neighbours share.

    Scores that hold a boundary between two units stand alone, as those of much weight always do;
    those between two boundaries become one score, the mean of their rows. So there are at most
    2 x `UNITS` scores for each ranking. Their order stays, and the same rows give the same scores
    however they lie.

    What is sorted in one task is the histogram of a ranking: its distinct scores, of which there
    are some million at most (`metrics.PROBABILITY_UNIT`), not its rows.

    Args:
        cells: `score`, `rows` and `positives` (bigint), the columns of `by`, and any others.
        by: what tells one ranking from another; without nulls.

    Returns:
        The same rows and columns, with other scores.
    """
    histogram = cells.groupBy(*by, "score").agg(
        F.sum("rows").alias("score_rows"), F.sum("positives").alias("score_positives")
    )
    ranking = Window.partitionBy(*by)
    falling = ranking.orderBy(F.desc("score"))
    rows, positives = F.col("score_rows"), F.col("score_positives")
    until = falling.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    summed = histogram.select(
        *by, "score", rows, positives,
        F.sum(rows).over(ranking).alias("all_rows"),
        F.sum(positives).over(ranking).alias("all_positives"),
        F.sum(rows).over(until).alias("rows_until"),
        F.sum(positives).over(until).alias("positives_until"),
    )  # fmt: skip
    # Equal whole numbers give equal quotients: where one score ends, the next begins.
    ends = _unit(F.col("rows_until"), F.col("positives_until"))
    begins = _unit(F.col("rows_until") - rows, F.col("positives_until") - positives)
    # Of the scores in a unit, those before the one that holds its end.
    bins = summed.select(
        *by, "score", rows, (2 * begins + F.when(ends > begins, 1).otherwise(0)).alias("bin")
    )
    # Between the lowest and the highest score of the bin, and so between its neighbours.
    together = f"over (partition by {', '.join([*by, 'bin'])})"
    mean = F.expr(f"sum(score * score_rows) {together} div sum(score_rows) {together}")
    chosen = bins.select(*by, "score", mean.alias("coarse"))
    return (
        cells.join(chosen, on=[*by, "score"], how="inner")
        .withColumn("score", F.col("coarse"))
        .select(*cells.columns)
    )


def _unit(rows: Column, positives: Column) -> Column:
    """In which unit of the weight a place lies; without positives, rows weigh alone."""
    share = rows / F.col("all_rows")
    weight = F.when(
        F.col("all_positives") > 0, (share + positives / F.col("all_positives")) / 2
    ).otherwise(share)
    return F.floor(weight * UNITS)
