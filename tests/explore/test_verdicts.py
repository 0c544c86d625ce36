from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from influencers.explore.effects import Effect
from influencers.explore.verdicts import VERDICTS, Band, summary, verdict

DELTA, ODDS = Band.of_delta(0.1), Band.of_odds_ratio(1.25)


@pytest.mark.parametrize(
    ("value", "low", "high", "words"),
    [
        (0.02, -0.05, 0.09, "no effect"),
        (0.05, -0.05, 0.15, "unclear"),
        (0.0, -0.1, 0.1, "unclear"),  # the band is open
        (0.0, -0.4, 0.4, "unclear"),
        (0.22, 0.11, 0.33, "higher"),
        (-0.5, -0.6, -0.4, "lower"),
        (0.12, 0.01, 0.23, "slightly higher"),  # there is one, but who knows whether it matters
        (-0.07, -0.12, -0.02, "slightly lower"),
        (0.05, 0.01, 0.09, "slightly higher"),  # a difference, and a negligible one
        (0.2, 0.1, 0.3, "slightly higher"),
        (0.05, 0.0, 0.09, "no effect"),  # an interval that ends at the null holds it
        (0.3, math.nan, math.nan, "too few accounts: no verdict"),
        (math.nan, math.nan, math.nan, "nothing to compare with: no verdict"),
    ],
)
def test_a_verdict_follows_from_where_the_interval_lies(
    value: float, low: float, high: float, words: str
) -> None:
    assert verdict(Effect(value, low, high, 20), band=DELTA) == words


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.85, 1.2, "no effect"), (0.7, 1.1, "unclear"), (1.3, 2.0, "higher"),
        (1.1, 2.0, "slightly higher"), (0.2, 0.4, "lower"), (0.6, 0.95, "slightly lower"),
    ],
)  # fmt: skip
def test_odds_are_judged_around_one(low: float, high: float, words: str) -> None:
    assert verdict(Effect(math.sqrt(low * high), low, high, 20), band=ODDS) == words


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_every_interval_has_one_verdict_and_the_mirrored_one_its_opposite(
    one: float, other: float
) -> None:
    low, high = sorted((one, other))
    found = verdict(Effect(low, low, high, 20), band=DELTA)
    assert found in VERDICTS
    opposite = {"higher": "lower", "lower": "higher"}
    mirrored = " ".join(opposite.get(word, word) for word in found.split())
    assert verdict(Effect(-low, -high, -low, 20), band=DELTA) == mirrored
    # A claim of a difference and an interval that holds the null would disagree.
    assert (low <= 0 <= high) == (found in ("no effect", "unclear"))


def test_a_feature_without_difference_between_its_levels_has_no_effect() -> None:
    assert summary(["no effect"] * 7) == "no effect"
    assert summary(["no effect", "unclear"]) == "unclear"
    assert summary(["higher", "slightly lower", "no effect"]) == "2 of 3 differ"
    assert summary(["slightly lower", "too few accounts: no verdict"]) == "slightly lower"
    assert summary(["times are truncated: no verdict"]) == "times are truncated: no verdict"
    assert summary([]) == "no data: no verdict"
