"""What is reported of the forests and baselines of a label, out of counts of their scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from influencers.measured.models import Bin, ModelMetrics, TierMetrics
from influencers.models.declaration import BEFORE_POSTING
from influencers.models.evaluate import bootstrap
from influencers.models.evaluate.calibration import Calibration, reliability
from influencers.models.evaluate.metrics import (
    PROBABILITY_UNIT,
    Floats,
    ScoreCounts,
    brier,
    ranking_metrics,
)
from influencers.models.evaluate.performance import Fold, fold_of
from influencers.models.evaluate.score_counts import Counts

FOREST = "forest"


@dataclass(frozen=True)
class Curve:
    """What a precision-recall curve and a reliability curve are drawn of.

    Attributes:
        counts: rows and positives by score.
        bins: of probabilities; none for a baseline, which claims to give none.
    """

    counts: ScoreCounts
    bins: Sequence[Bin] = ()


def who_of(variant: str) -> str:
    """The name of a variant's forest among those that are measured."""
    return FOREST if variant == BEFORE_POSTING else variant


def measure(
    counts: Counts,
    label: str,
    calibrations: Mapping[str, Calibration],
    baselines: Sequence[str],
    *,
    part: str,
    seed: int,
    min_groups: int,
) -> tuple[dict[str, ModelMetrics], dict[str, Curve], Fold]:
    """The metrics and curves of a label, by WHO: forests first, then baselines; and its fold.

    Every metric has its 95 % interval over accounts in `intervals`, of the very counts that the
    metric is of; `tiers` has the metrics that mean something within one follower tier; the forest
    says in `over` how much more average precision it has than each baseline, with an interval of
    the difference itself.

    Args:
        counts: of the rankings `label/WHO`.
        label: whose.
        calibrations: of the forests, by WHO.
        baselines: who else is measured.
        part: the rows to measure on.
        seed: of the draws.
        min_groups: of accounts, or there is no interval.
    """
    metrics: dict[str, ModelMetrics] = {}
    curves: dict[str, Curve] = {}
    drawn: dict[str, dict[str, Floats]] = {}
    groups = 0
    for who in (*calibrations, *baselines):
        name = f"{label}/{who}"
        by_score, grouped = counts.by_score(part, name), counts.grouped(part, name)
        groups = grouped.rows.shape[1]
        calibration = calibrations.get(who)
        probability, bins = None, list[Bin]()
        if calibration is not None:
            probability = calibration(grouped.scores / PROBABILITY_UNIT)
            bins = reliability(by_score, calibration)
        drawn[who] = bootstrap.metric_draws(grouped, seed=seed, probability=probability)
        of_probabilities, of_votes = _briers(by_score, calibration)
        metrics[who] = ModelMetrics(
            **asdict(ranking_metrics(by_score)),
            brier=of_probabilities,
            brier_of_votes=of_votes,
            intervals={
                metric: bootstrap.interval_of(draws, groups=groups, least=min_groups)
                for metric, draws in drawn[who].items()
            },
            tiers=_within_tiers(counts.by_tier(part, name)),
            reliability=tuple(bins) or None,
        )
        curves[who] = Curve(by_score, bins)
    fold = fold_of(metrics, drawn, groups=groups)
    for who in calibrations:
        over = {other: fold.gain(who, other, min_groups) for other in baselines}
        metrics[who] = replace(metrics[who], over=over)
    return metrics, curves, fold


def _briers(
    counts: ScoreCounts, calibration: Calibration | None
) -> tuple[float | None, float | None]:
    """The Brier scores of a forest, after calibration and before; None of a baseline."""
    if calibration is None:
        return None, None
    return brier(counts, calibration(counts.scores / PROBABILITY_UNIT)), brier(counts)


def _within_tiers(counts: Mapping[str, ScoreCounts]) -> dict[str, TierMetrics]:
    """The metrics within each follower tier that has both classes."""
    within: dict[str, TierMetrics] = {}
    for tier, of_tier in counts.items():
        every = ranking_metrics(of_tier)
        if 0 < every.positives < every.rows:
            within[tier or "unknown"] = TierMetrics(
                rows=every.rows,
                prevalence=every.prevalence,
                average_precision=every.average_precision,
                auc=every.auc,
            )
    return within
