"""Intervals between crawls of accounts, their peers, and what kind each is."""

from __future__ import annotations

import math
import random
import statistics
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

import growth_oracle as oracle
from growth_rows import DAY, HOUR, Crawl, Post, World, random_world
from influencers.config.growth import GrowthConfig
from influencers.growth import peers
from influencers.growth.histogram import quantile, twice_median
from influencers.growth.intervals import intervals
from influencers.growth.kinds import judged, kinds, unfollowed
from influencers.growth.peers import Peers, peers_of

SETTINGS = GrowthConfig()
# Of all lengths: a median of 0 and a deviation of 0.0001 a day.
USUAL = Peers({(-1, length): (0, 40) for length in range(-2, 8)})


@given(st.integers(0, 10**9))
def test_intervals_agree_with_slow_loops(seed: int) -> None:
    world = random_world(seed)
    rows = intervals(world.crawled(), SETTINGS).to_pylist()
    names = ("owner_id", "from_at", "to_at", "posts_between", "engagement_rate_before",
             "engagement_rate_after", "has_hit")  # fmt: skip
    assert [tuple(row[name] for name in names) for row in rows] == oracle.intervals(world, SETTINGS)
    crawls = {(one.owner, one.at): one for one in world.crawls}
    for row in rows:
        first, second = (crawls[row["owner_id"], row[name]] for name in ("from_at", "to_at"))
        assert (row["followers_from"], row["followers_to"]) == (first.followers, second.followers)
        assert (row["following_from"], row["following_to"]) == (first.following, second.following)
        steps = [one.resolution for one in (first, second) if one.resolution]
        assert row["resolution"] == max(steps, default=None)


@given(st.integers(0, 10**9))
def test_kinds_agree_with_slow_loops(seed: int) -> None:
    table = intervals(random_world(seed, crawls=12).crawled(), SETTINGS)
    rows = table.to_pylist()
    z = np.array([6745 * row["log_growth_per_day"] if row["log_growth_per_day"] is not None
                  else math.nan for row in rows])  # fmt: skip
    assert kinds(table, z, SETTINGS).to_pylist() == oracle.kinds(rows, z.tolist(), SETTINGS)


@given(st.lists(st.tuples(st.integers(1, 12), st.sampled_from([None, 0, 300, 500, 800, 1200]))))
def test_follow_unfollow_agrees_with_slow_loops(steps: list[tuple[int, int | None]]) -> None:
    times = np.cumsum([days * DAY for days, _ in steps])
    counts = [count for _, count in steps]
    known = np.array([math.nan if count is None else count for count in counts])
    expected = oracle.unfollowed(times.tolist(), counts, SETTINGS)
    assert list(unfollowed(times, known, SETTINGS)) == expected


def test_the_random_accounts_have_every_kind() -> None:
    found: set[str | None] = set()
    for seed in range(60):
        table = intervals(random_world(seed, crawls=12).crawled(), SETTINGS)
        growth = table["log_growth_per_day"].to_numpy()
        found |= set(kinds(table, 6745 * growth, SETTINGS).to_pylist())
    assert found == {None, "usual", "step", "hit", "give_back", "follow_unfollow", "drop"}


def daily(
    *followers: int,
    following: tuple[int | None, ...] = (),
    resolution: int | None = None,
    posts: tuple[Post, ...] = (),
) -> list[dict[str, Any]]:
    """The rows of an account that is crawled every day."""
    world = World({1: 1}, posts=list(posts))
    for day, count in enumerate(followers):
        followed = following[day] if following else None
        world.crawls.append(Crawl(1, day * DAY, count, followed, resolution))
    return judged(intervals(world.crawled(), SETTINGS), USUAL, SETTINGS).to_pylist()


def kinds_of(*followers: int, **more: Any) -> list[str | None]:
    return [row["kind"] for row in daily(*followers, **more)]


def test_a_step_in_numbers() -> None:
    row = daily(10_000, 10_600)[0]
    assert row["log_growth_per_day"] == pytest.approx(math.log(1.06))
    assert (row["days"], row["peer_median"], row["peer_mad"]) == (1.0, 0.0, pytest.approx(1e-4))
    assert row["z"] == pytest.approx(0.6745 * math.log(1.06) / 1e-4)
    assert (row["kind"], row["following_change"], row["resolution"]) == ("step", None, None)
    assert kinds_of(10_000, 10_500) == ["usual"]
    assert kinds_of(10_000, 9_400) == ["drop"]
    assert kinds_of(10_000, 9_600) == ["usual"]


