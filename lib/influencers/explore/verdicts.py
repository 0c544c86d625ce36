"""What an effect comes to, in plain words: one rule for all effects (docs/verdicts.md).

The rule looks at the interval alone, which is already as wide as the number of comparisons asks
for (see `effects`): verdicts and intervals cannot disagree.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from influencers.explore.effects import Effect

HIGHER, SLIGHTLY_HIGHER, NO_EFFECT = "higher", "slightly higher", "no effect"
LOWER, SLIGHTLY_LOWER, UNCLEAR = "lower", "slightly lower", "unclear"
DIFFERENT = (HIGHER, SLIGHTLY_HIGHER, SLIGHTLY_LOWER, LOWER)
VERDICTS = (*DIFFERENT, NO_EFFECT, UNCLEAR)
ONE_GROUP = "nothing to compare with: no verdict"
TOO_FEW = "too few accounts: no verdict"
TRUNCATED = "times are truncated: no verdict"
NO_DATA = "no data: no verdict"


@dataclass(frozen=True)
class Band:
    """Effects too small to matter: those between `low` and `high`; `null` is no effect at all."""

    low: float
    null: float
    high: float

    @classmethod
    def of_delta(cls, width: float) -> Band:
        """The band of Cliff's delta: less than `width` from 0.

        >>> Band.of_delta(0.1)
        Band(low=-0.1, null=0.0, high=0.1)
        """
        return cls(-width, 0.0, width)

    @classmethod
    def of_odds_ratio(cls, factor: float) -> Band:
        """The band of an odds ratio: less than `factor` times as much or as little.

        >>> Band.of_odds_ratio(1.25)
        Band(low=0.8, null=1.0, high=1.25)
        """
        return cls(1 / factor, 1.0, factor)


def verdict(effect: Effect, *, band: Band) -> str:
    """One of six verdicts, or why there is none.

    - `higher`, `lower`: the whole interval lies beyond the band.
    - `slightly higher`, `slightly lower`: the interval excludes the null, but not the whole band:
      there is an effect, and it may be too small to matter.
    - `no effect`: the interval holds the null and lies within the band. That is a finding.
    - `unclear`: anything else. The interval holds the null and effects that matter.
    """
    if math.isnan(effect.value):
        return ONE_GROUP
    if math.isnan(effect.low):
        return TOO_FEW
    if effect.low > band.null:
        return HIGHER if effect.low > band.high else SLIGHTLY_HIGHER
    if effect.high < band.null:
        return LOWER if effect.high < band.low else SLIGHTLY_LOWER
    within = band.low < effect.low and effect.high < band.high
    return NO_EFFECT if within else UNCLEAR


def summary(verdicts: Iterable[str]) -> str:
    """The verdicts on the levels of one feature in one line.

    >>> summary(["no effect", "no effect", "too few accounts: no verdict"])
    'no effect'
    >>> summary(["higher", "no effect", "slightly lower"])
    '2 of 3 differ'
    """
    every = list(verdicts)
    plain = [word for word in every if word in VERDICTS]
    if not plain:
        return min(every, default=NO_DATA)
    if len(plain) == 1:
        return plain[0]
    differ = sum(word in DIFFERENT for word in plain)
    if differ:
        return f"{differ} of {len(plain)} differ"
    return NO_EFFECT if set(plain) == {NO_EFFECT} else UNCLEAR
