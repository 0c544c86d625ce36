"""The tables about the models: held-out performance, gains, importance, and by tier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from influencers.measured.models import Gain, Interval, Labels, ModelMetrics, Performance
from influencers.models.evaluate.performance import verdict
from influencers.report.table import Table, count, decimal, plain, unknown

# Label, split, who, and what was measured of them.
_Measured = tuple[str, str, str, ModelMetrics]


def model_tables(models: Mapping[str, Labels], model: str) -> tuple[Table, ...]:
    """What metrics.json says of a model.

    Args:
        models: its section `models`.
        model: influence or virality.
    """
    labels = models.get(model, {})
    found = [
        (plain(label), plain(split), who, one)
        for label, of_label in labels.items()
        for split, whos in of_label.measured().items()
        for who, one in whos.items()
    ]
    return _worth(labels), _quality(found), _gains(found), _groups(found), _tiers(found)


def _worth(labels: Labels) -> Table:
    rows = tuple(
        (
            plain(label),
            plain(who),
            count(one.folds),
            decimal(one.average_precision),
            decimal(one.deviation),
            decimal(one.prevalence),
            *_beside_best(one),
        )
        for label, of_label in labels.items()
        for who, one in of_label.folds.items()
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
        f"{plain(label)}, {plain(split)}: skipped, {reason}."
        for label, of_label in labels.items()
        for split, reason in of_label.skipped().items()
    ]
    title = "Held-out performance beside the best baseline"
    return Table(title, columns, rows, frozenset({2, 3, 4, 5, 7, 8, 9}), " ".join([note, *skipped]))


def _beside_best(one: Performance) -> tuple[str, ...]:
    """The best baseline, its average precision, the gain over it, its interval, the verdict."""
    best, gain = one.best_baseline, one.over_best or Gain()
    return (
        "–" if best is None else plain(best.name),
        "–" if best is None else decimal(best.average_precision),
        decimal(gain.average_precision),
        _interval(gain.interval),
        one.verdict or "–",
    )


def _quality(found: Sequence[_Measured]) -> Table:
    rows = tuple(
        (
            label,
            split,
            plain(who),
            decimal(one.average_precision),
            _interval(one.interval("average_precision")),
            decimal(one.prevalence),
            decimal(one.precision_at_top_decile),
            decimal(one.lift_at_top_decile, 1),
            decimal(one.recall_at_precision_80, 2),
            decimal(one.auc),
            _interval(one.interval("auc")),
            decimal(one.brier),
            count(one.rows),
        )
        for label, split, who, one in found
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


def _gains(found: Sequence[_Measured]) -> Table:
    rows = tuple(
        (
            label,
            split,
            plain(who),
            plain(other),
            decimal(gain.average_precision),
            _interval(gain.interval),
            verdict(gain.interval),
        )
        for label, split, who, one in found
        for other, gain in (one.over or {}).items()
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


def _groups(found: Sequence[_Measured]) -> Table:
    rows = tuple(
        (
            label,
            split,
            group,
            decimal(drop.mean),
            _interval(drop.interval),
            verdict(drop.interval),
        )
        for label, split, _, one in found
        if one.importance is not None
        for group, drop in one.importance.groups.items()
    )
    columns = ("label", "split", "group", "loss of average precision", "95 %", "verdict")
    note = (
        "What is lost when all features of a group are shuffled among a sample of the held-out "
        "rows; better: the forest is better with the group."
    )
    title = "Permutation importance by group of features"
    return Table(title, columns, rows, frozenset({3, 4}), note)


def _tiers(found: Sequence[_Measured]) -> Table:
    rows = tuple(
        (
            label,
            split,
            plain(who),
            tier,
            decimal(one_tier.average_precision),
            decimal(one_tier.prevalence),
            decimal(one_tier.auc),
            count(one_tier.rows),
        )
        for label, split, who, one in found
        for tier, one_tier in one.tiers.items()
    )
    columns = ("label", "split", "model", "tier", "average precision", "prevalence", "AUC", "n")
    return Table("Held-out performance by follower tier", columns, rows, frozenset(range(4, 8)))


def _interval(found: Interval | None) -> str:
    if found is None or any(unknown(one) for one in found):
        return "–"
    low, high = found
    return f"{decimal(low)} to {decimal(high)}"
