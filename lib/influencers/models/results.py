"""What comes of training: fitted models, and what is known of a label on a split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame, SparkSession

from influencers.measured.models import (
    LabelMetrics,
    ModelMetrics,
    Performance,
    Skipped,
    SplitMetrics,
)
from influencers.models.declaration import Label
from influencers.models.estimators.ensemble import Ensemble
from influencers.models.estimators.forest import PROBABILITY
from influencers.models.estimators.normaliser import Normaliser
from influencers.models.evaluate.calibration import Calibration, calibration_stage
from influencers.models.evaluate.model_metrics import Curve
from influencers.models.evaluate.performance import Fold
from influencers.models.explain.permutation import Explanation
from influencers.models.rows.row_sample import Sheet


@dataclass(frozen=True)
class Fitted:
    """A model with what it was learnt from.

    Attributes:
        variant: before_posting or without_history.
        normaliser: of the features, which `normaliser.features` names in order.
        ensemble: on the normaliser's vector.
        calibration: from the ensemble's votes to probabilities.
        importances: share of the ensemble's gain by feature, the most important first.
        suspects: features that alone all but tell the label, with their AUC.
    """

    variant: str
    normaliser: Normaliser
    ensemble: Ensemble
    calibration: Calibration
    importances: dict[str, float]
    suspects: dict[str, float]

    def pipeline(self) -> PipelineModel:
        """Normaliser, ensemble and calibration; adds the columns `probability` and `calibrated`."""
        spark = SparkSession.active()
        stage = calibration_stage(spark, self.calibration, PROBABILITY)
        return PipelineModel([*self.normaliser.model.stages, self.ensemble, stage])

    def notes(self) -> list[str]:
        """What the user should know of the model."""
        voted = self.calibration.note
        return ([f"{self.variant}: {voted}"] if voted else []) + [
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
        metrics: by WHO; none where skipped.
        skipped: why nothing could be learnt or measured; None where it was.
        fitted: by variant, the default first; none where skipped.
        curves: by WHO, what its precision-recall curve is drawn of.
        rows: all rows with their parts and labels; None where skipped.
        sheet: some of the held-out rows as a matrix; None where skipped.
        explanation: of the default variant; None until it is explained.
        fold: the average precision of all on the held-out rows, with draws; None where skipped.
        performance: of the split that is kept: what each forest is worth, by WHO (see
            `performance.summary`).
    """

    label: Label
    split: str
    rule: dict[str, object]
    learnt: dict[str, Any]
    train: dict[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, ModelMetrics] = field(default_factory=dict)
    skipped: str | None = None
    fitted: dict[str, Fitted] = field(default_factory=dict)
    curves: dict[str, Curve] = field(default_factory=dict)
    rows: DataFrame | None = None
    sheet: Sheet | None = None
    explanation: Explanation | None = None
    fold: Fold | None = None
    performance: Mapping[str, Performance] = field(default_factory=dict)

    def outcome(self) -> SplitMetrics:
        """As metrics.json has it: the metrics by WHO, or why there are none."""
        return self.metrics if self.skipped is None else Skipped(self.skipped)


def metrics_by_label(trained: Sequence[Sequence[SplitResult]]) -> dict[str, LabelMetrics]:
    """The metrics of a model's labels by split, for metrics.json; of folds where there are any.

    Args:
        trained: what came of every label on every split.
    """
    by_label: dict[str, LabelMetrics] = {}
    for results in trained:
        numbers = {result.split: result.outcome() for result in results}
        performance = next((result.performance for result in results if result.performance), {})
        by_label[results[0].label.name] = LabelMetrics(**numbers, folds=performance)
    return by_label


def kept(results: Sequence[SplitResult]) -> SplitResult | None:
    """The split whose models are saved: the first that has any.

    That is by_account: not refitted to all rows, so that what was measured on accounts it has
    never seen is true of the very model that is used.
    """
    return next((result for result in results if result.fitted), None)
