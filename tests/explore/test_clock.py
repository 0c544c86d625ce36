from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from explore_seeds import post_rows, table
from influencers.explore.clock import posts_by_second, read_clock

FIVE, SIX = 5 * 3600, 6 * 3600
seconds = st.integers(0, 86_399)


def test_dates_in_summer_and_winter_time_are_no_times() -> None:
    clock = read_clock({FIVE: 900, SIX: 97, 0: 3})
    assert not clock.trusted


def test_times_beside_dates_are_trusted_and_dates_are_not() -> None:
    real = {1_000 + 7 * i: 1 for i in range(500)}
    clock = read_clock({**real, FIVE: 450, SIX: 50})
    assert clock.trusted
    assert clock.cut_seconds == {4 * 3600, FIVE, SIX}


def test_times_cut_to_the_hour_are_times() -> None:
    clock = read_clock({hour * 3600: 10 + 2 * hour for hour in range(24)})
    assert clock.trusted and not clock.cut_seconds


@pytest.mark.parametrize("posts", [{33_443: 1}, {33_443: 1, 80_000: 1}, {FIVE: 2}])
def test_one_or_two_posts_do_not_show_that_times_are_truncated(posts: dict[int, int]) -> None:
    clock = read_clock(posts)
    assert clock.trusted and not clock.cut_seconds


def test_three_posts_of_one_second_do() -> None:
    assert not read_clock({FIVE: 3}).trusted


def test_without_posts_no_time_is_trusted() -> None:
    assert not read_clock({}).trusted


@given(st.dictionaries(seconds, st.integers(1, 50)))
def test_what_is_cut_is_a_spike_or_an_hour_from_one(posts: dict[int, int]) -> None:
    clock = read_clock(posts)
    total = sum(posts.values())
    spikes = {second for second, number in posts.items() if number * 5 >= total and number >= 3}
    for second in posts:
        near = {(second + shift) % 86_400 for shift in (-3600, 0, 3600)}
        assert (second in clock.cut_seconds) == bool(near & spikes)
    kept = sum(number for second, number in posts.items() if second not in clock.cut_seconds)
    assert clock.trusted == (total > 0 and kept * 10 >= total)


def test_the_hour_is_null_where_the_time_was_cut_off(spark: SparkSession) -> None:
    midnight = datetime(2017, 4, 3)
    times = [midnight + timedelta(seconds=second) for second in (FIVE, FIVE, FIVE, 61_234, 7_201)]
    rows = [{"created_at": time, "hour": time.hour} for time in times]
    posts = table(spark, "post_features", post_rows(rows))
    counted = posts_by_second(posts)
    assert counted == {FIVE: 3, 61_234: 1, 7_201: 1}
    spike = read_clock({**counted, **{9_000 + i: 1 for i in range(8)}})  # 3 of 13
    found = posts.select(spike.hour().alias("hour")).collect()
    assert [row["hour"] for row in found] == [None, None, None, 17, 2]
    untrusted = read_clock({FIVE: 10})
    assert {row["hour"] for row in posts.select(untrusted.hour().alias("hour")).collect()} == {None}
