from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from influencers.explore.effects import (
    MIN_BUCKETS,
    cliffs_delta,
    delta_between,
    delta_within,
    odds_ratio_between,
    student_t,
)

counts = arrays(np.int64, st.tuples(st.just(6)), elements=st.integers(0, 4))
by_bucket = arrays(np.int64, (12, 5), elements=st.integers(0, 3))


def pairwise(first: np.ndarray, second: np.ndarray) -> float:
    """Cliff's delta by its definition: every pair is looked at."""
    xs, ys = (np.repeat(np.arange(len(c)), c) for c in (first, second))
    if not len(xs) or not len(ys):
        return math.nan
    return float(np.mean([np.sign(x - y) for x in xs for y in ys]))


@given(counts, counts)
def test_cliffs_delta_is_that_of_all_pairs(first: np.ndarray, second: np.ndarray) -> None:
    assert cliffs_delta(first, second) == pytest.approx(pairwise(first, second), nan_ok=True)


@given(counts, counts)
def test_swapping_the_groups_turns_the_sign(first: np.ndarray, second: np.ndarray) -> None:
    swapped = -cliffs_delta(second, first)
    assert cliffs_delta(first, second) == pytest.approx(swapped, nan_ok=True)


@given(by_bucket, by_bucket)
def test_the_interval_is_that_of_the_jackknife(first: np.ndarray, second: np.ndarray) -> None:
    effect = delta_between(first, second)
    assert effect.value == pytest.approx(pairwise(first.sum(0), second.sum(0)), nan_ok=True)
    with_both = min(int((group.sum(1) > 0).sum()) for group in (first, second))
    assert effect.buckets == with_both
    if with_both < MIN_BUCKETS:
        assert math.isnan(effect.low) and math.isnan(effect.high)
        return
    speaking = [b for b in range(12) if first[b].sum() + second[b].sum()]
    without = [
        pairwise(np.delete(first, b, 0).sum(0), np.delete(second, b, 0).sum(0)) for b in speaking
    ]
    n = len(speaking)
    error = math.sqrt((n - 1) / n * sum((w - np.mean(without)) ** 2 for w in without))
    reach = student_t(0.975, with_both - 1) * error
    assert effect.low == pytest.approx(max(-1, effect.value - reach))
    assert effect.high == pytest.approx(min(1, effect.value + reach))


def test_intervals_hold_as_often_as_they_say_when_accounts_differ() -> None:
    """200 data sets without an effect, whose accounts differ more than their posts do."""
    rng = np.random.default_rng(5)
    held, naive = 0, 0
    for _ in range(200):
        level = rng.normal(size=40)[:, None]  # of the account: shared by all its posts
        share = rng.uniform(size=40)[:, None]  # how much of the account is in the first group
        values = np.digitize(level + 0.3 * rng.normal(size=(40, 15)), np.linspace(-2, 2, 9))
        is_first = rng.uniform(size=(40, 15)) < share
        first, second = (
            np.array([np.bincount(v[m], minlength=10) for v, m in zip(values, mask, strict=True)])
            for mask in (is_first, ~is_first)
        )
        effect = delta_between(first, second)
        held += effect.low <= 0 <= effect.high
        naive += abs(effect.value) < 1.96 * math.sqrt((1 / 300 + 1 / 300) / 3)
    assert 0.90 <= held / 200 <= 0.99
    assert naive / 200 < 0.75  # posts taken for independent witnesses


def test_one_group_without_posts_has_no_effect_at_all() -> None:
    effect = delta_between(np.ones((12, 3), int), np.zeros((12, 3), int))
    assert math.isnan(effect.value) and math.isnan(effect.low)
    effect = delta_within(np.zeros(12), np.zeros(12))
    assert math.isnan(effect.value) and effect.buckets == 0


def test_within_accounts_the_effect_is_the_ratio_of_sums() -> None:
    wins, weights = np.arange(12) - 3, np.full(12, 20)
    effect = delta_within(wins, weights)
    assert effect.value == pytest.approx(wins.sum() / 240)
    assert effect.low < effect.value < effect.high
    # For equal weights the jackknife is the standard error of the mean.
    error = (wins / 20).std(ddof=1) / math.sqrt(12)
    assert effect.high - effect.value == pytest.approx(student_t(0.975, 11) * error)
    wider = delta_within(wins, weights, comparisons=24)
    assert wider.low < effect.low and wider.high > effect.high


def test_the_odds_ratio_is_that_of_the_four_cells_with_its_jackknife() -> None:
    rng = np.random.default_rng(3)
    first = rng.integers(1, 9, size=(14, 2))
    second = rng.integers(1, 30, size=(14, 2))
    effect = odds_ratio_between(first, second)

    def by_definition(buckets: list[int]) -> float:
        (a, b), (c, d) = first[buckets].sum(0) + 0.5, second[buckets].sum(0) + 0.5
        return math.log((b / a) / (d / c))

    every = list(range(14))
    assert effect.value == pytest.approx(math.exp(by_definition(every)))
    without = [by_definition(every[:b] + every[b + 1 :]) for b in every]
    error = math.sqrt(13 / 14 * sum((w - np.mean(without)) ** 2 for w in without))
    reach = student_t(0.975, 13) * error
    assert math.log(effect.low) == pytest.approx(math.log(effect.value) - reach)
    assert math.log(effect.high) == pytest.approx(math.log(effect.value) + reach)
    turned = odds_ratio_between(second, first)
    assert (turned.low, turned.high) == pytest.approx((1 / effect.high, 1 / effect.low))
    wider = odds_ratio_between(first, second, comparisons=52)
    assert wider.low < effect.low < effect.value < effect.high < wider.high


def test_a_trait_of_few_posts_can_come_out_lower() -> None:
    """Videos are 3.1 % of viral posts and 10.2 % of the others: a third of the odds."""
    rng = np.random.default_rng(4)
    viral_videos, videos = rng.binomial(32, 0.031, size=64), rng.binomial(280, 0.102, size=64)
    effect = odds_ratio_between(
        np.stack([32 - viral_videos, viral_videos], axis=1),
        np.stack([280 - videos, videos], axis=1),
        comparisons=52,
    )
    assert effect.value == pytest.approx((0.031 / 0.969) / (0.102 / 0.898), rel=0.4)
    assert effect.high < 0.8


def test_odds_without_posts_in_enough_buckets_have_no_interval() -> None:
    viral, other = np.full((12, 2), 3), np.full((12, 2), 50)
    assert odds_ratio_between(viral, other).low > 0
    viral[MIN_BUCKETS - 1 :, 1] = 0  # the trait in nine buckets of viral posts
    assert math.isnan(odds_ratio_between(viral, other).low)
    assert math.isnan(odds_ratio_between(np.zeros((12, 2)), other).value)


@pytest.mark.parametrize(
    ("probability", "degrees", "value"),
    # From the tables of Student's t.
    [(0.975, 9, 2.262), (0.975, 20, 2.086), (0.975, 63, 1.998), (0.995, 9, 3.250),
     (0.9995, 9, 4.781), (0.9995, 60, 3.460)],
)  # fmt: skip
def test_students_t_is_that_of_the_tables(probability: float, degrees: int, value: float) -> None:
    assert student_t(probability, degrees) == pytest.approx(value, rel=0.001)
