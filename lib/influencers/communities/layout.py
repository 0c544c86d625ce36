"""Where things go in a figure of a graph: the same every time, and without overlaps.

Positions are arrays of (x, y), one row a thing, in any unit; sizes are widths and heights in the
same unit. Nothing is random: things start on a spiral in the order given.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

_GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))
# Steps of the force layout: twice what 120 vertices need to come to rest.
_FORCE_STEPS = 300
# Overlaps of 120 boxes are gone after some 100 sweeps; the bound is for pathological sizes.
_SEPARATION_SWEEPS = 5_000


def spiral(count: int) -> Points:
    """`count` points spread evenly over the unit disc, the first in the middle."""
    at = np.arange(count)
    radius = np.sqrt(at / max(count, 1))
    angle = at * _GOLDEN_ANGLE
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def force_layout(count: int, links: list[tuple[int, int, float]]) -> Points:
    """Positions in which linked things are close, in the unit square around the origin.

    T. M. J. Fruchterman, E. M. Reingold, "Graph drawing by force-directed placement", Software:
    Practice and Experience 21 (1991): everything repels, links attract by their weight, and steps
    grow smaller until all is at rest. A pull to the middle keeps unlinked things near.

    Args:
        count: how many things.
        links: (first, second, weight); the largest weight counts as 1.
    """
    if count < 2:
        return np.zeros((count, 2))
    at = spiral(count)
    strength = np.zeros((count, count))
    heaviest = max((weight for *_, weight in links), default=1.0)
    for first, second, weight in links:
        strength[first, second] += weight / heaviest
        strength[second, first] += weight / heaviest
    ideal = 1 / np.sqrt(count)
    for step in range(_FORCE_STEPS):
        apart = at[:, None] - at[None]
        distance = np.maximum(np.sqrt((apart**2).sum(axis=2)), 1e-3)
        push = ideal**2 / distance**2 - strength * distance / ideal
        moves = (apart * push[:, :, None]).sum(axis=1) - 0.5 * at
        length = np.maximum(np.sqrt((moves**2).sum(axis=1, keepdims=True)), 1e-9)
        at = at + moves / length * np.minimum(length, 0.1 * (1 - step / _FORCE_STEPS))
    at = at - (at.max(axis=0) + at.min(axis=0)) / 2
    extent: Points = np.maximum(at.max(axis=0) - at.min(axis=0), 1e-9)
    unit: Points = at / extent
    return unit


def separate(at: Points, sizes: Points) -> Points:
    """The positions moved as little as it takes for boxes around them not to overlap.

    Each sweep moves every two boxes that overlap apart, along the side where it takes less.

    Args:
        at: the boxes' middles.
        sizes: their widths and heights, with whatever gap is wanted.
    """
    count = len(at)
    if count < 2:
        return at
    at = at.copy()
    reach = (sizes[:, None] + sizes[None]) / 2
    different = ~np.eye(count, dtype=bool)
    # Boxes in the very same place are moved apart by their order.
    order = np.sign(np.arange(count)[:, None] - np.arange(count)[None])
    for _ in range(_SEPARATION_SWEEPS):
        apart = at[:, None] - at[None]
        overlap = reach - np.abs(apart)
        hit = (overlap > 1e-6).all(axis=2) & different
        if not hit.any():
            break
        way = np.where(apart == 0, order[:, :, None], np.sign(apart))
        along_x = overlap[:, :, 0] < overlap[:, :, 1]
        amount = np.where(np.stack([along_x, ~along_x], axis=2), overlap, 0.0) * hit[:, :, None]
        # A little more than half: two boxes part in one sweep, and crowds drift outwards.
        at = at + 0.51 * (way * amount).sum(axis=1) / np.maximum(hit.sum(axis=1), 1)[:, None]
    return at


def shelve(at: Points, sizes: Points, *, aspect: float) -> Points:
    """The boxes in rows, roughly where they were, on as small a page as rows can be.

    The number of rows is the one with the smallest page. Boxes go into rows from top to bottom,
    the same number in each as far as they divide, and stand in a row from left to right; rows are
    centred.

    Args:
        at: the boxes' middles.
        sizes: their widths and heights.
        aspect: the width of a page for a height of 1; the page has room for all boxes.
    """
    down = np.argsort(-at[:, 1], kind="stable")
    best, smallest = at, np.inf
    for count in range(1, len(at) + 1):
        rows = [row[np.argsort(at[row, 0], kind="stable")] for row in np.array_split(down, count)]
        heights = [sizes[row, 1].max() for row in rows]
        widest = max(sizes[row, 0].sum() for row in rows)
        page = max(widest, sum(heights) * aspect)
        if page < smallest:
            best, smallest = _in_rows(rows, heights, sizes), page
    return best


def _in_rows(rows: list[NDArray[np.int64]], heights: list[float], sizes: Points) -> Points:
    at = np.zeros_like(sizes)
    tops = -np.cumsum([0.0, *heights])
    for row, top, height in zip(rows, tops, heights, strict=False):
        widths = sizes[row, 0]
        at[row, 0] = np.cumsum(widths) - widths / 2 - widths.sum() / 2
        at[row, 1] = top - height / 2
    return at


def spread(points: Points, sizes: Points, *, aspect: float) -> Points:
    """Points of the unit square spread so that boxes around them have room, and none overlaps.

    Args:
        points: as from `force_layout`.
        sizes: the boxes' widths and heights.
        aspect: the width of the whole for a height of 1, roughly.
    """
    room = np.sqrt(sizes.prod(axis=1).sum())
    return separate(points * room * np.array([np.sqrt(aspect), 1 / np.sqrt(aspect)]), sizes)


def bounds(at: Points, sizes: Points) -> tuple[Points, Points]:
    """The lower left and upper right corner around boxes."""
    return (at - sizes / 2).min(axis=0), (at + sizes / 2).max(axis=0)
