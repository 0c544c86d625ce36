"""What is reported of the forests and baselines of a label, out of counts of their scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from influencers.models import bootstrap
from influencers.models.calibration import Bin, Calibration, reliability
from influencers.models.counting import Counts, GroupedCounts
from influencers.models.declaration import BEFORE_POSTING
from influencers.models.evaluation import (
    PROBABILITY_UNIT,
    ScoreCounts,
    brier,
    known_numbers,
    measures,
    ranking_metrics,
)

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
) -> tuple[dict[str, Any], dict[str, Curve]]:
    """The metrics and curves of a label, by WHO: forests first, then baselines.

    Every metric has its 95 % interval over accounts in `intervals`; `tiers` has the metrics that
    mean something within one follower tier; the forest says in `over` how much more average
    precision it has than each baseline, with an interval of the difference itself.

    Args:
        counts: of the rankings `label/WHO`.
        label: whose.
        calibrations: of the forests, by WHO.
        baselines: who else is measured.
        part: the rows to measure on.
        seed: of the draws.
    """
    metrics: dict[str, Any] = {}
    curves: dict[str, Curve] = {}
    drawn: dict[str, Mapping[str, Any]] = {}
    for who in (*calibrations, *baselines):
        name = f"{label}/{who}"
        exact, grouped = counts.exact(part, name), counts.grouped(part, name)
        found: dict[str, Any] = dict(ranking_metrics(exact))
        calibration = calibrations.get(who)
        probability, bins = None, list[Bin]()
        if calibration is not None:
            probability = calibration(grouped.scores / PROBABILITY_UNIT)
            bins = reliability(exact, calibration)
            found["brier"] = brier(exact, calibration(exact.scores / PROBABILITY_UNIT))
            found["brier_of_votes"] = brier(exact)
        drawn[who] = bootstrap.metric_draws(grouped, seed=seed, probability=probability)
        found["intervals"] = bootstrap.intervals(drawn[who], groups=grouped.rows.shape[1])
        found["tiers"] = by_tier(grouped)
        if bins:
            found["reliability"] = [asdict(one) for one in bins]
        metrics[who], curves[who] = found, Curve(exact, bins)
    for who in calibrations:
        metrics[who]["over"] = {other: _gain(metrics, drawn, who, other) for other in baselines}
    return metrics, curves


def by_tier(counts: GroupedCounts) -> dict[str, dict[str, Any]]:
    """The metrics within each follower tier that has both classes."""
    found: dict[str, dict[str, Any]] = {}
    for tier in sorted(set(counts.tiers)):
        chosen = counts.tiers == tier
        rows, positives = counts.rows[chosen].sum(1), counts.positives[chosen].sum(1)
        if 0 < positives.sum() < rows.sum():
            every = known_numbers(measures(rows, positives))
            found[tier or "unknown"] = {
                "rows": int(rows.sum()),
                **{name: every[name] for name in ("prevalence", "average_precision", "auc")},
            }
    return found


def _gain(
    metrics: Mapping[str, Any], drawn: Mapping[str, Mapping[str, Any]], who: str, other: str
) -> dict[str, Any]:
    one, two = (metrics[name]["average_precision"] for name in (who, other))
    return {
        "average_precision": None if one is None or two is None else one - two,
        "interval": bootstrap.gain(drawn[who], drawn[other]),
    }
