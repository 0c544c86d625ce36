"""Who is asked for, and how a host that lets leases wait leaves room for others."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from influencers.images.schedule.host_queues import STALL_SECONDS, HostQueues, Pending, Row


def pending(host: str, number: int = 0) -> Pending:
    return Pending(Row(f"{host}/{number}", f"http://{host}/{number}", host, 0), 0)


def test_hosts_are_asked_for_in_turn() -> None:
    queues = HostQueues()
    for host in "aaaaab":
        queues.add(pending(host))
    assert queues.to_ask(4, 0.0) == {"a": 3, "b": 1}
    assert queues.to_ask(4, 0.0) == {"a": 2}
    assert queues.to_ask(4, 0.0) == {}


def test_a_host_that_stalls_frees_the_capacity_and_is_not_asked_again() -> None:
    queues = HostQueues()
    for _ in range(9):
        queues.add(pending("slow"))
    assert queues.to_ask(4, 0.0) == {"slow": 4}
    assert queues.fresh == 4
    assert queues.next_age() == STALL_SECONDS
    queues.age(STALL_SECONDS)
    assert (queues.fresh, queues.next_age()) == (0, math.inf)
    queues.add(pending("fast"))
    assert queues.to_ask(4, 1.0) == {"fast": 1}
    queues.granted("slow", 4)
    assert queues.to_ask(9, 2.0) == {"slow": 5}


def test_a_lease_that_no_row_wants_is_told() -> None:
    queues = HostQueues()
    queues.granted("gone", 1)
    assert queues.take("gone") is None


def test_dropping_a_host_hands_over_its_rows() -> None:
    queues = HostQueues()
    rows = [pending("down", number) for number in range(5)]
    for row in rows:
        queues.add(row)
    queues.to_ask(2, 0.0)
    assert list(queues.drop("down")) == rows
    assert (queues.rows, queues.fresh) == (0, 0)
    assert queues.to_ask(9, 0.0) == {}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "ask", "age", "grant", "take", "give_back", "drop"]),
        st.sampled_from("abc"),
        st.integers(1, 5),
    ),
    max_size=80,
)


@given(STEPS)
def test_no_row_is_lost_doubled_or_forgotten(steps: list[tuple[str, str, int]]) -> None:
    queues, now, added, left = HostQueues(), 0.0, [], []
    asked, held = dict.fromkeys("abc", 0), dict.fromkeys("abc", 0)
    for what, host, count in steps:
        now += 0.07
        if what == "add":
            added += (rows := [pending(host, len(added) + at) for at in range(count)])
            for row in rows:
                queues.add(row)
        elif what == "ask":
            for name, number in queues.to_ask(count, now).items():
                asked[name] += number
        elif what == "age":
            queues.age(now)
        elif what == "grant" and asked[host]:
            number = min(count, asked[host])
            asked[host] -= number
            held[host] += number
            queues.granted(host, number)
        elif what == "take" and held[host]:
            held[host] -= 1
            row = queues.take(host)
            left += [row] if row else []
        elif what == "give_back" and held[host]:
            held[host] -= 1
            queues.give_back(host)
        elif what == "drop":
            left += queues.drop(host)
            asked[host] = 0
        assert queues.rows == len(added) - len(left)
        assert 0 <= queues.fresh <= sum(asked.values())
    # Whatever was done before: who grants all that is asked for gets all rows out.
    for _ in range(len(added) + 20):
        for host in "abc":
            queues.granted(host, asked[host])
            for _ in range(held[host] + asked[host]):
                row = queues.take(host)
                left += [row] if row else []
            asked[host] = held[host] = 0
        now += STALL_SECONDS
        queues.age(now)
        for name, number in queues.to_ask(5, now).items():
            asked[name] += number
    assert sorted(left) == sorted(added)
