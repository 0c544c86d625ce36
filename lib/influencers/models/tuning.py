"""Choose the estimator's settings by cross-validation over accounts, on training rows alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from statistics import mean, stdev
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.buckets import bucket
from influencers.config import ModelsConfig
from influencers.models import labels as label_rules
from influencers.models.declaration import CLOCKS, KEYS, Label
from influencers.models.estimators import ensemble
from influencers.models.estimators.ensemble import BOOSTED, votes_of
from influencers.models.estimators.normaliser import VECTOR, fit_normaliser
from influencers.models.evaluate.metrics import probability_score, ranking_metrics
from influencers.models.evaluate.score_counts import Ranking, count_scores
from influencers.models.leakage import chosen_features
from influencers.models.rows.row_sample import take_sample
from influencers.models.rows.split import Shares, fitted_share, is_fitted, never_tested, with_parts
from influencers.models.rows.split_counts import SAMPLE_ROWS
from influencers.run import persisted

# What is tried of each setting of `ModelsConfig`.
_OF_FOREST: dict[str, Sequence[Any]] = {
    "depth": (6, 10, 14),
    "min_leaf": (2, 10),
    "feature_subset": ("sqrt", "onethird"),
}
_OF_BOOSTED: dict[str, Sequence[Any]] = {
    "boosting_rounds": (100, 300),
    "boosting_learning_rate": (0.03, 0.1),
    "boosting_leaves": (7, 31),
}
# Settings of `ModelsConfig` by their names.
Setting = Mapping[str, Any]


@dataclass(frozen=True)
class Tried:
    """A setting and the average precision that it reached on each fold of accounts."""

    setting: Setting
    folds: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Over the folds."""
        return mean(self.folds)

    def numbers(self) -> dict[str, Any]:
        """For the model's card."""
        return {
            **self.setting,
            "average_precision": self.mean,
            "deviation": stdev(self.folds),
        }


@dataclass(frozen=True)
class Tuned:
    """What a search came to.

    Attributes:
        config: with the best settings; as it was where nothing could be tried.
        tried: the best first.
        note: why nothing could be tried; else what was chosen; empty where nothing was asked for.
    """

    config: ModelsConfig
    tried: tuple[Tried, ...]
    note: str


def settings(estimator: str) -> list[Setting]:
    """The grid of an estimator: unweighted; weights are tried with the best of it."""
    grid = _OF_BOOSTED if estimator == BOOSTED else _OF_FOREST
    return [
        {**dict(zip(grid, choice, strict=True)), "class_weights": False}
        for choice in product(*grid.values())
    ]


def tune(frame: DataFrame, label: Label, config: ModelsConfig, *, cut: int | None = None) -> Tuned:
    """Try every setting on every fold of accounts, with the rows that no split tests on.

    The best mean average precision wins; of equals the first of the grid, which is the smaller
    ensemble. Labels and normaliser are learnt from all of these rows: no row that a model is later
    measured on has a part in any of it.

    Args:
        frame: what `frames.model_frame` makes, persisted.
        label: the label to tune for.
        config: folds, seed, and all that is not tuned.
        cut: as `training.train_labels` has it.
    """
    with persisted.cut_frames() as keep:
        vectors = keep(_vectors(frame, label, config, cut))
        obstacle = _obstacle(vectors, config.folds)
        if obstacle:
            return Tuned(config, (), f"{label.name}: not tuned, {obstacle}")
        rows = vectors.count()
        tried = [_try(vectors, setting, config, rows) for setting in settings(config.estimator)]
        best = max(tried, key=lambda attempt: attempt.mean)
        tried.append(_try(vectors, {**best.setting, "class_weights": True}, config, rows))
    ranked = tuple(sorted(tried, key=lambda attempt: -attempt.mean))
    chosen = ranked[0]
    note = f"{label.name}: tuned on {config.folds} folds of accounts: " + ", ".join(
        f"{name}={value}" for name, value in chosen.setting.items()
    )
    return Tuned(
        replace(config, **chosen.setting), ranked, f"{note}; average precision {chosen.mean:.3f}"
    )


