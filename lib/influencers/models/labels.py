"""The labels: what is learnt of them from training rows, and how rows are labelled with it.

What is learnt is a plain dictionary that goes into the saved model's card.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.config import ModelsConfig
from influencers.models.declaration import Label
from influencers.models.quantiles import top_share_thresholds

# Engagement rates are compared as whole billionths, so that thresholds are exact.
_RATE_UNIT = 1_000_000_000


def learn(label: Label, train: DataFrame, config: ModelsConfig) -> dict[str, Any]:
    """What the label needs to know of the training rows.

    Args:
        label: the label.
        train: training rows with the label's source columns.
        config: the shares and the factor.

    Returns:
        `threshold` or `thresholds` (None, or empty, when no row has a value), with the share they
        stand for; or the `factor`.
    """
    if label.name == "top_followers":
        return _learn_threshold(train, "followers", config.influential_share)
    if label.name == "top_likes":
        return _learn_threshold(train, "likes", config.viral_share)
    if label.name == "top_engagement_in_tier":
        return _learn_tiers(train, config.viral_share)
    return {"factor": config.beats_factor}


def labelled(label: Label, learnt: Mapping[str, Any]) -> Column:
    """The label of a row: 1.0, 0.0, or null where its sources are unknown.

    A post has no `top_engagement_in_tier` where training knew too few posts of its tier, and no
    `beats_own_history` where the author's median is unknown or 0: there is nothing to beat.
    """
    if label.name == "top_followers":
        met = F.col("followers") >= F.lit(learnt["threshold"]).cast("bigint")
    elif label.name == "top_likes":
        met = F.col("likes") >= F.lit(learnt["threshold"]).cast("bigint")
    elif label.name == "top_engagement_in_tier":
        met = _billionths(F.col("engagement_rate")) >= _tier_threshold(learnt["thresholds"])
    else:
        median = F.col("history_median_likes")
        met = F.when(median > 0, F.col("likes") >= median * F.lit(float(learnt["factor"])))
    return met.cast("double")


def _learn_threshold(train: DataFrame, column: str, share: float) -> dict[str, Any]:
    values = train.select(F.lit("").alias("group"), F.col(column).cast("bigint").alias("value"))
    return {"share": share, "threshold": top_share_thresholds(values, share=share).get("")}


def _learn_tiers(train: DataFrame, share: float) -> dict[str, Any]:
    values = train.select(
        F.col("tier").alias("group"), _billionths(F.col("engagement_rate")).alias("value")
    )
    # Below 1 / share rows the top share is a single post, whichever it is.
    thresholds = top_share_thresholds(values, share=share, min_rows=round(1 / share))
    return {
        "share": share,
        "thresholds": {tier: value / _RATE_UNIT for tier, value in thresholds.items()},
    }


def _tier_threshold(thresholds: Mapping[str, float]) -> Column:
    chosen = F.lit(None).cast("bigint")
    for tier, rate in thresholds.items():
        whole = F.lit(round(rate * _RATE_UNIT)).cast("bigint")
        chosen = F.when(F.col("tier") == tier, whole).otherwise(chosen)
    return chosen


def _billionths(rate: Column) -> Column:
    """A rate as whole billionths; a billion and above are one."""
    bounded = F.when(rate < 1e9, rate).when(rate >= 1e9, 1e9)
    return F.round(bounded * _RATE_UNIT).cast("bigint")
