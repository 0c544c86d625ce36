"""What a model is worth: its mean over folds of accounts, beside the best that is simple.

One split by a hash of accounts moves average precision by more than settings do, so the number
that is shown is a mean over folds, with its spread. Whether the forest is worth anything is a
question about differences: to the best baseline, and to a random order, on the same rows, with an
interval over accounts of the difference itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import mean, stdev

import numpy as np

from influencers.measured.models import Baseline, Gain, Interval, Performance, Ranked
from influencers.models.evaluate import bootstrap
from influencers.models.evaluate.metrics import Floats

BETTER, NO_CLEAR_GAIN, WORSE = "better", "no clear gain", "worse"
TOO_FEW = "too few accounts"


@dataclass(frozen=True)
class Fold:
    """Average precision on one set of accounts that nothing was learnt from.

    Attributes:
        rows: held out.
        groups: of accounts that the draws are of.
        prevalence: the share of positives; None without rows.
        random: the average precision of a random order; None without positives.
        random_draws: of every draw of accounts.
        average_precision: by WHO; None where it has no meaning.
        draws: of every draw of accounts, the same ones for all, by WHO.
    """

    rows: int
    groups: int
    prevalence: float | None
    random: float | None
    random_draws: Floats
    average_precision: Mapping[str, float | None]
    draws: Mapping[str, Floats]

    def gain(self, who: str, other: str, min_groups: int) -> Gain:
        """How much more average precision one has than the other, and its interval."""
        first, second = self.average_precision[who], self.average_precision[other]
        interval = bootstrap.interval_of(
            self.draws[who] - self.draws[other], groups=self.groups, least=min_groups
        )
        return Gain(None if first is None or second is None else first - second, interval)


def fold_of(
    metrics: Mapping[str, Ranked],
    drawn: Mapping[str, Mapping[str, Floats]],
    *,
    groups: int,
) -> Fold:
    """The fold of what was measured, by WHO, and of its draws.

    Args:
        metrics: `ranking_metrics` of each; all are of the same rows.
        drawn: `bootstrap.metric_draws` of each.
        groups: of accounts.
    """
    first = next(iter(metrics))
    return Fold(
        rows=metrics[first].rows,
        groups=groups,
        prevalence=metrics[first].prevalence,
        random=metrics[first].random_average_precision,
        random_draws=drawn[first]["random_average_precision"],
        average_precision={who: ranked.average_precision for who, ranked in metrics.items()},
        draws={who: draws["average_precision"] for who, draws in drawn.items()},
    )


def verdict(interval: Interval | None) -> str:
    """What the interval of a difference says."""
    if interval is None:
        return TOO_FEW
    low, high = interval
    return BETTER if low > 0 else WORSE if high < 0 else NO_CLEAR_GAIN


def summary(
    folds: Sequence[Fold], who: str, baselines: Sequence[str], *, min_groups: int
) -> Performance | None:
    """The means over folds, with what they are to be held against.

    Accounts are drawn within each fold, and the mean over folds is taken of every draw: intervals
    say how far other accounts could move the mean. The deviation between folds has in it that
    other accounts were learnt from, too.

    Args:
        folds: of different accounts.
        who: the forest.
        baselines: those to find the best of: of most mean average precision, the first of equals.
            A baseline that is missing from a fold is not compared.
        min_groups: of accounts in all folds together, or there is neither interval nor verdict.

    Returns:
        All but the split. None where no fold has positives and negatives.
    """
    known = [fold for fold in folds if fold.average_precision.get(who) is not None]
    if not known:
        return None
    groups = sum(fold.groups for fold in known)

    def values(name: str) -> list[float]:
        precisions = [fold.average_precision.get(name) for fold in known]
        return [precision for precision in precisions if precision is not None]

    def draws(name: str) -> Floats:
        return np.asarray(np.mean([fold.draws[name] for fold in known], axis=0))

    def difference(base: Floats, usual: float) -> Gain:
        interval = bootstrap.interval_of(draws(who) - base, groups=groups, least=min_groups)
        return Gain(mean(values(who)) - usual, interval)

    random = mean(fold.random or 0.0 for fold in known)
    by_chance = np.asarray(np.mean([fold.random_draws for fold in known], axis=0))
    performance = Performance(
        folds=len(known),
        rows=sum(fold.rows for fold in known),
        account_groups=groups,
        average_precision=mean(values(who)),
        deviation=_deviation(values(who)),
        values=tuple(values(who)),
        interval=bootstrap.interval_of(draws(who), groups=groups, least=min_groups),
        prevalence=mean(fold.prevalence or 0.0 for fold in known),
        random=random,
        over_random=difference(by_chance, random),
    )
    everywhere = [name for name in baselines if len(values(name)) == len(known)]
    if not everywhere:
        return performance
    best = max(everywhere, key=lambda name: mean(values(name)))
    gain = difference(draws(best), mean(values(best)))
    baseline = Baseline(best, mean(values(best)), _deviation(values(best)))
    return replace(
        performance, best_baseline=baseline, over_best=gain, verdict=verdict(gain.interval)
    )


def not_above_chance(performance: Performance) -> bool:
    """Whether a summary's average precision is not shown to be above that of a random order.

    Of too few accounts for an interval, the number itself decides.
    """
    gain = performance.over_random
    low = gain.average_precision if gain.interval is None else gain.interval[0]
    return low is not None and low <= 0


def is_behind(performance: Performance) -> bool:
    """Whether the forest of a summary is behind its best baseline, beyond the interval."""
    return performance.verdict == WORSE


def _deviation(values: Sequence[float]) -> float | None:
    return stdev(values) if len(values) > 1 else None
