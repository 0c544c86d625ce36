"""Room for requests, against a count from scratch."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from influencers.images.schedule.concurrency import Crew, FetchingOptions

OPTIONS = FetchingOptions(threads=3, stragglers=2, straggler_seconds=2.0, results=7)


@given(st.lists(st.tuples(st.sampled_from(["start", "end"]), st.integers(0, 9), st.floats(0, 3))))
def test_who_takes_long_makes_room_up_to_a_limit(events: list[tuple[str, int, float]]) -> None:
    crew, now = Crew(OPTIONS), 0.0
    running: dict[int, float] = {}
    for what, which, seconds in events:
        now += seconds
        crew.age(now)
        if what == "start" and crew.may_start(0):
            running[crew.start(now)] = now
        elif what == "end" and running:
            number = sorted(running)[which % len(running)]
            del running[number]
            crew.end(number)
        quick = [start for start in running.values() if start > now - 2.0]
        assert len(crew) == len(running) <= 5
        assert crew.quick == len(quick) <= 3
        assert crew.may_start(0) == (len(quick) < 3 and len(running) < 5)
        assert not crew.may_start(7 - len(running))
        assert crew.room(0) == min(4 - len(quick), 7 - len(running))
        assert crew.next_age() <= min(quick, default=math.inf) + 2.0


def test_who_is_far_ahead_of_the_consumer_needs_fewer_threads() -> None:
    options = FetchingOptions(threads=16, results=128)
    crew = Crew(options)
    under_way = {}
    for unread in (0, 16, 48, 64, 120):
        while crew.may_start(unread):
            crew.start(0.0)
        under_way[unread] = len(crew)
        assert not crew.is_idle(unread)
        crew = Crew(options)
    assert under_way == {0: 16, 16: 12, 48: 4, 64: 2, 120: 2}
    assert crew.is_idle(0) and not crew.is_idle(16)
    assert crew.room(0) == 24 and crew.room(48) == 6


def test_a_thread_is_woken_when_it_could_start_and_for_many_requests_when_far_ahead() -> None:
    crew = Crew(FetchingOptions(threads=16, results=128))

    near = [unread for unread in range(40) if crew.is_worth_waking(unread)]
    far = [unread for unread in range(60, 129) if crew.is_worth_waking(unread)]

    assert near == list(range(0, 40, 4))
    assert far == [64, 80, 96, 112, 128]


def test_a_consumer_that_has_nothing_left_always_wakes_a_thread() -> None:
    for results in (1, 2, 7, 128):
        assert Crew(FetchingOptions(threads=2, results=results)).is_worth_waking(0)
