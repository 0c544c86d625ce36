"""Posts beside earlier ones of their author: the kernel agrees with slow loops."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import growth_oracle as oracle
from growth_rows import DAY, HOUR, Post, Seen, World, random_world
from influencers.config.growth import GrowthConfig
from influencers.growth import expected as module
from influencers.growth.curves import Curves, _knots
from influencers.growth.performance import performance

SMALL = GrowthConfig(min_earlier=2, min_expected=5.0, performance_posts=4)
KNOTS = {(0, 1): ((2.0, 0.2), (24.0, 0.5), (200.0, 0.9)), (1, 1): ((20.0, 0.4),)}


def curves() -> Curves:
    return Curves({place: _knots(list(knots)) for place, knots in KNOTS.items()})


def curve(tier: int, kind: int) -> list[oracle.Knots]:
    return [KNOTS[place] for place in dict.fromkeys([(tier, kind), (0, kind)]) if place in KNOTS]


def found(world: World, settings: GrowthConfig, known: Curves | None = None) -> dict[str, Any]:
    rows = performance(world.crawled(), known or Curves({}), settings)
    return {row["shortcode"]: row for row in rows.to_pylist()}


@pytest.mark.parametrize("together", [1, 7, 1_000_000])
@given(seed=st.integers(0, 10**9), last=st.sampled_from([4, 100]))
def test_it_agrees_with_slow_loops(together: int, seed: int, last: int) -> None:
    world = random_world(seed)
    settings = replace(SMALL, performance_posts=last)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "_MOST_TOGETHER", together)
        rows = found(world, settings, curves())
    expected = oracle.performance(world, curve, settings)
    assert set(rows) == set(expected)
    for name, (usual, score, basis, earlier) in expected.items():
        row = rows[name]
        assert (row["basis"], row["earlier_posts"]) == (basis, earlier)
        assert row["expected"] == (usual and pytest.approx(usual, rel=1e-12))
        assert row["score"] == (score and pytest.approx(score, rel=1e-12))


@given(st.integers(0, 10**9))
def test_missing_posts_agree_with_slow_loops(seed: int) -> None:
    world = random_world(seed)
    rows = found(world, SMALL, curves())
    since = {name: row["missing_since"] for name, row in rows.items() if row["missing_since"]}
    expected = oracle.missing(world, SMALL)
    assert {name: int(at.timestamp() * 1e6) for name, at in since.items()} == expected


def test_what_the_random_accounts_hold() -> None:
    """The property tests would hold of accounts without anything in them, too."""
    worlds = [random_world(seed) for seed in range(60)]
    rows = [row for world in worlds for row in found(world, SMALL, curves()).values()]
    assert {row["basis"] for row in rows} == {None, "own", "curve", "mature"}
    assert sum(row["missing_since"] is not None for row in rows) > 5


def steady(likes: list[int], *, days: int = 2) -> World:
    """A post every two days, all seen at the same age, once."""
    world = World({1: 1})
    for number, count in enumerate(likes):
        at = number * 2 * DAY
        world.posts.append(Post(1, f"p{number:02}", at, count))
        world.seen.append(Seen(1, f"p{number:02}", at + days * DAY, count))
    return world


def test_a_post_of_twice_the_usual_likes() -> None:
    """Of 11, two are dropped at either end: the mean of 30, ..., 90 is 60."""
    world = steady([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120])
    row = found(world, GrowthConfig())["p11"]
    assert (row["expected"], row["score"], row["basis"]) == (60.0, 2.0, "own")
    assert (row["earlier_posts"], row["age_days"], row["likes"]) == (11, 2.0, 120)
    fewer = steady([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 20])
    assert found(fewer, GrowthConfig())["p11"]["score"] == -3.0
    none = steady([60] * 11 + [0])
    assert found(none, GrowthConfig())["p11"]["score"] == -60.0
    first = found(world, GrowthConfig())["p09"]
    assert (first["expected"], first["score"], first["basis"]) == (None, None, None)
    assert first["earlier_posts"] == 9
    little = steady([9] * 12)
    row = found(little, GrowthConfig())["p11"]
    assert (row["expected"], row["score"], row["basis"]) == (9.0, None, "own")


def test_likes_at_the_age_by_own_observations() -> None:
    """Seen after 1 and 4 days with 100 and 300 likes: 200 after 2, half-way in logarithms."""
    world = World({1: 1})
    for number in range(10):
        at = number * DAY
        world.posts.append(Post(1, f"p{number}", at, 300))
        world.seen += [
            Seen(1, f"p{number}", at + DAY, 100),
            Seen(1, f"p{number}", at + 4 * DAY, 300),
        ]
    world.posts.append(Post(1, "new", 20 * DAY, 100))
    world.seen.append(Seen(1, "new", 22 * DAY, 100))
    row = found(world, GrowthConfig())["new"]
    assert row["expected"] == pytest.approx(200, rel=1e-12)
    assert (row["basis"], row["score"]) == ("own", pytest.approx(-2))


def test_likes_at_the_age_by_the_curve() -> None:
    """Mature posts of 1,000 likes had a fifth of them after two hours."""
    world = steady([1000] * 10, days=40)
    world.posts.append(Post(1, "new", 60 * DAY, 300))
    world.seen.append(Seen(1, "new", 60 * DAY + 2 * HOUR, 300))
    world.tiers[1] = 0
    row = found(world, GrowthConfig(), curves())["new"]
    assert row["expected"] == pytest.approx(200)
    assert (row["basis"], row["score"]) == ("curve", pytest.approx(1.5))
    without = found(world, GrowthConfig())["new"]
    assert (without["basis"], without["earlier_posts"]) == (None, 0)


def test_without_ages_all_but_the_newest_days_are_final() -> None:
    world = steady([100] * 14)
    world.seen = []
    rows = found(world, GrowthConfig())
    # The newest is six days newer than the first that has ten before it.
    assert {row["basis"] for row in rows.values()} == {None}
    later = steady([100] * 16)
    later.seen = []
    rows = found(later, GrowthConfig())
    scored = sorted(name for name, row in rows.items() if row["basis"] == "mature")
    assert scored == ["p10", "p11"]
    assert rows["p10"]["score"] == 1.0
    assert rows["p10"]["observed_at"] is rows["p10"]["age_days"] is None


def test_posts_of_one_time_know_nothing_of_each_other() -> None:
    world = steady([100] * 10)
    for name in ("a", "b"):
        world.posts.append(Post(1, name, 30 * DAY, 200))
        world.seen.append(Seen(1, name, 32 * DAY, 200))
    rows = found(world, GrowthConfig())
    assert rows["a"]["earlier_posts"] == rows["b"]["earlier_posts"] == 10


def test_rows_do_not_depend_on_which_accounts_come_together() -> None:
    world = random_world(11, accounts=6, most=30)
    together = found(world, SMALL, curves())
    for owner in world.tiers:
        alone = World(
            {owner: world.tiers[owner]},
            *([one for one in rows if one.owner == owner]
              for rows in (world.crawls, world.posts, world.seen)),
        )  # fmt: skip
        for name, row in found(alone, SMALL, curves()).items():
            assert row == together[name]


def test_what_was_seen_of_another_accounts_post_is_of_none() -> None:
    """Accounts that are not in the table yet have no row before their posts."""
    world = World({}, posts=[Post(1, "a", 0, 5)], seen=[Seen(2, "a", DAY, 5)])
    assert found(world, GrowthConfig())["a"]["observed_at"] is None
    world.seen.append(Seen(1, "a", 2 * DAY, 5))
    assert found(world, GrowthConfig())["a"]["age_days"] == 2.0


def test_huge_counts_pass_through() -> None:
    most = 2**63 - 1
    row = found(steady([most] * 12), GrowthConfig())["p11"]
    assert row["likes"] == most
    assert math.isclose(row["score"], 1.0) and isinstance(row["expected"], float)
    assert pa.types.is_int64(performance(steady([most]).crawled(), Curves({}), SMALL)["likes"].type)
    assert np.isfinite(row["expected"])
