"""Positions: no overlap, nothing random, linked things close."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from influencers.communities import layout
from influencers.communities.layout import Points

box = st.tuples(st.floats(1, 120), st.floats(8, 30))


def overlaps(at: Points, sizes: Points) -> int:
    return sum(
        bool((np.abs(at[a] - at[b]) < (sizes[a] + sizes[b]) / 2 - 1e-3).all())
        for a, b in combinations(range(len(at)), 2)
    )


@settings(max_examples=30, deadline=None)
@given(st.lists(box, min_size=1, max_size=25), st.sampled_from(["one place", "spiral", "line"]))
def test_separated_boxes_do_not_overlap(boxes: list[tuple[float, float]], start: str) -> None:
    sizes = np.array(boxes)
    at = {
        "one place": np.zeros((len(boxes), 2)),
        "spiral": layout.spiral(len(boxes)) * 40,
        "line": np.stack([np.arange(len(boxes)) * 3.0, np.zeros(len(boxes))], axis=1),
    }[start]
    assert overlaps(layout.separate(at, sizes), sizes) == 0


def test_boxes_that_are_apart_stay_where_they_are() -> None:
    at = np.array([[0.0, 0.0], [30.0, 0.0], [0.0, 30.0]])
    assert (layout.separate(at, np.full((3, 2), 20.0)) == at).all()


@settings(max_examples=30, deadline=None)
@given(st.lists(box, min_size=1, max_size=8))
def test_boxes_on_shelves_do_not_overlap(boxes: list[tuple[float, float]]) -> None:
    sizes = np.array(boxes)
    at = layout.shelve(layout.spiral(len(boxes)), sizes, aspect=1.5)
    assert overlaps(at, sizes) == 0
    low, high = layout.bounds(at, sizes)
    assert (high - low)[0] <= sizes[:, 0].sum() + 1e-6


def test_six_equal_boxes_fill_a_wide_page() -> None:
    sizes = np.full((6, 2), 10.0)
    low, high = layout.bounds(layout.shelve(layout.spiral(6), sizes, aspect=1.5), sizes)
    assert (high - low).tolist() == [30.0, 20.0]


def test_linked_things_are_closer_than_others() -> None:
    cliques = [range(5), range(5, 10)]
    links = [(a, b, 1.0) for own in cliques for a, b in combinations(own, 2)]
    at = layout.force_layout(10, links)
    far = np.linalg.norm(at[:, None] - at[None], axis=2)
    inside = np.mean([far[a, b] for a, b, _ in links])
    across = np.mean([far[a, b] for a in cliques[0] for b in cliques[1]])
    assert inside < across / 2


@pytest.mark.parametrize("count", [0, 1, 2, 40])
def test_layout_is_the_same_every_time_and_fits_its_square(count: int) -> None:
    links = [(n, (n * 7 + 1) % count, 1.0 + n) for n in range(count) if n != (n * 7 + 1) % count]
    at = layout.force_layout(count, links)
    assert at.shape == (count, 2)
    assert (at == layout.force_layout(count, links)).all()
    assert (np.abs(at) <= 0.5 + 1e-9).all()
