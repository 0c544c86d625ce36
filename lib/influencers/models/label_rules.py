"""How a label follows from a row: what is learnt of training rows, and when a row meets it.

What is learnt is a plain dictionary that goes into the saved model's card.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F

from influencers.config import ModelsConfig


@dataclass(frozen=True)
class TopShare:
    """At or above the threshold of the top share of training rows by a value.

    Attributes:
        value: the column that decides; null: the row has no label.
        share: the setting of `[models]` that says how much is the top.
        within: a column of texts, each of which has a threshold of its own; a row of one that
            training knew too few rows of has no label. Empty: one threshold for all.
        unit: values are compared as whole numbers of 1/unit, so that thresholds are exact; of
            a billion and above all are one. 1: the value is a whole number.
    """

    value: str
    share: str
    within: str = ""
    unit: int = 1

    def number(self) -> Column:
        """The whole number that thresholds are of."""
        value = F.col(self.value)
        if self.unit == 1:
            return value.cast("bigint")
        bounded = F.when(value < 1e9, value).when(value >= 1e9, 1e9)
        return F.round(bounded * self.unit).cast("bigint")

    def group(self) -> Column:
        """The text whose rows have a threshold of their own."""
        return F.col(self.within) if self.within else F.lit("")

    def learnt(self, thresholds: Mapping[str, int], config: ModelsConfig) -> dict[str, Any]:
        """The share, and `threshold` (None without rows) or `thresholds` by group.

        Args:
            thresholds: the smallest number of the top, by group.
            config: has the share.
        """
        share = getattr(config, self.share)
        if not self.within:
            return {"share": share, "threshold": thresholds.get("")}
        return {
            "share": share,
            "thresholds": {group: least / self.unit for group, least in thresholds.items()},
        }

    def met(self, learnt: Mapping[str, Any]) -> Column:
        """Whether a row meets it; null where that is unknown."""
        if not self.within:
            return self.number() >= F.lit(learnt["threshold"]).cast("bigint")
        threshold = F.lit(None).cast("bigint")
        for group, least in learnt["thresholds"].items():
            whole = F.lit(round(least * self.unit)).cast("bigint")
            threshold = F.when(F.col(self.within) == group, whole).otherwise(threshold)
        return self.number() >= threshold


@dataclass(frozen=True)
class TimesMedian:
    """At least so many times a median; null where the median is unknown or 0: nothing to beat.

    Attributes:
        value, median: the columns that are compared.
        factor: the setting of `[models]` that says how many times.
    """

    value: str
    median: str
    factor: str

    def learnt(self, thresholds: Mapping[str, int], config: ModelsConfig) -> dict[str, Any]:
        """The factor: nothing of the rows."""
        return {"factor": getattr(config, self.factor)}

    def met(self, learnt: Mapping[str, Any]) -> Column:
        """Whether a row meets it; null where that is unknown."""
        median = F.col(self.median)
        return F.when(median > 0, F.col(self.value) >= median * F.lit(float(learnt["factor"])))


Rule = TopShare | TimesMedian
