from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from influencers.synthetic import streams

SEEDS = st.integers(0, 2**62 - 1)


def test_a_stream_depends_on_seed_purpose_and_block_alone() -> None:
    one = streams.stream(7, "posts", 3).random(5)
    assert (one == streams.stream(7, "posts", 3).random(5)).all()
    for other in (
        streams.stream(8, "posts", 3),
        streams.stream(7, "roles", 3),
        streams.stream(7, "posts", 4),
    ):
        assert not np.isin(one, other.random(1000)).any()


def test_the_numbers_of_a_stream_are_the_ones_that_samples_were_made_with() -> None:
    rng = streams.stream(7, "posts", 3)
    assert rng.random(2).tolist() == [0.04856083630343544, 0.29351191736179705]
    assert np.round(rng.standard_normal(2), 12).tolist() == [0.934933527454, 0.407736620368]


@given(st.lists(st.integers(0, 2**63 - 1), unique=True, max_size=50), SEEDS)
def test_mix64_can_be_undone(numbers: list[int], key: int) -> None:
    mixed = streams.mix64(np.array(numbers, dtype=np.int64), key).tolist()
    assert [unmix64(value, key) for value in mixed] == numbers


def unmix64(value: int, key: int) -> int:
    for shift, factor in ((31, 0x94D049BB133111EB), (27, 0xBF58476D1CE4E5B9), (30, None)):
        undone = value
        for _ in range(64 // shift + 1):
            undone = value ^ (undone >> shift)
        value = undone if factor is None else undone * pow(factor, -1, 2**64) % 2**64
    return (value - key * 0x9E3779B97F4A7C15) % 2**64


@given(st.integers(0, 2**40), SEEDS)
def test_shortcodes_are_distinct_and_look_like_shortcodes(first: int, seed: int) -> None:
    codes = streams.shortcodes(np.arange(first, first + 300), seed)
    assert len(set(codes)) == 300
    assert all(len(code) == 11 and set(code) <= set(ALPHABET) for code in codes)
    numbers = streams.mix64(np.arange(first, first + 300), seed + 1).tolist()
    assert [from_base_64(code) for code in codes] == numbers


def from_base_64(code: str) -> int:
    return sum(ALPHABET.index(c) * 64**place for place, c in enumerate(reversed(code)))


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@given(st.integers(0, 2**30), SEEDS)
def test_owner_ids_are_distinct_and_have_9_to_11_digits(first: int, seed: int) -> None:
    ids = streams.owner_ids(np.arange(first, first + 300), seed).tolist()
    assert len(set(ids)) == 300
    assert {len(str(one)) for one in ids} == {9, 10, 11}


def test_pick_follows_the_weights() -> None:
    picked = streams.pick(streams.stream(1, "test"), np.array([1.0, 0.0, 3.0]), 4_000)
    shares = np.bincount(picked, minlength=3) / 4_000
    assert abs(shares - np.array([0.25, 0.0, 0.75])).max() < 0.02


def test_scattered_is_a_permutation() -> None:
    order = streams.scattered(streams.stream(1, "test"), 100)
    assert sorted(order.tolist()) == list(range(100))
    assert order.tolist() != sorted(order.tolist())
