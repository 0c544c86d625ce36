"""What a reader must know of the models before anything else: their headline, and warnings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from influencers.measured.models import Baseline, Labels, ModelMetrics, Performance
from influencers.models.rows.split import BY_ACCOUNT
from influencers.models.titles import split_title, who_title
from influencers.models.worth import baseline_caution, chance_caution
from influencers.report.table import count, decimal, plain


def headline_of(models: Mapping[str, Labels], model: str) -> tuple[str, str] | None:
    """The number of a model's first label, which is the one that is shown, and what to know of it.

    The mean over folds of accounts with its deviation; of one fold, the number of unseen accounts.
    A label that was skipped has a dash and the reason: another label's number is no answer.

    Returns:
        None where the model was not trained.
    """
    for label, of_label in models.get(model, {}).items():
        worth = of_label.folds.get("forest")
        if worth is not None:
            return _mean(worth), f"{plain(label)}; {_worth_note(worth)}"
        skipped = [
            f"{split_title(split)}: skipped, {reason}"
            for split, reason in of_label.skipped().items()
        ]
        forest = of_label.measured().get(BY_ACCOUNT, {}).get("forest", ModelMetrics())
        chance = f"unseen accounts; prevalence {decimal(forest.prevalence)}"
        note = "; ".join(skipped) or chance
        return decimal(forest.average_precision), f"{plain(label)}; {note}"
    return None


def model_warnings(models: Mapping[str, Labels]) -> Iterator[str]:
    """Labels that were skipped, forests no better than chance, forests behind a simple number."""
    for model, labels in models.items():
        for label, of_label in labels.items():
            name = f"{plain(model).capitalize()}, {plain(label)}"
            for split, reason in of_label.skipped().items():
                yield f"{name}, {split_title(split)}: skipped, {reason}."
            for who, worth in of_label.folds.items():
                forest = f"{name}, {who_title(who)}"
                chance, behind = chance_caution(worth), baseline_caution(worth)
                if chance:
                    yield f"{forest}: {chance}; `score` asks for --force."
                if behind:
                    yield f"{forest}: {behind}."


def _mean(performance: Performance | Baseline) -> str:
    mean = decimal(performance.average_precision)
    return mean if performance.deviation is None else f"{mean} ± {decimal(performance.deviation)}"


def _worth_note(worth: Performance) -> str:
    many = worth.folds > 1
    where = split_title(worth.split) if worth.split else "held-out data"
    parts = [
        f"mean ± standard deviation of {count(worth.folds)} folds of accounts" if many else where,
        f"prevalence {decimal(worth.prevalence)}",
    ]
    best = worth.best_baseline
    if best:
        name = who_title(best.name)
        parts.append(f"best baseline, {name}: {_mean(best)}; verdict: {worth.verdict}")
    return "; ".join(parts)
