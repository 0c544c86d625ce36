"""Searches within groups agree with plain loops."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from influencers.growth.runs import places_before, spaced

PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(-5, 30)), max_size=30)


def columns(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([a for a, _ in pairs], np.int64), np.array([b for _, b in pairs], np.int64)


@given(PAIRS, PAIRS, st.booleans())
def test_rows_before_a_value(
    rows: list[tuple[int, int]], asked: list[tuple[int, int]], equal: bool
) -> None:
    found = places_before(*columns(sorted(rows)), *columns(asked), equal=equal)
    expected = [sum(row < one or (equal and row == one) for row in rows) for one in asked]
    assert found.tolist() == expected


@given(PAIRS, st.integers(1, 12), st.booleans())
def test_values_that_are_far_enough_from_the_last_kept(
    rows: list[tuple[int, int]], gap: int, equal: bool
) -> None:
    rows = sorted(rows)
    kept: list[int] = []
    for place, (group, value) in enumerate(rows):
        last = rows[kept[-1]] if kept else None
        far = last is not None and (value - last[1] > gap or (equal and value - last[1] == gap))
        if last is None or last[0] != group or far:
            kept.append(place)
    assert spaced(*columns(rows), gap, equal=equal).tolist() == kept
