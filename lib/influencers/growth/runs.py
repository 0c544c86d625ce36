"""Searches within groups of sorted values, for all groups of a batch at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from influencers.features.account_posts import Known, Whole


def places_before(
    groups: Whole, values: Whole, of_groups: Whole, of_values: Whole, *, equal: bool
) -> Whole:
    """How many sorted rows come before each of some values.

    >>> groups, values = np.array([0, 0, 1]), np.array([5, 7, 1])
    >>> places_before(groups, values, np.array([0, 0, 1]), np.array([7, 9, 1]), equal=False)
    array([1, 2, 2])

    Args:
        groups: of the rows, rising.
        values: of the rows, rising within a group.
        of_groups: what is asked for, in any order.
        of_values: likewise.
        equal: whether rows of the very value count, too.
    """
    size = len(groups)
    asked = np.r_[np.zeros(size, np.int8), np.full(len(of_groups), 1 if equal else -1, np.int8)]
    order = np.lexsort((asked, np.r_[values, of_values], np.r_[groups, of_groups]))
    rows = np.cumsum(order < size)
    before = np.empty(len(order), np.int64)
    before[order] = rows
    return before[size:]


def spaced(groups: Whole, values: Whole, gap: int, *, equal: bool) -> Whole:
    """The places of the first value of each group, and of each that is far enough from the last.

    >>> spaced(np.array([0, 0, 0, 1]), np.array([1, 3, 4, 4]), 3, equal=True)
    array([0, 2, 3])

    Args:
        groups: rising.
        values: rising within a group.
        gap: how far is far enough.
        equal: whether the gap itself is.
    """
    following = places_before(groups, values, groups, values + gap, equal=not equal).tolist()
    kept, place = [], 0
    while place < len(following):
        kept.append(place)
        # Where a group has none that is far enough, this is the first of the next group.
        place = following[place]
    return np.array(kept, np.int64)


def starts_of(groups: npt.NDArray[np.generic]) -> Known:
    """Where a group begins: a value that differs from the one before it."""
    starts: Known = np.ones(len(groups), np.bool_)
    starts[1:] = groups[1:] != groups[:-1]
    return starts


def ends_of(groups: npt.NDArray[np.generic]) -> Known:
    """Where a group ends: a value that differs from the one behind it."""
    ends: Known = np.ones(len(groups), np.bool_)
    ends[:-1] = groups[1:] != groups[:-1]
    return ends
