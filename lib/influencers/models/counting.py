"""Counts of scores: all that is measured of a model comes to the driver as these.

One pass over the rows counts every ranking in two ways: by score, for exact metrics; and by group
of accounts, follower tier and a coarser score, for intervals and for single tiers. Neither grows
with the rows beyond a bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.models.evaluation import ScoreCounts

# Groups of accounts that intervals are drawn from. Few accounts are mostly alone in theirs.
GROUPS = 256

# Up to so many rows, scores are counted as they are; beyond, in steps that bound the counts.
_EXACT_ROWS = 1_000_000
_EXACT_GROUPED_ROWS = 100_000
_STEP, _GROUPED_STEP = 10, 1_000

_COLUMNS = ("part", "name", "score", "account_group", "tier", "coarse", "rows", "positives")


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
        scores: one for each row of the matrices, with ties only between tiers.
        tiers: the follower tier of each.
        rows, positives: matrices of scores and groups; groups without rows are left out.
    """

    scores: NDArray[np.int64]
    tiers: NDArray[np.object_]
    rows: NDArray[np.int64]
    positives: NDArray[np.int64]


@dataclass(frozen=True)
class Counts:
    """What a pass has counted, by part of the rows and name of the ranking."""

    table: pd.DataFrame

    def exact(self, part: str, name: str) -> ScoreCounts:
        """Rows and positives by score."""
        chosen = self._of(part, name, grouped=False).sort_values("score", ascending=False)
        return ScoreCounts(*(chosen[c].to_numpy("int64") for c in ("score", "rows", "positives")))

    def grouped(self, part: str, name: str) -> GroupedCounts:
        """Rows and positives by score and tier, and by group of accounts."""
        chosen = self._of(part, name, grouped=True)
        chosen = chosen.assign(tier=chosen["tier"].fillna(""))
        chosen = chosen.sort_values(["coarse", "tier"], ascending=[False, True])
        score, tier = chosen["coarse"].to_numpy("int64"), chosen["tier"].to_numpy(object)
        new = np.ones(len(score), bool)
        new[1:] = (score[1:] != score[:-1]) | (tier[1:] != tier[:-1])
        place = new.cumsum() - 1
        groups, column = np.unique(chosen["account_group"].to_numpy("int64"), return_inverse=True)
        matrices = [np.zeros((int(new.sum()), len(groups)), "int64") for _ in range(2)]
        for matrix, counted in zip(matrices, ("rows", "positives"), strict=True):
            np.add.at(matrix, (place, column), chosen[counted].to_numpy("int64"))
        return GroupedCounts(score[new], tier[new], *matrices)

    def _of(self, part: str, name: str, *, grouped: bool) -> pd.DataFrame:
        table = self.table
        chosen = (table["part"] == part) & (table["name"] == name)
        return table[chosen & (table["account_group"].notna() == grouped)]


def account_group(owner_id: Column) -> Column:
    """The group of an account: all that is its own is drawn together."""
    return F.pmod(F.xxhash64(F.lit("account_group"), owner_id), F.lit(GROUPS))


def count_scores(
    scored: DataFrame, rankings: Sequence[Ranking], *, part: Column, tier: Column, rows: int
) -> Counts:
    """Count rows and positives for several rankings in one pass.

    Args:
        scored: one row per example, with `owner_id`.
        rankings: what to count.
        part: which part of the rows each is in, a string; rows without are not counted.
        tier: the follower tier, a string or null.
        rows: how many there are, about: more are counted in coarser steps.
    """
    step = F.lit(1 if rows <= _EXACT_ROWS else _STEP)
    coarse = F.lit(1 if rows <= _EXACT_GROUPED_ROWS else _GROUPED_STEP)
    structs = [
        F.struct(
            F.lit(one.name).alias("name"),
            one.label.cast("bigint").alias("positive"),
            one.score.cast("bigint").alias("value"),
        )
        for one in rankings
    ]
    each = (
        scored.select(
            part.alias("part"),
            tier.alias("tier"),
            account_group(F.col("owner_id")).alias("account_group"),
            F.inline(F.array(*structs)),
        )
        .where("part is not null and positive is not null and value is not null")
        .select(
            "part", "name", "positive", "account_group", "tier",
            (F.floor(F.col("value") / step) * step).alias("score"),
            (F.floor(F.col("value") / coarse) * coarse).alias("coarse"),
        )
    )  # fmt: skip
    keys = [F.col(name) for name in _COLUMNS[:6]]
    counted = each.groupingSets([keys[:3], [*keys[:2], *keys[3:]]], *keys).agg(
        F.count(F.lit(1)).alias("rows"), F.sum("positive").alias("positives")
    )
    return Counts(counted.select(*_COLUMNS).toPandas())
