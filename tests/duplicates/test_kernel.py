from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from influencers.duplicates import kernel, schemes

Words = npt.NDArray[np.uint64]
RADII = st.integers(0, 10)


def brute_force(values: Words, radius: int) -> set[tuple[int, int]]:
    numbers = sorted(map(int, values))
    return {
        (a, b)
        for place, a in enumerate(numbers)
        for b in numbers[place + 1 :]
        if (a ^ b).bit_count() <= radius
    }


def found(values: Words, radius: int) -> set[tuple[int, int]]:
    pairs = [
        (min(a, b), max(a, b))
        for first, second in kernel.near_pairs(values, radius)
        for a, b in zip(first.tolist(), second.tolist(), strict=True)
    ]
    assert len(pairs) == len(set(pairs)), "a pair came twice"
    return set(pairs)


def flipped(values: Words, flips: list[list[int]]) -> Words:
    out = [
        int(value) ^ sum(1 << bit for bit in set(bits)) for value in values for bits in [[], *flips]
    ]
    return np.unique(np.array(out, dtype=np.uint64))


WORDS = st.lists(st.integers(0, schemes.ALL), min_size=1, max_size=12)
FLIPS = st.lists(st.lists(st.integers(0, 63), min_size=1, max_size=11), max_size=12)


@settings(max_examples=150, deadline=None)
@given(WORDS, FLIPS, RADII)
def test_pairs_are_those_of_brute_force(words: list[int], flips: list[list[int]], r: int) -> None:
    values = flipped(np.array(words, dtype=np.uint64), flips)
    for radius in (r, r + 1):
        assert found(values, radius) == brute_force(values, radius)


# The same at sizes where runs are cut, searched by themselves or compared one by one.
@pytest.mark.parametrize("radius", [1, 2, 4, 5, 10])
@pytest.mark.parametrize("kind", ["crowded", "uniform", "shared", "degenerate"])
def test_crowds(radius: int, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "_LONG_RUN", 8)
    monkeypatch.setattr(kernel, "_CHUNK", 64)
    monkeypatch.setattr(kernel, "_FEW", 1)
    rng = np.random.default_rng(radius)
    values = rng.integers(0, 2**64, 600, dtype=np.uint64)
    if kind == "crowded":  # all within a few bits of three centres
        flips = np.uint64(1) << rng.integers(0, 64, (600, 6), dtype=np.uint64)
        values = values[rng.integers(0, 3, 600)] ^ np.bitwise_xor.reduce(flips, axis=1)
    elif kind == "shared":  # a tenth have the same sixteen bits, the sign among them
        values[:60] = (values[:60] >> np.uint64(16)) | np.uint64(0xBEEF << 48)
    elif kind == "degenerate":
        values = np.concatenate([values[:200], np.arange(400, dtype=np.uint64)])
        values = np.append(values, np.uint64(schemes.ALL))
    values = np.unique(values)
    assert found(values, radius) == brute_force(values, radius)


@pytest.mark.parametrize("radius", range(1, 11))
def test_every_scheme_finds_every_pair_in_exactly_one_table(radius: int) -> None:
    rng = np.random.default_rng(radius)
    for scheme in schemes.schemes(radius)[:4]:
        assert len(scheme.tables) == scheme.count
        flips = np.array(
            [
                sum(1 << int(bit) for bit in rng.choice(64, size, replace=False))
                for size in range(1, radius + 1)
                for _ in range(20)
            ],
            dtype=np.uint64,
        )
        claims = sum(scheme.claims(n, flips).astype(int) for n in range(scheme.count))
        assert claims.tolist() == [1] * len(flips)


@given(st.lists(st.integers(0, schemes.ALL), min_size=1), st.integers(1, 10), st.integers(1, 5))
def test_arranging_can_be_undone(words: list[int], radius: int, more: int) -> None:
    values = np.array(words, dtype=np.uint64)
    for table in schemes.Scheme(radius + more, radius).tables[:3]:
        assert table.restored(table.arranged(values)).tolist() == words


def test_candidates_are_counted_by_key() -> None:
    table = schemes.Scheme(2, 1).tables[0]
    keys = np.repeat(np.arange(4, dtype=np.uint64), [1, 2, 3, 4]) << np.uint64(
        table.free.bit_count()
    )
    words = np.sort(keys | np.arange(10, dtype=np.uint64))
    assert kernel.candidates(words, table, 1) == 0 + 1 + 3 + 6


def test_evenly_used_keys_have_the_fewest_candidates() -> None:
    values = np.random.default_rng(3).integers(0, 2**64, 20_000, dtype=np.uint64)
    for scheme in schemes.schemes(4)[:2]:
        counted = sum(
            kernel.candidates(np.sort(table.arranged(values)), table, 4) for table in scheme.tables
        )
        assert scheme.fewest_candidates(len(values)) <= counted * 1.02
