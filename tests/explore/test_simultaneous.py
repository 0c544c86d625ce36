"""Traits that mean nothing, through the arithmetic of the table of content: how often it claims."""

from __future__ import annotations

import numpy as np

from influencers.explore.content import shared_by
from influencers.explore.effects import delta_within
from influencers.explore.verdicts import DIFFERENT, Band, verdict

BUCKETS, ACCOUNTS = 64, 300
# Levels of content types, location, question, hashtag counts, hashtags, hours and weekdays.
LEVELS = (3, 1, 1, 6, 40, 24, 7)
BAND = Band.of_delta(0.1)


def claims(rng: np.random.Generator, *, corrected: bool) -> int:
    """How many levels of a table are said to differ; accounts differ in rates and in habits."""
    buckets = rng.integers(BUCKETS, size=ACCOUNTS)
    owners = np.repeat(np.arange(ACCOUNTS), 2 + rng.geometric(1 / 14, size=ACCOUNTS))
    sizes = np.bincount(owners)
    found = 0
    for _ in range(3):
        in_order = np.lexsort((rng.normal(size=len(owners)), owners))  # of each account, at random
        place = np.empty(len(owners), int)
        place[in_order] = np.arange(len(owners)) - (np.cumsum(sizes) - sizes)[owners]
        standing = 2 * place + 1 - sizes[owners]  # posts beaten less posts lost to
        for levels in LEVELS:
            habit = rng.beta(0.5, 2.0, size=(ACCOUNTS, levels))
            for level in range(levels):
                has = rng.random(len(owners)) < habit[owners, level]
                wins = np.bincount(owners[has], standing[has], minlength=ACCOUNTS) / sizes
                with_it = np.bincount(owners[has], minlength=ACCOUNTS)
                weights = with_it * (sizes - with_it) / sizes
                effect = delta_within(
                    np.bincount(buckets, wins, minlength=BUCKETS),
                    np.bincount(buckets, weights, minlength=BUCKETS),
                    comparisons=shared_by(levels) if corrected else 1,
                )
                found += verdict(effect, band=BAND) in DIFFERENT
    return found


def test_traits_without_meaning_are_claimed_in_about_one_table_of_twenty() -> None:
    """More than 10 of 100 tables would be a matter of luck in 1 of 100 tries."""
    rng = np.random.default_rng(2)
    assert sum(claims(rng, corrected=True) > 0 for _ in range(100)) <= 10


def test_single_intervals_would_claim_something_in_nearly_every_table() -> None:
    rng = np.random.default_rng(2)
    assert sum(claims(rng, corrected=False) > 0 for _ in range(10)) >= 9
