"""Whether a model is worth asking: what is to be said against it, beside what is simple."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from influencers.errors import UserError
from influencers.measured.models import Performance
from influencers.measured.reading import read_performance
from influencers.models.evaluate.performance import is_behind, not_above_chance
from influencers.models.titles import who_title


def chance_caution(performance: Performance) -> str | None:
    """That nothing shows a model to be better than chance; None where something does.

    Args:
        performance: what `performance.summary` says of it.
    """
    if not not_above_chance(performance):
        return None
    return (
        f"average precision {performance.average_precision:.3f} is not shown to be above "
        f"that of a random order, {performance.random:.3f}"
    )


def baseline_caution(performance: Performance) -> str | None:
    """That a model is behind its best baseline beyond the interval; None where it is not."""
    best, gain = performance.best_baseline, performance.over_best
    if not is_behind(performance) or best is None or gain is None or gain.interval is None:
        return None
    low, high = gain.interval
    return (
        f"average precision {performance.average_precision:.3f} is behind that of "
        f"{who_title(best.name)}, {best.average_precision:.3f} "
        f"(95 % of the difference: {low:.3f} to {high:.3f})"
    )


def warnings(card: Mapping[str, Any], *, force: bool) -> list[str]:
    """What whoever asks a saved model has to know of it, a line each; none where nothing is amiss.

    Cards of older versions do not say what a model is worth: nothing is said of these.

    Args:
        card: of the model (see `saved.make_card`).
        force: use it even if nothing shows that it is better than chance.

    Raises:
        UserError: nothing shows that the model is better than chance, and it is not forced.
    """
    if not card.get("performance"):
        return []
    performance = read_performance(card["performance"], source=f"the card of {card['name']}")
    chance, behind = chance_caution(performance), baseline_caution(performance)
    if chance and not force:
        raise UserError(
            f"{card['name']}: {chance}: train on more accounts, or say --force to use it as it is"
        )
    return [f"warning: {card['name']}: {line}" for line in (chance, behind) if line]
