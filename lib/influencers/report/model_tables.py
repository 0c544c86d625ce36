"""The tables about the models: held-out performance, gains, importance, and by tier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from influencers.measured.models import Gain, Interval, Labels, ModelMetrics, Performance
from influencers.models.evaluate.performance import verdict
from influencers.models.titles import split_title, who_title
from influencers.report.table import Table, count, decimal, plain, unknown

# Label, split, who, and what was measured of them.
_Measured = tuple[str, str, str, ModelMetrics]


def model_tables(models: Mapping[str, Labels], model: str) -> tuple[Table, ...]:
    """What metrics.json says of a model; where nothing was measured, one table that says why.

    Args:
        models: its section `models`.
        model: influence or virality.
    """
    labels = models.get(model, {})
    measured = [
        (plain(label), split_title(split), who, metrics)
        for label, of_label in labels.items()
        for split, whos in of_label.measured().items()
        for who, metrics in whos.items()
    ]
    if not measured:
        return (_worth(labels),)
    return _worth(labels), _quality(measured), _gains(measured), _groups(measured), _tiers(measured)


def _worth(labels: Labels) -> Table:
    rows = tuple(
        (
            plain(label),
            who_title(who),
            count(performance.folds),
            decimal(performance.average_precision),
            decimal(performance.deviation),
            decimal(performance.prevalence),
            *_beside_best(performance),
        )
        for label, of_label in labels.items()
        for who, performance in of_label.folds.items()
    )
    columns = (
        "label", "model", "folds", "average precision", "deviation", "prevalence",
        "best baseline", "its average precision", "gain", "95 %", "verdict",
    )  # fmt: skip
    note = (
        "Means over folds of accounts, each held out once, and the standard deviation between "
        "folds. The best baseline is that of the highest mean on the same rows; the interval is "
        "of the difference, over accounts. Of one fold it is the split of unseen accounts."
    )
    skipped = [
        f"{plain(label)}, {split_title(split)}: skipped, {reason}."
        for label, of_label in labels.items()
        for split, reason in of_label.skipped().items()
    ]
    title = "Held-out performance beside the best baseline"
    return Table(
        title,
        columns,
        rows,
        frozenset({2, 3, 4, 5, 7, 8, 9}),
        " ".join([note, *skipped]),
        " ".join(["No model was measured.", *skipped]),
    )


def _beside_best(performance: Performance) -> tuple[str, ...]:
    """The best baseline, its average precision, the gain over it, its interval, the verdict."""
    best, gain = performance.best_baseline, performance.over_best or Gain()
    return (
        "–" if best is None else who_title(best.name),
        "–" if best is None else decimal(best.average_precision),
        decimal(gain.average_precision),
        _interval(gain.interval),
        performance.verdict or "–",
    )


def _quality(measured: Sequence[_Measured]) -> Table:
    rows = tuple(
        (
            label,
            split,
            who_title(who),
            decimal(metrics.average_precision),
            _interval(metrics.interval("average_precision")),
            decimal(metrics.prevalence),
            decimal(metrics.precision_at_top_decile),
            decimal(metrics.lift_at_top_decile, 1),
            decimal(metrics.recall_at_precision_80, 2),
            decimal(metrics.auc),
            _interval(metrics.interval("auc")),
            decimal(metrics.brier),
            count(metrics.rows),
        )
        for label, split, who, metrics in measured
    )
    columns = (
        "label", "split", "model", "average precision", "95 %", "prevalence",
        "precision in top 10 %", "lift", "recall at precision .8", "AUC", "95 %", "Brier", "n",
    )  # fmt: skip
    note = (
        "Prevalence: the share of positives among the held-out rows, near what a random order "
        "reaches. Intervals are over accounts. Those of the other measures are in metrics.json."
    )
    title = "Held-out performance"
    return Table(title, columns, rows, frozenset(range(3, 13)), note)


def _gains(measured: Sequence[_Measured]) -> Table:
    rows = tuple(
        (
            label,
            split,
            who_title(who),
            who_title(other),
            decimal(gain.average_precision),
            _interval(gain.interval),
            verdict(gain.interval),
        )
        for label, split, who, metrics in measured
        for other, gain in (metrics.over or {}).items()
    )
    columns = (
        "label",
        "split",
        "model",
        "baseline",
        "gain in average precision",
        "95 %",
        "verdict",
    )
    return Table("Gain over each baseline", columns, rows, frozenset({4, 5}))


def _groups(measured: Sequence[_Measured]) -> Table:
    rows = tuple(
        (
            label,
            split,
            group,
            decimal(drop.mean),
            _interval(drop.interval),
            verdict(drop.interval),
        )
        for label, split, _, metrics in measured
        if metrics.importance is not None
        for group, drop in metrics.importance.groups.items()
    )
    columns = ("label", "split", "group", "loss of average precision", "95 %", "verdict")
    note = (
        "What is lost when all features of a group are shuffled among a sample of the held-out "
        "rows; better: the model is better with the group."
    )
    title = "Permutation importance by group of features"
    return Table(title, columns, rows, frozenset({3, 4}), note)


def _tiers(measured: Sequence[_Measured]) -> Table:
    rows = tuple(
        (
            label,
            split,
            who_title(who),
            tier,
            decimal(of_tier.average_precision),
            decimal(of_tier.prevalence),
            decimal(of_tier.auc),
            count(of_tier.rows),
        )
        for label, split, who, metrics in measured
        for tier, of_tier in metrics.tiers.items()
    )
    columns = ("label", "split", "model", "tier", "average precision", "prevalence", "AUC", "n")
    return Table("Held-out performance by follower tier", columns, rows, frozenset(range(4, 8)))


def _interval(interval: Interval | None) -> str:
    if interval is None or any(unknown(end) for end in interval):
        return "–"
    low, high = interval
    return f"{decimal(low)} to {decimal(high)}"
