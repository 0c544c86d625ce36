"""Why nothing can be learnt of a label, in words."""

from __future__ import annotations

import pytest

from influencers.models.declaration import LABELS
from influencers.models.rows.split import CALIBRATION, FIT, TEST
from influencers.models.rows.split_counts import obstacle


@pytest.mark.parametrize(
    ("fit", "test", "reason"),
    [
        ((40, 10), (9, 3), None),
        ((0, 0), (9, 3), "no training row has a label"),
        ((1, 1), (9, 3), "only one training row has a label"),
        ((40, 40), (9, 3), "all 40 training rows have the same label"),
        ((40, 1), (9, 3), "1 positive among 40 training rows: at least 2 of either class are "
                          "needed (models.min_positives)"),
        ((40, 10), (1, 0), "only one held-out row has a label"),
        ((40, 10), (9, 0), "all 9 held-out rows have the same label"),
    ],
)  # fmt: skip
def test_the_reason_is_in_words(
    fit: tuple[int, int], test: tuple[int, int], reason: str | None
) -> None:
    sizes = {
        ("by_time", "top_likes", part): {"rows": rows, "positives": positives}
        for part, (rows, positives) in {FIT: fit, CALIBRATION: (5, 2), TEST: test}.items()
    }
    assert obstacle(sizes, "by_time", LABELS["top_likes"], 2) == reason
