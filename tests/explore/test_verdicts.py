from __future__ import annotations

import math

import pytest

from influencers.explore.effects import Effect
from influencers.explore.verdicts import summary, verdict


@pytest.mark.parametrize(
    ("value", "low", "high", "words"),
    [
        (0.02, -0.05, 0.09, "no effect"),
        (0.05, 0.01, 0.09, "no effect"),  # a difference, and a negligible one
        (0.05, -0.05, 0.15, "unclear"),
        (0.12, 0.01, 0.23, "higher"),
        (-0.5, -0.6, -0.4, "lower"),
        (0.07, 0.02, 0.12, "unclear"),  # there is one, but who knows whether it matters
        (-0.07, -0.12, -0.02, "unclear"),
        (0.0, -0.1, 0.1, "unclear"),  # the band is open
        (0.3, math.nan, math.nan, "too few accounts: no verdict"),
        (math.nan, math.nan, math.nan, "nothing to compare with: no verdict"),
    ],
)
def test_a_verdict_follows_from_where_the_interval_lies(
    value: float, low: float, high: float, words: str
) -> None:
    assert verdict(Effect(value, low, high, 20), negligible=0.1) == words


def test_a_feature_without_difference_between_its_levels_has_no_effect() -> None:
    assert summary(["no effect"] * 7) == "no effect"
    assert summary(["no effect", "unclear"]) == "unclear"
    assert summary(["higher", "lower", "no effect"]) == "2 of 3 differ"
    assert summary(["lower", "too few accounts: no verdict"]) == "lower"
    assert summary(["times are truncated: no verdict"]) == "times are truncated: no verdict"
    assert summary([]) == "no data: no verdict"
