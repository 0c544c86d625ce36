"""One split of a model's labels: what is fitted, and what it reached on rows it has not seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.config import ModelsConfig
from influencers.measured.models import ModelMetrics
from influencers.models.declaration import (
    BEFORE_POSTING,
    KEYS,
    Feature,
    Label,
    variants_of,
)
from influencers.models.estimators import ensemble
from influencers.models.estimators.baselines import baseline_scores, medians, sought
from influencers.models.estimators.ensemble import Ensemble, importances, votes_of
from influencers.models.estimators.normaliser import VECTOR, Normaliser, fit_normaliser
from influencers.models.evaluate import model_metrics
from influencers.models.evaluate.calibration import calibrate
from influencers.models.evaluate.metrics import probability_score
from influencers.models.evaluate.performance import Fold
from influencers.models.evaluate.score_counts import Counts, Ranking, count_scores
from influencers.models.labels import label_column
from influencers.models.leakage import check_allowed, chosen_features, suspicious_features
from influencers.models.results import Fitted, SplitResult
from influencers.models.rows.row_sample import Sheet, take_sample, take_sheet
from influencers.models.rows.split import CALIBRATION, FIT, TEST, part_of
from influencers.models.rows.split_counts import SAMPLE_ROWS, Sizes, learnt_from, obstacle, size_of
from influencers.run import persisted


@dataclass(frozen=True)
class _Task:
    """An ensemble to fit.

    Attributes:
        vector: the column of its features.
    """

    label: Label
    variant: str
    features: tuple[Feature, ...]
    vector: str

    @property
    def name(self) -> str:
        return f"{self.label.name}/{model_metrics.who_of(self.variant)}"


def train_split(
    rows: DataFrame,
    labels: Sequence[Label],
    split: str,
    rule: dict[str, object],
    learnt: Mapping[str, dict[str, Any]],
    sizes: Sizes,
    config: ModelsConfig,
) -> list[SplitResult]:
    """Fit and measure every label and variant on one split.

    Args:
        rows: all rows with their features, parts (`split.part_of`) and labels (`label_column`).
        labels: labels of one model.
        split: by_account or by_time.
        rule: how rows were held out.
        learnt: what each label learnt, by its name.
        sizes: by split, label and part: how many rows, positives and accounts.
        config: forest, seed, least positives.

    Returns:
        For each label, in order; labels that cannot be learnt are skipped, with the reason.
    """
    for label in labels:
        check_allowed(label, getattr(config, f"{label.model}_features"))
    reasons = {label.name: obstacle(sizes, split, label, config.min_positives) for label in labels}
    taught = [label for label in labels if reasons[label.name] is None]
    done: dict[str, SplitResult] = {}
    if taught:
        for trained in _train(rows, taught, split, sizes, config):
            name = trained.label.name
            done[name] = SplitResult(
                label=trained.label,
                split=split,
                rule=rule,
                learnt=dict(learnt[name]),
                train=learnt_from(sizes, split, name),
                metrics=trained.metrics,
                fitted=trained.fitted,
                curves=trained.curves,
                rows=rows,
                sheet=trained.sheet,
                fold=trained.fold,
            )
    return [
        done.get(label.name)
        or SplitResult(label, split, rule, dict(learnt[label.name]), skipped=reasons[label.name])
        for label in labels
    ]


@dataclass(frozen=True)
class _Trained:
    label: Label
    metrics: dict[str, ModelMetrics]
    fitted: dict[str, Fitted]
    curves: dict[str, model_metrics.Curve]
    sheet: Sheet
    fold: Fold


def _train(
    rows: DataFrame, labels: Sequence[Label], split: str, sizes: Sizes, config: ModelsConfig
) -> list[_Trained]:
    key, part = KEYS[labels[0].model], F.col(part_of(split))
    tasks = _tasks(labels, config)
    to_fit, to_test = (size_of(sizes, split, "", name)["rows"] for name in (FIT, TEST))
    with ExitStack() as stack:
        sample = _sample(rows.where(part == FIT), key, tasks, split, to_fit)
        normalisers = {
            task.vector: fit_normaliser(sample, task.features)
            for task in {task.vector: task for task in tasks}.values()
        }
        baselines = baseline_scores(labels, medians(sample, labels))
        suspects = _suspects(sample, tasks, split, config)
        keep = stack.enter_context(persisted.cut_frames())
        vectors = keep(_with_vectors(rows, key, labels, split, normalisers, baselines))
        ensembles = {
            task.name: ensemble.fit(_examples(vectors, task, split), config, rows=to_fit)
            for task in tasks
        }
        counts = _count(vectors, tasks, ensembles, baselines, split, to_test)
        sheet = take_sheet(
            vectors.where(part == TEST),
            key,
            vector=tasks[0].vector,
            labels={label.name: label_column(label, split) for label in labels},
            count=to_test,
            limit=config.explained_rows,
        )
    trained = []
    for label in labels:
        fitted = {}
        of_label = [task for task in tasks if task.label is label]
        for task in of_label:
            normaliser, fitted_to = normalisers[task.vector], ensembles[task.name]
            fitted[task.variant] = Fitted(
                task.variant,
                normaliser,
                fitted_to,
                calibrate(counts.by_score(CALIBRATION, task.name), least=config.min_calibration),
                importances(fitted_to, normaliser.columns),
                suspects.get(label.name, {}),
            )
        calibrations = {
            model_metrics.who_of(variant): model.calibration for variant, model in fitted.items()
        }
        names = [who for name, who in baselines if name == label.name]
        metrics, curves, fold = model_metrics.measure(
            counts,
            label.name,
            calibrations,
            names,
            part=TEST,
            seed=config.seed,
            min_groups=config.min_groups,
        )
        trained.append(_Trained(label, metrics, fitted, curves, sheet, fold))
    return trained


def _tasks(labels: Sequence[Label], config: ModelsConfig) -> list[_Task]:
    """Every ensemble to fit; those of the same features share a vector."""
    tasks: list[_Task] = []
    seen: dict[tuple[Feature, ...], str] = {}
    for label in labels:
        wanted = getattr(config, f"{label.model}_features")
        for variant in variants_of(label):
            features = chosen_features(label, wanted, variant)
            known = any(task.label is label and task.features == features for task in tasks)
            if features and not known:
                vector = seen.setdefault(features, f"features_{len(seen)}")
                tasks.append(_Task(label, variant, features, vector))
    return tasks


def _sample(
    rows: DataFrame, key: str, tasks: Sequence[_Task], split: str, count: int
) -> pd.DataFrame:
    """Rows to learn normalisers from: features, labels, and what the baselines rank by."""
    features = dict.fromkeys(feature for task in tasks for feature in task.features)
    labels = {task.label.name: task.label for task in tasks}.values()
    others = {label_column(label, split): F.col(label_column(label, split)) for label in labels}
    others |= {sql: F.expr(sql) for sql in sought(list(labels)).values() if sql not in others}
    named = {name: column for name, column in others.items() if name not in _names(features)}
    return take_sample(rows, key, list(features), named, count=count, limit=SAMPLE_ROWS)


def _names(features: Iterable[Feature]) -> set[str]:
    return {feature.name for feature in features}


def _suspects(
    sample: pd.DataFrame, tasks: Sequence[_Task], split: str, config: ModelsConfig
) -> dict[str, dict[str, float]]:
    """By label, the features of the default variant that all but tell it."""
    return {
        task.label.name: suspicious_features(
            sample,
            task.features,
            sample[label_column(task.label, split)].to_numpy("float64"),
            above=config.suspicious_auc,
        )
        for task in tasks
        if task.variant == BEFORE_POSTING
    }


def _with_vectors(
    rows: DataFrame,
    key: str,
    labels: Sequence[Label],
    split: str,
    normalisers: Mapping[str, Normaliser],
    baselines: Mapping[tuple[str, str], Column],
) -> DataFrame:
    """What is read again and again: keys, part, labels, the baselines' scores, the vectors."""
    used = rows.where(F.col(part_of(split)).isin(FIT, CALIBRATION, TEST))
    assembled = used.withColumns({_score_name(*who): score for who, score in baselines.items()})
    names = assembled.columns
    for vector, normaliser in normalisers.items():
        assembled = normaliser.model.transform(assembled).select(
            *names, F.col(VECTOR).alias(vector)
        )
        names.append(vector)
    return assembled.select(
        *dict.fromkeys((key, "owner_id", "tier")),
        part_of(split),
        *(label_column(label, split) for label in labels),
        *(_score_name(*who) for who in baselines),
        *normalisers,
    )


