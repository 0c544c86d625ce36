"""Adjusted mutual information, held against the mean over every way to shuffle."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from influencers.communities.stability import adjusted_mutual_information

LABELS = [([0, 0, 1, 1, 2], [0, 1, 1, 1, 2]), ([0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 2, 2]),
          ([0, 1, 2, 3, 0], [0, 0, 0, 1, 1])]  # fmt: skip


def mutual(first: list[int], second: list[int]) -> float:
    joint = pd.crosstab(np.array(first), np.array(second)).to_numpy() / len(first)
    chance = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    return float((joint[joint > 0] * np.log(joint[joint > 0] / chance[joint > 0])).sum())


@pytest.mark.parametrize(("first", "second"), LABELS)
def test_it_is_the_excess_over_the_mean_of_all_shuffles(
    first: list[int], second: list[int]
) -> None:
    expected = float(np.mean([mutual(first, list(other)) for other in permutations(second)]))
    entropy = (mutual(first, first) + mutual(second, second)) / 2
    wanted = (mutual(first, second) - expected) / (entropy - expected)
    assert adjusted_mutual_information(counts(first, second)) == pytest.approx(wanted)


def test_equal_divisions_agree_wholly() -> None:
    for labels in ([0, 0, 1, 1, 2], [0, 0, 0], [0, 1, 2]):
        assert adjusted_mutual_information(counts(labels, labels)) == pytest.approx(1)


def counts(first: list[int], second: list[int]) -> pd.DataFrame:
    both = pd.DataFrame({"community": first, "other": second})
    return both.groupby(["community", "other"]).size().reset_index(name="tags")
