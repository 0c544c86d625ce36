"""History: what lies strictly before a post, and nothing of the post or of what follows it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import features_oracle as oracle
from influencers.features.history import FEATURES, History
from random_posts import COUNTS, START, Post, post, random_account

HISTORY = tuple(feature.name for feature in FEATURES)
MANY = 100_000
KINDS = {feature.name: feature.column.type.simpleString() for feature in FEATURES}
_NULLABLE = {"likes": pa.int64(), "engagement_rate": pa.float64()}

Found = dict[str, tuple[Any, ...]]


def batch_of(rows: Sequence[Post]) -> pa.RecordBatch:
    """Rows as the pass gets them."""
    return pa.RecordBatch.from_pydict(
        {
            "owner_id": pa.array([row["owner_id"] for row in rows], pa.int64()),
            "created_at": pa.array([row["created_at"] for row in rows], pa.timestamp("us", "UTC")),
            "likes": pa.array([row["likes"] for row in rows], pa.int64()),
            "engagement_rate": pa.array(
                [oracle.engagement_rate(row) for row in rows], pa.float64()
            ),
        }
    )


def in_order(posts: Sequence[Post]) -> list[Post]:
    return sorted(posts, key=lambda row: (row["owner_id"], row["created_at"], row["shortcode"]))


def plain(value: float) -> float | None:
    return None if value != value else value


def history_of(posts: Sequence[Post], length: int = 10, cuts: Sequence[int] = ()) -> Found:
    """What lies before each post, read in batches that end at `cuts`."""
    rows = in_order(posts)
    history = History(length)
    ends = sorted({0, *cuts, len(rows)})
    found: list[tuple[Any, ...]] = []
    for start, end in pairwise(ends):
        columns = history.before(batch_of(rows[start:end]))
        found += zip(*([plain(value) for value in column] for column in columns), strict=True)
    return dict(zip((row["shortcode"] for row in rows), found, strict=True))


def copied(posts: Sequence[Post], owner_id: int) -> list[Post]:
    """The posts as another account's; same order of shortcodes."""
    return [
        row | {"owner_id": owner_id, "shortcode": f"{row['shortcode']} {owner_id}"} for row in posts
    ]


def other_outcomes(row: Post, chance: random.Random) -> Post:
    likes, comments = (
        chance.choice([n for n in COUNTS if n != row[x]]) for x in ("likes", "comments")
    )
    return row | {"likes": likes, "comments": comments, "followers": chance.randint(1, 10**6)}


def future_changed(posts: Sequence[Post], now: Post, chance: random.Random) -> list[Post]:
    """The account if the post and all that is not earlier had gone differently."""
    kept = [row for row in posts if row["created_at"] < now["created_at"]]
    rest = [row for row in posts if row["created_at"] >= now["created_at"] and row is not now]
    changed = [other_outcomes(row, chance) for row in rest if chance.random() < 0.7]
    at_once = now | {"shortcode": chance.choice("0~") + now["shortcode"]}
    return [*kept, other_outcomes(now, chance), *changed, other_outcomes(at_once, chance)]


def test_the_post_itself_and_later_posts_do_not_touch_the_history() -> None:
    chance = random.Random(5)
    posts: list[Post] = []
    pairs: list[tuple[str, str]] = []
    for number in range(12):
        base = random_account(chance, number, 18)
        posts += base
        for now in base:
            owner_id = 1_000 + len(pairs)
            posts += copied(future_changed(base, now, chance), owner_id)
            pairs.append((now["shortcode"], f"{now['shortcode']} {owner_id}"))
    found = history_of(posts)
    assert len(pairs) == 216
    assert [found[base] for base, _ in pairs] == [found[variant] for _, variant in pairs]
    # Histories that are all empty would prove nothing.
    assert sum(found[base][0] > 0 for base, _ in pairs) > 100


