"""The breaker's states with a clock of the test's own."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from influencers.images.budget.breaker import CLOSED, HALF_OPEN, OPEN, Breaker, BreakerOptions

OPTIONS = BreakerOptions(
    failures=3, seconds=2.0, cool_down=10.0, longest=60.0, pause=1.0, throttles=1
)


def opened(now: float = 0.0) -> Breaker:
    breaker = Breaker(OPTIONS)
    breaker.report(0, 2, now - 2.0)
    breaker.report(0, 1, now)
    assert breaker.state == OPEN
    return breaker


def test_a_run_of_failures_opens_it() -> None:
    breaker = opened(now=100.0)
    assert breaker.shut_for(100.0) == 10.0
    assert not breaker.admits(109.9)


def test_many_failures_at_one_moment_do_not() -> None:
    breaker = Breaker(OPTIONS)
    breaker.report(0, 50, 0.0)
    breaker.report(0, 50, 1.9)
    assert breaker.state == CLOSED
    breaker.report(0, 1, 2.0)
    assert breaker.state == OPEN


def test_a_success_ends_the_run() -> None:
    breaker = Breaker(OPTIONS)
    for second in range(20):
        breaker.report(0, 2, float(second))
        breaker.report(1, 5, second + 0.5)
    assert breaker.state == CLOSED


def test_after_the_cool_down_one_probe_may_try() -> None:
    breaker = opened()
    assert breaker.admits(10.0)
    assert breaker.state == HALF_OPEN
    assert breaker.probe()
    assert not breaker.admits(10.1)
    breaker.report(1, 0, 11.0)
    assert breaker.state == CLOSED
    assert breaker.admits(11.0)
    assert not breaker.probe()


def test_each_probe_that_fails_doubles_the_cool_down() -> None:
    breaker, now, cool_downs = opened(), 0.0, []
    for _ in range(5):
        cool_downs.append(breaker.shut_for(now))
        now += cool_downs[-1]
        assert breaker.admits(now)
        breaker.probe()
        breaker.report(0, 1, now)
    assert cool_downs == [10.0, 20.0, 40.0, 60.0, 60.0]


def test_a_probe_without_a_verdict_makes_room_for_another() -> None:
    breaker = opened()
    assert breaker.admits(10.0)
    breaker.probe()
    breaker.probe_lost()
    assert breaker.admits(10.0)


def test_failures_of_requests_from_before_do_not_lengthen_the_cool_down() -> None:
    breaker = opened()
    breaker.report(0, 100, 5.0)
    assert breaker.shut_for(5.0) == 5.0


def test_a_late_success_closes_it() -> None:
    breaker = opened()
    breaker.report(1, 0, 1.0)
    assert breaker.admits(1.0)


def test_zero_failures_never_open_it() -> None:
    breaker = Breaker(BreakerOptions(failures=0))
    for second in range(100):
        breaker.report(0, 100, float(second))
    assert breaker.state == CLOSED


def test_throttling_pauses_for_as_long_as_the_host_says() -> None:
    breaker = Breaker(OPTIONS)
    breaker.throttle(7.0, 100.0)
    assert breaker.paused_until == 107.0
    breaker.throttle(3.0, 101.0)
    assert breaker.paused_until == 107.0
    breaker.throttle(1e9, 102.0)
    assert breaker.paused_until == 162.0
    assert breaker.state == CLOSED


def test_one_demand_is_for_its_image_and_many_are_for_the_host() -> None:
    breaker = Breaker(BreakerOptions(failures=20, longest=60.0, pause=1.0, throttles=3))
    breaker.throttle(50.0, 100.0, answers=2)
    assert breaker.paused_until == 101.0
    breaker.report(1, 0, 102.0)
    breaker.throttle(50.0, 103.0, answers=2)
    assert breaker.paused_until == 104.0
    assert not breaker.pristine(105.0)
    breaker.throttle(50.0, 105.0)
    assert breaker.paused_until == 155.0


def test_pauses_of_our_own_double_once_a_pause_until_a_success() -> None:
    breaker = Breaker(OPTIONS)
    breaker.throttle(None, 0.0)
    breaker.throttle(None, 0.5)  # was under way when the pause began
    assert breaker.paused_until == 1.0
    breaker.throttle(None, 1.0)
    assert breaker.paused_until == 3.0
    breaker.report(1, 0, 3.5)
    breaker.throttle(None, 4.0)
    assert breaker.paused_until == 5.0


def slow_oracle(events: list[tuple[float, int, int]]) -> list[tuple[str, float]]:
    """The state after each report, worked out from the whole history each time."""
    states = []
    state, until, opened_times, run_from = CLOSED, -math.inf, 0, 0
    for at, (now, succeeded, failed) in enumerate(events):
        if state == OPEN and now >= until:
            state = HALF_OPEN
        run = events[run_from : at + 1]
        first = next((time for time, _, bad in run if bad), now)
        long_run = sum(bad for _, _, bad in run) >= OPTIONS.failures
        if succeeded:
            state, opened_times, run_from = CLOSED, 0, at + 1
        elif failed and (
            state == HALF_OPEN or (state == CLOSED and long_run and now - first >= OPTIONS.seconds)
        ):
            state = OPEN
            until = now + min(OPTIONS.cool_down * 2**opened_times, OPTIONS.longest)
            opened_times += 1
            run_from = at + 1
        if state != CLOSED:
            run_from = at + 1
        states.append((state, until if state == OPEN else 0.0))
    return states


@given(
    st.lists(
        st.tuples(st.integers(0, 25), st.sampled_from([0, 0, 0, 1]), st.integers(0, 3)),
        max_size=40,
    )
)
def test_any_history_gives_the_state_that_the_slow_reading_gives(
    steps: list[tuple[int, int, int]],
) -> None:
    now, events = 0.0, []
    for seconds, succeeded, failed in steps:
        now += seconds
        events.append((now, succeeded, failed))
    breaker = Breaker(OPTIONS)
    seen = []
    for now, succeeded, failed in events:
        breaker.report(succeeded, failed, now)
        until = now + breaker.shut_for(now) if breaker.state == OPEN else 0.0
        seen.append((breaker.state, until))
    assert seen == slow_oracle(events)
