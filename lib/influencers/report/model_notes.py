"""What a reader must know of the models before anything else: their headline, and warnings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from influencers.models.rows.split import SPLITS
from influencers.models.titles import SPLIT_TITLES, WHO_TITLES
from influencers.models.worth import baseline_caution, chance_caution
from influencers.report.table import count, decimal, plain

# The key of what a label's forests are worth over folds of accounts, beside those of its splits.
FOLDS = "folds"


def splits_of(of_label: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The splits of a label, with what was measured on each; or `skipped` with the reason."""
    for split in SPLITS:
        if isinstance(of_label.get(split), Mapping):
            yield split, of_label[split]


def headline_of(models: Mapping[str, Any], model: str) -> tuple[str, str] | None:
    """The number of a model's first label, which is the one that is shown, and what to know of it.

    The mean over folds of accounts with its deviation; of one fold, the number of unseen accounts.
    A label that was skipped has a dash and the reason: another label's number is no answer.

    Returns:
        None where the model was not trained.
    """
    for label, of_label in models.get(model, {}).items():
        worth = of_label.get(FOLDS, {}).get("forest")
        if worth:
            return _mean(worth), f"{plain(label)}; {_worth_note(worth)}"
        skipped = [
            f"{SPLIT_TITLES[split]}: skipped, {found['skipped']}"
            for split, found in splits_of(of_label)
            if "skipped" in found
        ]
        forest = of_label.get(SPLITS[0], {}).get("forest", {})
        chance = f"unseen accounts; prevalence {decimal(forest.get('prevalence'))}"
        note = "; ".join(skipped) or chance
        return decimal(forest.get("average_precision")), f"{plain(label)}; {note}"
    return None


def model_warnings(models: Mapping[str, Any]) -> Iterator[str]:
    """Labels that were skipped, forests no better than chance, forests behind a simple number."""
    for model, labels in models.items():
        for label, of_label in labels.items():
            name = f"{plain(model).capitalize()}, {plain(label)}"
            for split, found in splits_of(of_label):
                if "skipped" in found:
                    yield f"{name}, {SPLIT_TITLES[split]}: skipped, {found['skipped']}."
            for who, worth in of_label.get(FOLDS, {}).items():
                forest = f"{name}, {WHO_TITLES.get(who, plain(who))}"
                chance, behind = chance_caution(worth), baseline_caution(worth)
                if chance:
                    yield f"{forest}: {chance}; `score` asks for --force."
                if behind:
                    yield f"{forest}: {behind}."


def _mean(worth: Mapping[str, Any]) -> str:
    spread = worth.get("deviation")
    mean = decimal(worth["average_precision"])
    return mean if spread is None else f"{mean} ± {decimal(spread)}"


def _worth_note(worth: Mapping[str, Any]) -> str:
    many = worth["folds"] > 1
    where = SPLIT_TITLES.get(worth.get("split", ""), "held-out data")
    parts = [
        f"mean ± standard deviation of {count(worth['folds'])} folds of accounts"
        if many
        else where,
        f"prevalence {decimal(worth['prevalence'])}",
    ]
    best = worth.get("best_baseline")
    if best:
        name = WHO_TITLES.get(best["name"], plain(best["name"]))
        parts.append(f"best baseline, {name}: {_mean(best)}; verdict: {worth['verdict']}")
    return "; ".join(parts)
