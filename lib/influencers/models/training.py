"""Train one label on one split: threshold, normaliser, forest, metrics, in this order.

Nothing here knows a held-out row before the metrics: see `_fit`, which is given training rows only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial, reduce
from math import ceil
from typing import Any

from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers import side_by_side
from influencers.config import ModelsConfig
from influencers.models import evaluation, labels
from influencers.models.baselines import baseline_scores
from influencers.models.declaration import (
    CLOCKS,
    INFLUENCE,
    KEYS,
    LABELS,
    MODELS,
    Feature,
    Label,
)
from influencers.models.forest import fit_forest, importances, positive_probability
from influencers.models.frames import bounded_sample
from influencers.models.guard import check_allowed, chosen_features, suspicious_features
from influencers.models.normaliser import VECTOR, fit_normaliser
from influencers.models.split import BY_ACCOUNT, SPLITS, with_held_out

# Medians, means and suspicions need no more rows than this; the driver and one task can hold them.
SAMPLE_ROWS = 50_000

# Every partition counts every node of the trees for itself: few are cheap, two use two cores.
_LEAST_PARTITIONS = 2

FOREST = "forest"


@dataclass(frozen=True)
class Fitted:
    """A model with what it was learnt from.

    Attributes:
        pipeline: normaliser and forest; adds the vector column `probability`.
        features: what it reads, in order.
        dropped: features of which nothing was known.
        importances: share of the forest's gain by feature, the most important first.
        suspects: features that alone all but tell the label, with their AUC.
    """

    pipeline: PipelineModel
    features: tuple[Feature, ...]
    dropped: tuple[str, ...]
    importances: dict[str, float]
    suspects: dict[str, float]

    def notes(self) -> list[str]:
        """What the user should know of the features."""
        unknown = [f"{name} is unknown in every training row and left out" for name in self.dropped]
        return unknown + [
            f"{name} alone reaches an AUC of {auc:.3f} on the training rows: make sure that it "
            "does not know the outcome"
            for name, auc in self.suspects.items()
        ]


@dataclass(frozen=True)
class SplitResult:
    """What came of one label on one split.

    Attributes:
        label: the label.
        split: by_account or by_time.
        rule: how rows were held out.
        learnt: what the label learnt: thresholds or factor.
        train: rows, positives, accounts, and the first and last time of the training rows.
        metrics: by WHO; or `skipped` with the reason.
        fitted: None where skipped.
        predictions: the held-out rows, as the predictions table has them; None where skipped.
    """

    label: Label
    split: str
    rule: dict[str, object]
    learnt: dict[str, Any]
    train: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    fitted: Fitted | None = None
    predictions: DataFrame | None = None


def models_to_train(config: ModelsConfig) -> tuple[str, ...]:
    """The models that the configuration asks for."""
    return MODELS if config.model == "both" else (config.model,)


def labels_to_train(config: ModelsConfig, model: str) -> tuple[Label, ...]:
    """The labels of a model that the configuration asks for, the one that is shown first."""
    if model == INFLUENCE:
        return (LABELS["top_followers"],)
    return tuple(LABELS[name] for name in dict.fromkeys((config.label, *config.labels)))


def partitions_for(rows: int, config: ModelsConfig) -> int:
    """How many partitions to lay `rows` out in: by their number, never by the machine's."""
    return max(_LEAST_PARTITIONS, ceil(rows / config.partition_rows))


def train_label(frame: DataFrame, label: Label, config: ModelsConfig) -> list[SplitResult]:
    """`train_split` for every split."""
    return side_by_side.run_all(
        frame.sparkSession, [partial(train_split, frame, label, split, config) for split in SPLITS]
    )


def kept(results: Sequence[SplitResult]) -> SplitResult | None:
    """The split whose model is saved: the first that has one.

    That is by_account: not refitted to all rows, so that what was measured on accounts it has
    never seen is true of the very model that is used.
    """
    return next((one for one in results if one.fitted is not None), None)


def all_predictions(results: Sequence[SplitResult]) -> DataFrame | None:
    """The held-out rows of all splits; None when nothing was learnt."""
    found = [one.predictions for one in results if one.predictions is not None]
    return reduce(DataFrame.unionByName, found) if found else None


def remarks(results: Sequence[SplitResult]) -> list[str]:
    """What the user should read of a label: each sentence once."""
    said: dict[str, None] = {}
    for one in results:
        if "skipped" in one.metrics:
            said[f"{one.label.name}, {one.split}: skipped, {one.metrics['skipped']}"] = None
        for note in one.fitted.notes() if one.fitted else ():
            said[f"{one.label.name}: {note}"] = None
    return list(said)


