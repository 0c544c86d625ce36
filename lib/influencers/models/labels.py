"""The labels: what is learnt of them from training rows, and how rows are labelled with it.

What is learnt is a plain dictionary that goes into the saved model's card.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.config import ModelsConfig
from influencers.models.declaration import Label
from influencers.models.quantiles import top_share_thresholds

# Engagement rates are compared as whole billionths, so that thresholds are exact.
_RATE_UNIT = 1_000_000_000

# Labels that are the top of something, and the setting that says how much of it.
_SHARES = {
    "top_followers": "influential_share",
    "top_likes": "viral_share",
    "top_engagement_in_tier": "viral_share",
}


def learn(
    labels: Sequence[Label], rows: DataFrame, training: Mapping[str, Column], config: ModelsConfig
) -> dict[str, dict[str, dict[str, Any]]]:
    """What every label needs to know of the training rows of every split.

    Args:
        labels: labels of one model.
        rows: rows with the labels' source columns.
        training: for each split, whether a row is one to learn from.
        config: the shares and the factor.

    Returns:
        By split, then by label: `threshold` or `thresholds` (None, or empty, when no row has a
        value), with the share they stand for; or the `factor`.
    """
    sought = {
        f"{split}/{label.name}": F.when(known, _source(label))
        for split, known in training.items()
        for label in labels
        if label.name in _SHARES
    }
    found = _thresholds(rows, sought, labels, config) if sought else {}
    return {
        split: {
            label.name: _learnt(label, f"{split}/{label.name}", found, config) for label in labels
        }
        for split in training
    }


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


def label_column(label: Label, split: str) -> str:
    """The column of a label, as the thresholds of a split have it."""
    return f"label_{label.name}_{split}"


def _source(label: Label) -> Column:
    """The whole number that the label's thresholds are of."""
    if label.name == "top_engagement_in_tier":
        return _billionths(F.col("engagement_rate"))
    return F.col(label.sources[0]).cast("bigint")


def _thresholds(
    rows: DataFrame, sought: Mapping[str, Column], labels: Sequence[Label], config: ModelsConfig
) -> dict[str, int]:
    """All thresholds in a few passes: `split/label/tier` to the smallest value of the top."""
    tiers = any(label.name == "top_engagement_in_tier" for label in labels)
    tier = F.col("tier") if tiers else F.lit("")
    structs = [
        F.struct(
            F.concat(F.lit(f"{name}/"), tier if name.endswith("_in_tier") else F.lit("")).alias(
                "group"
            ),
            value.alias("value"),
        )
        for name, value in sought.items()
    ]
    (share,) = {getattr(config, _SHARES[name.rpartition("/")[2]]) for name in sought}

    def least(group: str) -> int:
        # Of fewer posts in a tier the top share is a single one, whichever it is.
        return 1 if group.endswith("/") else round(1 / share)

    return top_share_thresholds(
        rows.select(F.inline(F.array(*structs))), share=share, min_rows=least
    )


def _learnt(
    label: Label, name: str, found: Mapping[str, int], config: ModelsConfig
) -> dict[str, Any]:
    if label.name not in _SHARES:
        return {"factor": config.beats_factor}
    share = getattr(config, _SHARES[label.name])
    if label.name != "top_engagement_in_tier":
        return {"share": share, "threshold": found.get(f"{name}/")}
    return {
        "share": share,
        "thresholds": {
            group.rpartition("/")[2]: value / _RATE_UNIT
            for group, value in found.items()
            if group.startswith(f"{name}/")
        },
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