def test_any_earlier_post_of_the_last_ten_does() -> None:
    # The lowest of all is one of them.
    base = [post(f"{n:02}", 0, START + n, likes=100 - n, followers=10) for n in range(12)]
    raised = [
        row
        for number, changed in enumerate(base)
        for row in copied(
            [row | {"likes": 1_000} if row is changed else row for row in base], 1 + number
        )
    ]
    found = history_of([*base, *raised])
    touched = [found["11"] != found[f"11 {1 + number}"] for number in range(12)]
    assert touched == [False] + 10 * [True] + [False]


def test_last_is_the_last_known_of_the_last_ten() -> None:
    likes = [50, 3, None, 7, None, *9 * [None], 4]
    posts = [
        post(f"{n:02}", 1, START + n * 86_400, likes=count, followers=10)
        for n, count in enumerate(likes)
    ]
    found = history_of(posts)
    wanted = {
        "00": (0, *8 * [None]),
        "01": (1, 1.0, 5.0, 5.0, 5.0, 50.0, 50.0, 50.0, 5.0),
        "04": (4, 1.0, 0.7, 0.7, 5.0, 7.0, 7.0, 50.0, 0.3),
        "12": (12, 1.0, 0.7, 0.7, 0.7, 7.0, 7.0, 7.0, 0.3),
        # Of all posts before, and not of the last ten alone.
        "14": (14, 1.0, *6 * [None], 0.3),
    }
    assert {code: found[code] for code in wanted} == wanted


@given(
    st.integers(0, 10**6),
    st.integers(1, 12),
    st.sets(st.integers(1, 59), max_size=20),
)
@settings(max_examples=200)
def test_wherever_batches_end_it_is_what_counting_by_hand_gives(
    seed: int, length: int, cuts: set[int]
) -> None:
    chance = random.Random(seed)
    posts = [
        row
        for owner_id, many in enumerate((1, 27, 2, 30))
        for row in random_account(chance, owner_id, many)
    ]
    found = history_of(posts, length, sorted(cuts))
    for row in posts:
        own = oracle.of_account(posts, row["owner_id"])
        wanted = oracle.history(row, own, length)
        assert dict(zip(HISTORY, found[row["shortcode"]], strict=True)) == wanted


@pytest.mark.parametrize("size", [1, 7, 10_000, MANY])
def test_a_hundred_thousand_posts_in_one_second(size: int) -> None:
    likes = pa.array(range(MANY), pa.int64())
    times = pa.array([START * 1_000_000] * MANY, pa.timestamp("us", "UTC"))
    rates = [n / 4 for n in range(MANY)]
    if size < 100:  # as many batches as would take minutes: the last ones tell the same
        likes, times, rates = likes.slice(MANY - 500), times.slice(MANY - 500), rates[-500:]
    many = len(likes)
    rows = pa.RecordBatch.from_arrays(
        [pa.array([1] * many, pa.int64()), times, likes, pa.array(rates)],
        names=["owner_id", "created_at", "likes", "engagement_rate"],
    )
    history = History(10)
    for start in range(0, many, size):
        for column in history.before(rows.slice(start, size)):
            assert not column.any() or all(value != value for value in column)
    after = batch_of([post("after", 1, START + 43_200)])
    # The posts of one time are ordered by shortcode: the last ten are the greatest ten.
    assert [column[0] for column in history.before(after)] == [
        many, 0.5, 24998.625, 24999.75, 24999.75, 99994.5, 99999.0, 99999.0, min(rates),
    ]  # fmt: skip


def test_what_is_kept_between_batches_is_bounded() -> None:
    rows = [post(f"{n:05}", 1, START + n // 300, likes=n, followers=1) for n in range(1_000)]
    history = History(5)
    for start in range(0, len(rows), 100):
        history.before(batch_of(rows[start : start + 100]))
        kept = history._last
        assert kept is not None
        assert len(kept.before) <= 5
        assert len(kept.at_last_time) <= 5


def test_a_feature_is_of_the_type_that_it_declares() -> None:
    assert set(KINDS.values()) == {"bigint", "double"}
