"""Curves of likes: counted exactly, and as functions of age."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import growth_oracle as oracle
from growth_rows import DAY, HOUR, Post, Seen, World, random_world
from influencers.config.growth import GrowthConfig
from influencers.growth import counting
from influencers.growth.counting import Counts
from influencers.growth.curves import Curves, _knots, like_curves
from influencers.growth.rows import TYPES

TIERS = ("all", "nano", "micro", "mid", "macro", "mega")
FEW = GrowthConfig(min_curve_posts=2)


def counted(*worlds: World, settings: GrowthConfig = FEW) -> Counts:
    """The counts of several tasks, as they come together."""
    parts = []
    for world in worlds:
        counts = Counts()
        counts.add(world.crawled(), settings)
        parts += list(counts.rows())
    summed = pa.Table.from_batches(parts).group_by(["counter", "place"]).aggregate(
        [("number", "sum")]
    )  # fmt: skip
    return Counts.of(summed.rename_columns(["counter", "place", "number"]))


@given(st.integers(0, 10**9))
def test_counts_agree_with_slow_loops(seed: int) -> None:
    world = random_world(seed, accounts=6, crawls=8)
    rows = like_curves(counted(world), least=2).to_pylist()
    expected = oracle.curve_rows(world, FEW)
    keys = [
        (TIERS.index(row.pop("tier")), TYPES.index(row.pop("content_type")) + 1,
         row.pop("age_bucket"))
        for row in rows
    ]  # fmt: skip
    assert set(keys) == set(expected) and len(keys) == len(expected)
    for key, row in zip(keys, rows, strict=True):
        assert row == pytest.approx(expected[key], rel=1e-12)


def test_the_random_accounts_have_curves() -> None:
    worlds = [random_world(seed, accounts=6, crawls=8) for seed in range(20)]
    assert sum(len(oracle.curve_rows(world, FEW)) for world in worlds) > 20


def test_tasks_count_together_what_one_would() -> None:
    """Accounts of one task or of two: the same sums."""
    one, other = (random_world(seed, accounts=9, crawls=12) for seed in (3, 4))
    both = World(
        {**one.tiers, **{owner + 100: tier for owner, tier in other.tiers.items()}},
        [*one.crawls, *(row._replace(owner=row.owner + 100) for row in other.crawls)],
        [*one.posts, *(row._replace(owner=row.owner + 100) for row in other.posts)],
        [*one.seen, *(row._replace(owner=row.owner + 100) for row in other.seen)],
    )
    apart, together = counted(one, other), counted(both)
    for name in ("shares", "ages", "posts", "others"):
        assert (getattr(apart, name) == getattr(together, name)).all()
    assert together.shares.sum() == together.ages.sum() > together.posts.sum() > 0


def planted(hours: float) -> float:
    """A quarter of the likes in the first hour, and half of what is left in each tenfold time."""
    return 1 - 0.75 * 0.5 ** math.log10(max(hours, 1))


def test_a_planted_curve_is_recovered_within_three_percent() -> None:
    world = World({1: 2})
    chance = np.random.default_rng(3)
    for number in range(300):
        name = f"p{number}"
        final = int(chance.integers(20_000, 40_000))
        total = planted(720)
        world.posts.append(Post(1, name, number * HOUR, final, kind=2))
        for hours in np.exp(chance.uniform(0, math.log(720), 12)):
            likes = round(final * planted(hours) / total)
            world.seen.append(Seen(1, name, round((number + hours) * HOUR), likes))
        world.seen.append(Seen(1, name, number * HOUR + 31 * DAY, final))
    rows = like_curves(counted(world, settings=GrowthConfig()), least=30)
    assert set(rows["tier"].to_pylist()) == {"all", "micro"}
    curves = Curves.of(rows)
    hours = np.array([1.5, 2, 3, 5, 10, 20, 40, 90, 150, 300, 500, 700, 720, 900])
    ones = np.ones(len(hours), np.int64)
    # A tier without a curve has that of all tiers; so have accounts without a tier.
    for tier in (0, 2, 5):
        found = curves.shares(tier * ones, 2 * ones, hours * HOUR)
        true = [min(planted(hour) / planted(720), 1) for hour in hours]
        assert found.tolist() == pytest.approx(true, rel=0.03)
    assert np.isnan(curves.shares(2 * ones, ones, hours * HOUR)).all()
    assert curves.exist(np.array([2, 5, 2, 2]), np.array([2, 2, 1, 0])).tolist() == [
        True, True, False, False,
    ]  # fmt: skip


@given(
    st.dictionaries(st.floats(1, 700), st.floats(0.001, 1.4), min_size=1, max_size=6),
    st.lists(st.floats(0, 2000), min_size=1, max_size=20),
)
def test_a_curve_rises_to_one(points: dict[float, float], ages: list[float]) -> None:
    curves = Curves({(0, 1): _knots(list(points.items()))})
    zeros = np.zeros(len(ages), np.int64)
    found = curves.shares(zeros, zeros + 1, np.sort(ages) * HOUR)
    first = min(points)
    for age, part in zip(sorted(ages), found.tolist(), strict=True):
        if not math.isclose(age, first / 2, rel_tol=1e-9):
            assert math.isnan(part) == (age < first / 2)
        assert math.isnan(part) or 0 < part <= 1
        assert age < 720 or part == 1
    told = found[~np.isnan(found)]
    assert (np.diff(told) >= -1e-12).all()


def test_a_curve_between_and_before_its_knots() -> None:
    """Doubling from 2 to 8 hours, it has 0.1 * sqrt(2) after 4, and less before in like measure."""
    curves = Curves({(3, 1): _knots([(8.0, 0.2), (2.0, 0.1), (100.0, 0.15)])})
    ages = np.array([0.9, 1, 2, 4, 8, 50, 100, math.nan]) * HOUR
    found = curves.shares(np.full(8, 3), np.ones(8, np.int64), ages)
    expected = [math.nan, 0.1 / 2**0.5, 0.1, 0.1 * 2**0.5, 0.2, 0.2, 0.2, math.nan]
    assert found.tolist() == pytest.approx(expected, nan_ok=True)
    assert not curves.exist(np.array([1]), np.array([1]))[0]


def test_likes_that_are_taken_back_count_as_half_as_many_again() -> None:
    world = World({1: 1}, posts=[Post(1, "a", 0, 1)])
    world.seen = [Seen(1, "a", 2 * HOUR, 2**63 - 1), Seen(1, "a", 30 * DAY, 1)]
    assert like_curves(counted(world), least=1)["share_median"].to_pylist() == [1.5, 1.5]


def test_buckets_without_enough_posts_have_no_row() -> None:
    world = World({1: 1})
    for number in range(30):
        world.posts.append(Post(1, f"p{number}", 0, 100))
        world.seen += [Seen(1, f"p{number}", 90 * 60 * 1_000_000, 50),
                       Seen(1, f"p{number}", 30 * DAY, 100)]  # fmt: skip
    counts = counted(world)
    rows = like_curves(counts, least=30).to_pylist()
    assert [(row["tier"], row["age_bucket"], row["posts"]) for row in rows] == [
        ("all", 1, 30), ("nano", 1, 30),
    ]  # fmt: skip
    assert {row["share_median"] for row in rows} == {0.5}
    assert rows[0]["age_hours"] == pytest.approx(1.5, rel=0.01)
    assert like_curves(counts, least=31).num_rows == 0
    assert counting.HOURS[-1] == 720