def _score_name(label: str, who: str) -> str:
    return f"score_{label}_{who}"


def _examples(vectors: DataFrame, task: _Task, split: str) -> DataFrame:
    """What an ensemble is fitted to: `label` and `features`."""
    label = F.col(label_column(task.label, split))
    return vectors.where((F.col(part_of(split)) == FIT) & label.isNotNull()).select(
        label.alias("label"), F.col(task.vector).alias(VECTOR)
    )


def _count(
    vectors: DataFrame,
    tasks: Sequence[_Task],
    ensembles: Mapping[str, Ensemble],
    baselines: Mapping[tuple[str, str], Column],
    split: str,
    rows: int,
) -> Counts:
    """One pass over what the ensembles were not fitted to: every ensemble, every baseline."""
    part = F.col(part_of(split))
    scored = vectors.where(part.isin(CALIBRATION, TEST))
    rankings = []
    for place, task in enumerate(tasks):
        column = f"votes_{place}"
        scored = votes_of(ensembles[task.name], scored, features=task.vector, column=column)
        score = probability_score(F.col(column))
        rankings.append(Ranking(task.name, F.col(label_column(task.label, split)), score))
    labels = {task.label.name: task.label for task in tasks}
    for name, who in baselines:
        label = F.col(label_column(labels[name], split))
        rankings.append(Ranking(f"{name}/{who}", label, F.col(_score_name(name, who))))
    return count_scores(
        scored, rankings, part=part, tier=F.col("tier"), rows=rows, grouped_parts=[TEST]
    )