def test_a_step_with_a_post_of_many_likes_is_a_hit() -> None:
    others = tuple(Post(1, f"old{number}", -number * DAY, 100) for number in range(5))
    many, fewer = Post(1, "new", DAY // 2, 201), Post(1, "new", DAY // 2, 200)
    assert kinds_of(10_000, 10_600, posts=(*others, many)) == ["hit"]
    assert kinds_of(10_000, 10_600, posts=(*others, fewer)) == ["step"]
    # Followers come for days after a post.
    for at, kind in ((1 - 2 * DAY, "hit"), (-2 * DAY, "step")):
        assert kinds_of(10_000, 10_600, posts=(*others, Post(1, "new", at, 201))) == [kind]


def test_what_a_step_gained_is_given_back_once() -> None:
    assert kinds_of(10_000, 10_600, 10_500, 10_420, 10_300) == [
        "step", "usual", "give_back", "usual",
    ]  # fmt: skip
    late = kinds_of(10_000, 10_600, *[10_600] * 30, 10_400)
    assert late[-1] == "usual"
    soon = kinds_of(10_000, 10_600, *[10_600] * 29, 10_400)
    assert soon[-1] == "give_back"
    # It goes before a drop.
    assert kinds_of(10_000, 10_600, 9_000, 8_000) == ["step", "give_back", "drop"]


def test_following_that_rises_and_falls() -> None:
    steady = [1_000] * 6
    assert kinds_of(*steady, following=(100, 700, 300, 280, 100, 0)) == [
        "usual", "usual", "follow_unfollow", "usual", "usual",
    ]  # fmt: skip
    assert "follow_unfollow" not in kinds_of(*steady, following=(100, 599, 100, 100, 100, 100))
    unknown = kinds_of(*steady, following=(100, 700, None, 200, None, 100))
    assert unknown == ["usual", "usual", "follow_unfollow", "usual", "usual"]


def test_the_last_day_of_a_fall_counts() -> None:
    counts = np.array([100.0, 700.0, 100.0])
    assert unfollowed(np.array([0, 1, 30]) * DAY, counts, SETTINGS) == [2]
    assert unfollowed(np.array([0, 1, 31]) * DAY, counts, SETTINGS) == []


def test_rounded_followers_give_no_verdict_below_their_step() -> None:
    assert kinds_of(10_000, 10_600, resolution=1_000) == [None]
    assert kinds_of(10_000, 11_000, resolution=1_000) == ["step"]


def test_too_few_peers_give_no_verdict() -> None:
    world = World({1: 1}, [Crawl(1, 0, 100), Crawl(1, DAY, 200), Crawl(1, 5 * DAY, 0)])
    rows = judged(intervals(world.crawled(), SETTINGS), Peers({}), SETTINGS).to_pylist()
    assert [row["kind"] for row in rows] == [None, None]
    assert {row[name] for row in rows for name in ("z", "peer_median", "peer_mad")} == {None}
    assert [row["log_growth_per_day"] is None for row in rows] == [False, True]


def test_the_largest_counts_pass_through() -> None:
    most = 2**63 - 1
    first, second = daily(most, 1, most, following=(0, most, 0))
    assert (first["followers_from"], first["following_change"]) == (most, most)
    assert (second["following_change"], second["kind"]) == (-most, "step")
    assert (
        first["log_growth_per_day"]
        == -second["log_growth_per_day"]
        == pytest.approx(-63 * math.log(2))
    )


def test_crawls_nearer_than_the_least_time_are_left_out() -> None:
    hours = (0, 19, 20, 39, 60)
    world = World({1: 1}, [Crawl(1, hour * HOUR, 100 + hour) for hour in hours])
    found = intervals(world.crawled(), SETTINGS)
    assert found["to_at"].to_pylist() == [20 * HOUR, 60 * HOUR]


def test_peers_are_medians_of_their_cells(spark: SparkSession) -> None:
    chance = random.Random(5)
    growth = [chance.choice((0.0, 0.01, -0.02, chance.gauss(0, 0.01), 3.0)) for _ in range(400)]
    followers = np.array([chance.choice((50, 1_000, 1_500, 40_000)) for _ in growth])
    days = np.array([chance.choice((0.9, 1.2, 7.0, 30.0)) for _ in growth])
    columns = peers.cell(followers, days, np.array(growth))
    rows = pa.table([pa.array(columns[name]).cast(pa.int64()) for name in peers.CELL],
                    names=list(peers.CELL))  # fmt: skip
    cells: dict[tuple[int, int], list[int]] = {}
    for row in rows.to_pylist():
        for band in (row["band"], -1):
            cells.setdefault((band, row["length"]), []).append(row["step"])
    expected = {}
    for cell, steps in cells.items():
        middle = statistics.median(steps)
        deviation = statistics.median([abs(step - middle) for step in steps])
        if len(steps) >= 30:
            expected[cell] = (2 * middle, 4 * deviation)
    assert 3 < len(expected) < len(cells)
    assert peers_of(spark.createDataFrame(rows).repartition(5), least=30).found == expected


@given(st.dictionaries(st.integers(-20, 20), st.integers(1, 4), min_size=1))
def test_medians_and_quantiles_of_counts(counted: dict[int, int]) -> None:
    values = [value for value, count in counted.items() for _ in range(count)]
    columns = np.array(list(counted)), np.array(list(counted.values()))
    assert twice_median(*columns) == 2 * statistics.median(values)
    order = np.argsort(columns[0])
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        found = quantile(columns[0][order].astype(float), columns[1][order], share)
        assert found == pytest.approx(np.quantile(values, share))


def test_of_too_few_peers_all_followers_of_like_length_are_taken() -> None:
    usual = Peers({(12, 0): (2, 400), (-1, 0): (4, 8)})
    median, deviation = usual.of(np.array([12, 3, 12]), np.array([0, 0, 1]))
    assert median.tolist() == pytest.approx([1e-5, 2e-5, math.nan], nan_ok=True)
    assert deviation.tolist() == pytest.approx([1e-3, 2e-5, math.nan], nan_ok=True)
    assert Peers({(-1, 0): (0, 0)}).of(np.array([1]), np.array([0]))[1].tolist() == [1e-5]
