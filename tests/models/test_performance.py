"""What a model is worth, of folds whose numbers are known."""

from __future__ import annotations

import numpy as np
import pytest

from influencers.errors import UserError
from influencers.measured.keys import as_json
from influencers.models import worth
from influencers.models.evaluate.performance import (
    BETTER,
    NO_CLEAR_GAIN,
    TOO_FEW,
    WORSE,
    Fold,
    summary,
    verdict,
)


def fold(groups: int = 15, prevalence: float = 0.1, shift: float = 0.0, **whos: float) -> Fold:
    """A fold whose draws scatter by .01 about its numbers, in step for all of them."""
    random = np.random.default_rng(4)
    common, own = random.normal(0, 0.05, 200), {who: random.normal(0, 0.01, 200) for who in whos}
    return Fold(
        rows=100,
        groups=groups,
        prevalence=prevalence,
        random=prevalence,
        random_draws=prevalence + random.normal(0, 0.01, 200),
        average_precision={who: value + shift for who, value in whos.items()},
        draws={who: value + shift + common + own[who] for who, value in whos.items()},
    )


def test_means_are_over_folds_and_held_against_the_best_baseline() -> None:
    folds = [
        fold(shift=shift, forest=0.6, history_only=0.7, likes_only=0.5) for shift in (0, 0.1, 0.2)
    ]
    found = summary(folds, "forest", ["likes_only", "history_only"], min_groups=20)
    assert found is not None
    assert (found.folds, found.rows, found.account_groups) == (3, 300, 45)
    assert found.values == pytest.approx([0.6, 0.7, 0.8])
    assert found.average_precision == pytest.approx(0.7)
    assert found.deviation == pytest.approx(0.1)
    best = found.best_baseline
    assert best is not None and found.over_best is not None
    assert best.name == "history_only"
    assert best.average_precision == pytest.approx(0.8)
    assert best.deviation == pytest.approx(0.1)
    assert found.over_best.average_precision == pytest.approx(-0.1)
    # What moves both together is no part of the difference: its interval is narrow.
    low, high = found.over_best.interval
    assert -0.14 < low < -0.1 < high < -0.06
    assert found.interval[1] - found.interval[0] > 0.1
    assert found.verdict == WORSE
    assert found.over_random.average_precision == pytest.approx(0.6)


@pytest.mark.parametrize(("forest", "said"), [(0.75, BETTER), (0.6, NO_CLEAR_GAIN), (0.5, WORSE)])
def test_verdicts(forest: float, said: str) -> None:
    found = summary([fold(forest=forest, base=0.6)] * 2, "forest", ["base"], min_groups=20)
    assert found is not None
    assert found.verdict == said


def test_too_few_accounts_have_neither_interval_nor_verdict() -> None:
    found = summary([fold(3, forest=0.9, base=0.1)] * 5, "forest", ["base"], min_groups=20)
    assert found is not None
    assert found.verdict == TOO_FEW == verdict(None)
    assert found.interval is None
    assert found.over_best.interval is found.over_random.interval is None


def test_a_fold_without_a_number_and_a_baseline_without_a_fold_are_left_out() -> None:
    whole = fold(forest=0.5, base=0.6, other=0.9)
    without = fold(forest=0.7, base=0.6)
    empty = Fold(
        4, 2, 0.0, None, np.full(200, np.nan), {"forest": None}, {"forest": np.full(200, np.nan)}
    )
    found = summary([whole, without, empty], "forest", ["base", "other"], min_groups=20)
    assert found is not None
    assert found.folds == 2
    assert found.best_baseline.name == "base"
    alone = summary([whole], "forest", [], min_groups=20)
    assert alone is not None
    assert alone.deviation is alone.best_baseline is None
    assert alone.verdict is alone.over_best is None
    assert summary([empty], "forest", ["base"], min_groups=20) is None


def card(found: Fold, min_groups: int = 10) -> dict[str, object]:
    performance = summary([found], "forest", ["likes_only"], min_groups=min_groups)
    return {"name": "virality-top_likes", "performance": as_json(performance)}


def test_a_model_that_is_ahead_is_used_without_a_word() -> None:
    assert worth.warnings(card(fold(forest=0.7, likes_only=0.6)), force=False) == []
    assert worth.warnings({"name": "of an older version"}, force=False) == []


def test_a_model_behind_its_best_baseline_is_told_in_one_line() -> None:
    (line,) = worth.warnings(card(fold(forest=0.6, likes_only=0.7)), force=False)
    assert line.startswith("warning: virality-top_likes: average precision 0.600 is behind that")
    assert "mean likes alone, 0.700 (95 % of the difference: -0.1" in line


@pytest.mark.parametrize("min_groups", [10, 1_000])
def test_a_model_no_better_than_chance_has_to_be_forced(min_groups: int) -> None:
    weak = card(fold(forest=0.09, likes_only=0.05), min_groups)
    with pytest.raises(UserError, match=r"0\.090 is not shown to be above .* 0\.100.*--force"):
        worth.warnings(weak, force=False)
    (line,) = worth.warnings(weak, force=True)
    assert line.startswith("warning: virality-top_likes: average precision 0.090 is not shown")


def test_what_an_interval_cannot_tell_from_chance_is_chance() -> None:
    barely = card(fold(forest=0.12, likes_only=0.05))
    with pytest.raises(UserError, match="--force"):
        worth.warnings(barely, force=False)
