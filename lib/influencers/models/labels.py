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
from influencers.models.label_rules import TopShare
from influencers.models.quantiles import top_share_thresholds


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
    thresholds = _thresholds(rows, labels, training, config)
    return {
        split: {
            label.name: label.rule.learnt(thresholds.get((split, label.name), {}), config)
            for label in labels
        }
        for split in training
    }


def labelled(label: Label, learnt: Mapping[str, Any]) -> Column:
    """The label of a row: 1.0, 0.0, or null where its sources are unknown.

    A post has no `top_engagement_in_tier` where training knew too few posts of its tier, and no
    `beats_own_history` where the author's median is unknown or 0: there is nothing to beat.
    """
    return label.rule.met(learnt).cast("double")


def label_column(label: Label, split: str) -> str:
    """The column of a label, as the thresholds of a split have it."""
    return f"label_{label.name}_{split}"


def _thresholds(
    rows: DataFrame, labels: Sequence[Label], training: Mapping[str, Column], config: ModelsConfig
) -> dict[tuple[str, str], dict[str, int]]:
    """All thresholds in a few passes: of a split and label, by group the least of the top."""
    ranked = [(label.name, label.rule) for label in labels if isinstance(label.rule, TopShare)]
    if not ranked:
        return {}
    structs = [
        F.struct(
            F.concat(F.lit(f"{split}/{name}/"), rule.group()).alias("group"),
            F.when(known, rule.number()).alias("value"),
        )
        for split, known in training.items()
        for name, rule in ranked
    ]
    (share,) = {getattr(config, rule.share) for _, rule in ranked}

    def least(group: str) -> int:
        # Of fewer posts in a tier the top share is a single one, whichever it is.
        return 1 if group.endswith("/") else round(1 / share)

    thresholds = top_share_thresholds(
        rows.select(F.inline(F.array(*structs))), share=share, min_rows=least
    )
    by_label: dict[tuple[str, str], dict[str, int]] = {}
    for path, value in thresholds.items():
        split, name, group = path.split("/", 2)
        by_label.setdefault((split, name), {})[group] = value
    return by_label