def tune_if_asked(
    frame: DataFrame, label: Label, config: ModelsConfig, *, cut: int | None = None
) -> Tuned:
    """As `tune` where `models.tune` asks for it; else nothing is tried, and nothing noted."""
    return tune(frame, label, config, cut=cut) if config.tune else Tuned(config, (), "")


def _vectors(frame: DataFrame, label: Label, config: ModelsConfig, cut: int | None) -> DataFrame:
    """Rows that no split tests on: owner_id, tier, label, features, and the fold of the account."""
    shares = Shares(config.account_share, config.time_share, config.calibration_share)
    clock = CLOCKS[label.model]
    marked, _ = with_parts(frame, clock=clock, shares=shares, seed=config.seed, cut=cut)
    rows = marked.where(never_tested(marked, cut=cut))
    learnt = label_rules.learn([label], rows, {"all": F.lit(True)}, config)["all"][label.name]
    features = chosen_features(label, getattr(config, f"{label.model}_features"))
    key = KEYS[label.model]
    sample = take_sample(rows, key, features, {}, count=rows.count(), limit=SAMPLE_ROWS)
    number = bucket("owner_id", count=config.folds, salt=f"fold:{config.seed}")
    labelled = rows.withColumns(
        {"label": label_rules.labelled(label, learnt), "fold": number.cast("string")}
    )
    return (
        fit_normaliser(sample, features)
        .model.transform(labelled)
        .where("label is not null")
        .select("owner_id", "tier", "label", "fold", VECTOR)
    )


def _obstacle(vectors: DataFrame, folds: int) -> str | None:
    """Why folds cannot be compared; None when they can."""
    counted = (
        vectors.groupBy("fold")
        .agg(
            F.count_distinct("owner_id").alias("accounts"),
            F.count_distinct("label").alias("classes"),
        )
        .collect()
    )
    accounts = sum(row["accounts"] for row in counted)
    if accounts < folds:
        return f"{accounts} training accounts are fewer than {folds} folds (models.folds)"
    if len(counted) < folds or any(row["classes"] < 2 for row in counted):
        return f"not every one of {folds} folds of {accounts} accounts has both classes"
    return None


def _try(vectors: DataFrame, setting: Setting, config: ModelsConfig, rows: int) -> Tried:
    """Fit to all folds but one, ask that one, and so for each."""
    names = list(_folds(config))
    asked, votes = vectors, F.lit(None).cast("double")
    to_fit = rows * (config.folds - 1) // config.folds
    share = fitted_share(to_fit, config)
    to_learn = is_fitted(F.col("owner_id"), share=share, seed=config.seed)
    for name in names:
        rest = vectors.where((F.col("fold") != name) & to_learn).select("label", VECTOR)
        fitted = ensemble.fit(rest, replace(config, **setting), rows=round(share * to_fit))
        asked = votes_of(fitted, asked, features=VECTOR, column=f"votes_{name}")
        votes = F.when(F.col("fold") == name, F.col(f"votes_{name}")).otherwise(votes)
    ranking = Ranking("setting", F.col("label"), probability_score(votes))
    counts = count_scores(
        asked,
        [ranking],
        part=F.col("fold"),
        tier=F.col("tier"),
        rows=rows,
        grouped_parts=[],
    )
    metrics = [ranking_metrics(counts.by_score(name, "setting")) for name in names]
    return Tried(setting, tuple(float(metric.average_precision or 0.0) for metric in metrics))


def _folds(config: ModelsConfig) -> Iterator[str]:
    return (str(number) for number in range(config.folds))


def lines(tuned: Tuned) -> Sequence[str]:
    """What a reader wants to know of a search, the best setting first."""
    if not tuned.note:
        return []
    return [
        tuned.note,
        *(
            f"  {attempt.mean:.4f} ± {stdev(attempt.folds):.4f}  "
            + " ".join(f"{name}={value}" for name, value in attempt.setting.items())
            for attempt in tuned.tried
        ),
    ]
