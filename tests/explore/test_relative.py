from __future__ import annotations

import numpy as np

from influencers.explore.relative import relative_rate, settled

DAY, NAN = 86_400, np.nan


def test_a_rate_is_against_its_authors_unless_that_is_unknown_or_0() -> None:
    found = relative_rate(np.array([4.0, 0.0, NAN, 4.0, 4.0]), np.array([8.0, 8.0, 8.0, 0.0, NAN]))
    np.testing.assert_array_equal(found, [0.5, 0.0, NAN, NAN, NAN])


def test_only_posts_that_were_old_enough_at_the_crawl_are_settled() -> None:
    days = np.array([0, 1.9, 2, 5, 9, 9])  # before the newest of the author
    age = np.array([NAN, NAN, NAN, 5.0, 1.0, NAN])
    newest = np.array([*[20.0 * DAY] * 5, NAN])
    created = ((20 - days) * DAY).astype(np.int64)
    found = settled(created, newest, age, days=2)
    assert found.tolist() == [False, False, True, True, False, False]
    assert settled(created, newest, age, days=0).tolist() == [*[True] * 5, False]
