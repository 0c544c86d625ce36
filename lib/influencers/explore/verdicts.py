"""What an effect comes to, in plain words."""

from __future__ import annotations

import math
from collections.abc import Iterable

from influencers.explore.effects import Effect

HIGHER, LOWER, NO_EFFECT, UNCLEAR = "higher", "lower", "no effect", "unclear"
ONE_GROUP = "nothing to compare with: no verdict"
TOO_FEW = "too few accounts: no verdict"
TRUNCATED = "times are truncated: no verdict"
NO_DATA = "no data: no verdict"


def verdict(effect: Effect, *, negligible: float) -> str:
    """`higher`, `lower`, `no effect`, `unclear`, or why there is no verdict.

    `no effect` is a finding: the whole interval lies within ±`negligible`. `higher` and `lower`
    take an effect that is not negligible and an interval without 0. Anything else is `unclear`:
    the data do not say.
    """
    if math.isnan(effect.value):
        return ONE_GROUP
    if math.isnan(effect.low):
        return TOO_FEW
    if -negligible < effect.low and effect.high < negligible:
        return NO_EFFECT
    if effect.low > 0 and effect.value >= negligible:
        return HIGHER
    if effect.high < 0 and effect.value <= -negligible:
        return LOWER
    return UNCLEAR


def summary(verdicts: Iterable[str]) -> str:
    """The verdicts on the levels of one feature in one line.

    >>> summary(["no effect", "no effect", "too few accounts: no verdict"])
    'no effect'
    >>> summary(["higher", "no effect", "lower"])
    '2 of 3 differ'
    """
    found = list(verdicts)
    plain = [one for one in found if one in (HIGHER, LOWER, NO_EFFECT, UNCLEAR)]
    if not plain:
        return min(found, default=NO_DATA)
    if len(plain) == 1:
        return plain[0]
    differ = sum(one in (HIGHER, LOWER) for one in plain)
    if differ:
        return f"{differ} of {len(plain)} differ"
    return NO_EFFECT if set(plain) == {NO_EFFECT} else UNCLEAR
