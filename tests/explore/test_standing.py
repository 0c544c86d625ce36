"""Standings are those of all pairs of posts of an account."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from influencers.explore.levels import ALL, TIMED, TYPED, Found
from influencers.explore.standing import Standings, nearest

BUCKETS, OUTCOMES, LEVELS = 3, 3, 4
# The posts of level 1 are compared among the typed, those of level 2 among the timed.
AMONG = (ALL, TYPED, TIMED, ALL)

# Owner, outcome, value, typed, timed, levels.
Post = tuple[int, int, float, bool, bool, list[int]]
posts = st.lists(
    st.tuples(
        st.integers(-2, 2), st.integers(0, 2), st.sampled_from([0.0, 0.5, 3.0, 7.25]),
        st.booleans(), st.booleans(), st.lists(st.integers(0, LEVELS - 1), unique=True),
    ),
    max_size=40,
)  # fmt: skip


def is_among(post: Post, level: int) -> bool:
    return {ALL: True, TYPED: post[3], TIMED: post[4]}[AMONG[level]]


def possible(rows: list[Post]) -> list[Post]:
    """A post has no level of a feature that is unknown."""
    return [(*post[:5], [level for level in post[5] if is_among(post, level)]) for post in rows]


def add(standings: Standings, rows: list[Post]) -> None:
    """Count posts of whole accounts in."""
    owners = sorted({post[0] for post in rows})
    account = np.array([owners.index(post[0]) for post in rows], np.int64)
    inside = {
        ALL: np.ones(len(rows), bool),
        TYPED: np.array([post[3] for post in rows], bool),
        TIMED: np.array([post[4] for post in rows], bool),
    }
    have = []
    for level in range(LEVELS):
        post = np.flatnonzero([level in row[5] for row in rows])
        have.append(Found(level, 1, AMONG[level], post, np.zeros_like(post)))
    bucket = np.array([owner % BUCKETS for owner in owners], np.int64)
    for outcome in range(OUTCOMES):
        value = np.array([post[2] if post[1] == outcome else np.nan for post in rows])
        standings.add_outcome(outcome, account, bucket, value, inside, have)


def by_pairs(rows: list[Post]) -> dict[tuple[int, int, int], list[tuple[int, int, int]]]:
    """Posts, pairs won less lost, and the author's posts, by bucket, outcome and level."""
    accounts: dict[tuple[int, int], list[Post]] = defaultdict(list)
    for post in rows:
        accounts[post[:2]].append(post)
    found = defaultdict(list)
    for (owner, outcome), every in accounts.items():
        for level in range(LEVELS):
            own = [post for post in every if is_among(post, level)]
            have = [post[2] for post in own if level in post[5]]
            lack = [post[2] for post in own if level not in post[5]]
            won = sum((x > y) - (x < y) for x in have for y in lack)
            if have:
                found[owner % 3, outcome, level].append((len(have), won, len(own)))
    return {key: sorted(values) for key, values in found.items()}


@given(posts, st.integers(-2, 3))
def test_sums_are_those_of_all_pairs(some: list[Post], cut: int) -> None:
    """Accounts below a number pass first, and then the others."""
    rows, standings = possible(some), Standings(BUCKETS, LEVELS)
    for part in ([p for p in rows if p[0] < cut], [p for p in rows if p[0] >= cut]):
        add(standings, part)
    found = {
        (row["bucket"], row["outcome"], row["level"]): row for row in standings.rows().to_pylist()
    }
    expected = by_pairs(rows)
    assert set(found) == set(expected)
    for key, accounts in expected.items():
        assert found[key]["posts"] == sum(n1 for n1, _, _ in accounts)
        assert found[key]["accounts"] == len(accounts)
        assert found[key]["compared_accounts"] == sum(n1 < n for n1, _, n in accounts)
        wins = [nearest(np.array([won / n * 1e6]))[0] for _, won, n in accounts]
        assert found[key]["wins"] == sum(wins)
        weights = [nearest(np.array([n1 * ((n - n1) / n) * 1e6]))[0] for n1, _, n in accounts]
        assert found[key]["weight"] == sum(weights)


def test_an_account_of_six_million_posts_has_its_effect() -> None:
    """Half of its posts are videos and beat all others."""
    half = 3_100_000
    value = np.repeat([0.0, 1.0], half)
    videos = np.arange(half, 2 * half)
    standings = Standings(BUCKETS, LEVELS)
    standings.add_outcome(
        1, np.zeros(2 * half, np.int64), np.array([2]), value,
        {ALL: np.ones(2 * half, bool)}, [Found(1, 1, ALL, videos, np.zeros_like(videos))],
    )  # fmt: skip
    # n1 standings of n0 each, divided by n: n1·n0/n, in millionths.
    assert standings.rows().to_pylist() == [
        {"bucket": 2, "outcome": 1, "level": 1, "posts": half, "accounts": 1,
         "compared_accounts": 1, "wins": half // 2 * 1_000_000, "weight": half // 2 * 1_000_000}
    ]  # fmt: skip


def test_whole_numbers_are_the_nearest_as_spark_rounds(spark: SparkSession) -> None:
    values = [0.0, 0.5, 1.5, 2.5, -0.5, -2.5, 0.49999999999999994, -7.3, 1e15 + 0.5, 2**52 + 1.0]
    frame = spark.createDataFrame([(value,) for value in values], "value double")
    expected = [row[0] for row in frame.select(F.round("value").cast("bigint")).collect()]
    assert nearest(np.array(values)).tolist() == expected


@pytest.mark.parametrize("rows", [0, 1])
def test_hardly_any_post_makes_no_pair(rows: int) -> None:
    standings = Standings(BUCKETS, LEVELS)
    add(standings, [(5, 0, 1.0, True, True, [0])] * rows)
    found: list[dict[str, Any]] = standings.rows().to_pylist()
    assert [row["weight"] for row in found] == [0] * rows
