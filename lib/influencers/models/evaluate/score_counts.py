"""Counts of scores: all that is measured of a model comes to the driver as these.

One pass over the rows counts every ranking by score and tier, and by score and group of accounts.
The one is for metrics, the other for their intervals; both are of the same scores. Beyond some
number of rows the scores are coarsened by rank first (see `rank_bins`), so that what reaches the
driver has a bound that does not depend on the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.models.evaluate.metrics import ScoreCounts
from influencers.models.evaluate.rank_bins import coarse_scores
from influencers.models.rows.row_sample import account_group

# Up to so many rows, scores are counted as they are; beyond, they are coarsened.
_EXACT_ROWS = 100_000

_KEYS = ("place", "part", "score", "account_group", "tier")


@dataclass(frozen=True)
class Ranking:
    """A score that is to tell a label.

    Attributes:
        name: of the ranking, once in a pass.
        label: column of 1.0, 0.0, or null for rows that do not count.
        score: whole number (see `evaluation`); rows where it is null do not count.
    """

    name: str
    label: Column
    score: Column


@dataclass(frozen=True)
class GroupedCounts:
    """Counts by score, the highest first, and by group of accounts.

    Attributes:
        scores: one for each row of the matrices, each once.
        rows, positives: matrices of scores and groups; groups without rows are left out.
    """

    scores: NDArray[np.int64]
    rows: NDArray[np.int64]
    positives: NDArray[np.int64]


@dataclass(frozen=True)
class Counts:
    """What a pass has counted, by part of the rows and name of the ranking.

    Attributes:
        table: a row by ranking, part and score, with either the tier or the group of accounts.
        names: of the rankings; the table has their places.
    """

    table: pd.DataFrame
    names: Sequence[str]

    def by_score(self, part: str, name: str) -> ScoreCounts:
        """Rows and positives by score."""
        return _by_score(self._of(part, name, grouped=False))

    def by_tier(self, part: str, name: str) -> dict[str, ScoreCounts]:
        """Rows and positives by score within each follower tier; "" where it is unknown."""
        chosen = self._of(part, name, grouped=False)
        tiers = chosen.assign(tier=chosen["tier"].fillna("")).groupby("tier", sort=True)
        return {str(tier): _by_score(rows) for tier, rows in tiers}

    def grouped(self, part: str, name: str) -> GroupedCounts:
        """Rows and positives by score and by group of accounts."""
        chosen = self._of(part, name, grouped=True)
        falling, place = np.unique(-chosen["score"].to_numpy("int64"), return_inverse=True)
        groups, column = np.unique(chosen["account_group"].to_numpy("int64"), return_inverse=True)
        matrices = [np.zeros((len(falling), len(groups)), "int64") for _ in range(2)]
        for matrix, counted in zip(matrices, ("rows", "positives"), strict=True):
            np.add.at(matrix, (place, column), chosen[counted].to_numpy("int64"))
        return GroupedCounts(-falling, *matrices)

    def _of(self, part: str, name: str, *, grouped: bool) -> pd.DataFrame:
        table = self.table
        chosen = (table["part"] == part) & (table["place"] == self.names.index(name))
        return table[chosen & (table["of_groups"] == grouped)]


def count_scores(
    scored: DataFrame,
    rankings: Sequence[Ranking],
    *,
    part: Column,
    tier: Column,
    rows: int,
    grouped_parts: Sequence[str] | None = None,
) -> Counts:
    """Count rows and positives for several rankings in one pass.

    Args:
        scored: one row per example, with `owner_id`.
        rankings: what to count.
        part: which part of the rows each is in, a string; rows without are not counted.
        tier: the follower tier, a string or null.
        rows: how many there are, about: of more than `_EXACT_ROWS` scores are coarsened.
        grouped_parts: the parts that `Counts.grouped` is wanted of; None: all.
    """
    structs = [
        F.struct(
            F.lit(place).alias("place"),
            ranking.label.cast("bigint").alias("positive"),
            ranking.score.cast("bigint").alias("score"),
        )
        for place, ranking in enumerate(rankings)
    ]
    cells = (
        scored.select(
            part.alias("part"),
            tier.alias("tier"),
            account_group(F.col("owner_id")).alias("account_group"),
            F.inline(F.array(*structs)),
        )
        .where("part is not null and positive is not null and score is not null")
        .groupBy(*_KEYS)
        .agg(F.count(F.lit(1)).alias("rows"), F.sum("positive").alias("positives"))
    )
    names = [ranking.name for ranking in rankings]
    if rows <= _EXACT_ROWS:
        return Counts(_collected(cells, grouped_parts), names)
    # The forests are asked once: their scores are needed to find the bins, and to fill them.
    cells.persist()
    try:
        coarse = coarse_scores(cells, by=("place", "part"))
        return Counts(_collected(coarse, grouped_parts), names)
    finally:
        cells.unpersist()


def _collected(cells: DataFrame, grouped_parts: Sequence[str] | None) -> pd.DataFrame:
    keys = [F.col(name) for name in _KEYS]
    ranked, (group, tier) = keys[:3], keys[3:]
    counted = cells.groupingSets([[*ranked, group], [*ranked, tier]], *keys).agg(
        (F.grouping(group) == 0).alias("of_groups"),
        F.sum("rows").alias("rows"),
        F.sum("positives").alias("positives"),
    )
    if grouped_parts is not None:
        counted = counted.where(~F.col("of_groups") | F.col("part").isin(*grouped_parts))
    return counted.toPandas()


def _by_score(chosen: pd.DataFrame) -> ScoreCounts:
    falling, place = np.unique(-chosen["score"].to_numpy("int64"), return_inverse=True)
    sums = [np.zeros(len(falling), "int64") for _ in range(2)]
    for total, counted in zip(sums, ("rows", "positives"), strict=True):
        np.add.at(total, place, chosen[counted].to_numpy("int64"))
    return ScoreCounts(-falling, *sums)