def train_split(frame: DataFrame, label: Label, split: str, config: ModelsConfig) -> SplitResult:
    """Learn from the training rows of a split, and measure on the rest.

    Args:
        frame: what `frames.model_frame` makes; persisted, as it is read many times.
        label: what to learn.
        split: by_account or by_time.
        config: shares, forest, seed.

    Raises:
        UserError: the configuration asks for a feature that the label forbids.
    """
    features = chosen_features(label, getattr(config, f"{label.model}_features"))
    share = config.account_share if split == BY_ACCOUNT else config.time_share
    marked, rule = with_held_out(
        frame, split, clock=CLOCKS[label.model], share=share, seed=config.seed
    )
    learnt = labels.learn(label, marked.where(~F.col("held_out")), config)
    rows = marked.withColumn("label", labels.labelled(label, learnt))
    sizes = _sizes(rows, CLOCKS[label.model])
    reason = _obstacle(sizes, config.min_positives)
    if reason:
        return SplitResult(label, split, rule, learnt, metrics={"skipped": reason})
    training = rows.where(~F.col("held_out") & F.col("label").isNotNull())
    sample = bounded_sample(
        training, KEYS[label.model], count=sizes[False]["rows"], limit=SAMPLE_ROWS
    ).persist()
    try:
        fitted = _fit(training, sample, label, features, config)
        baselines = baseline_scores(label, sample)
    finally:
        sample.unpersist()
    scored = fitted.pipeline.transform(rows.where("held_out")).withColumn(
        FOREST, evaluation.probability_score(positive_probability())
    )
    return SplitResult(
        label,
        split,
        rule,
        learnt,
        train=sizes[False],
        metrics=_metrics(scored.withColumns(baselines), (FOREST, *baselines)),
        fitted=fitted,
        predictions=_predictions(scored, label.model, split),
    )


def _fit(
    training: DataFrame,
    sample: DataFrame,
    label: Label,
    features: Sequence[Feature],
    config: ModelsConfig,
) -> Fitted:
    check_allowed(label, [feature.name for feature in features])
    normaliser = fit_normaliser(sample, features)
    suspects = suspicious_features(
        normaliser.model.transform(sample), normaliser.columns, above=config.suspicious_auc
    )
    vectors = normaliser.model.transform(training).select("label", VECTOR).persist()
    try:
        forest = fit_forest(vectors, config)
    finally:
        vectors.unpersist()
    return Fitted(
        PipelineModel([*normaliser.model.stages, forest]),
        normaliser.features,
        normaliser.dropped,
        importances(forest, normaliser.columns),
        suspects,
    )


def _sizes(rows: DataFrame, clock: str) -> dict[bool, dict[str, Any]]:
    """Labelled rows of the training (False) and held-out (True) side."""
    found = (
        rows.where(F.col("label").isNotNull() & F.col("held_out").isNotNull())
        .groupBy("held_out")
        .agg(
            F.count(F.lit(1)).alias("rows"),
            F.sum(F.col("label").cast("bigint")).alias("positives"),
            F.count_distinct("owner_id").alias("accounts"),
            F.min(clock).cast("string").alias("from"),
            F.max(clock).cast("string").alias("to"),
        )
    )
    nothing = {"rows": 0, "positives": 0, "accounts": 0, "from": None, "to": None}
    sizes: dict[bool, dict[str, Any]] = {False: nothing, True: nothing}
    for row in found.collect():
        held_out = row["held_out"]
        sizes[held_out] = {name: row[name] for name in nothing}
    return sizes


def _obstacle(sizes: dict[bool, dict[str, Any]], least: int) -> str | None:
    """Why nothing can be learnt or measured, in words; None when it can."""
    for held_out, side in ((False, "training"), (True, "held-out")):
        rows, positives = sizes[held_out]["rows"], sizes[held_out]["positives"]
        rarest, wanted = min(positives, rows - positives), 1 if held_out else least
        if rows == 0:
            return f"no {side} row has a label"
        if rarest == 0:
            return f"all {rows} {side} rows have the same label"
        if rarest < wanted:
            return (
                f"{positives} positives among {rows} {side} rows: at least {wanted} of either "
                "class are needed (models.min_positives)"
            )
    return None


def _metrics(scored: DataFrame, names: Sequence[str]) -> dict[str, Any]:
    counts = evaluation.count_scores(scored, names)
    metrics: dict[str, Any] = {
        name: evaluation.ranking_metrics(counted) for name, counted in counts.items()
    }
    # Only the forest claims to give probabilities.
    metrics[FOREST]["brier"] = evaluation.brier(counts[FOREST])
    return metrics


def _predictions(scored: DataFrame, model: str, split: str) -> DataFrame:
    keys = dict.fromkeys((KEYS[model], "owner_id"))
    return scored.select(
        *keys,
        "label",
        positive_probability().alias("probability"),
        F.lit(split).alias("split"),
    )
