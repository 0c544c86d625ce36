"""The book of leases with a clock of the test's own: invariants under any order of events."""

from __future__ import annotations

import itertools
import math
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from influencers.images.budget.book import Book, BudgetOptions, Grant, HostLimits, Refusal
from influencers.images.budget.breaker import BreakerOptions

BREAKER = BreakerOptions(failures=3, seconds=0.0, cool_down=10.0, longest=100.0, pause=1.0)


def book(rate: float = 0.0, connections: int = 0, **options: float) -> Book:
    return Book(BudgetOptions(HostLimits(rate, connections), breaker=BREAKER, **options))


def granted(book: Book, now: float) -> list[Grant]:
    grants, refusals = book.settle(now)
    assert refusals == []
    return grants


def numbers(grant: Grant) -> list[int]:
    return list(range(grant.first, grant.first + len(grant.starts)))


def test_limits_by_host_and_port_by_name_and_by_default() -> None:
    by_name, by_key = HostLimits(1.0, 1), HostLimits(2.0, 2)
    options = BudgetOptions(
        HostLimits(20.0, 8), BREAKER, hosts={"a.example": by_name, "a.example:81": by_key}
    )
    assert options.of("a.example:80") == by_name
    assert options.of("a.example:81") == by_key
    assert options.of("b.example:80") == options.limits


def test_without_limits_everything_starts_at_once() -> None:
    unlimited = book()
    unlimited.ask("client", "host", 100, 5.0)
    [grant] = granted(unlimited, 5.0)
    assert grant.starts == [5.0] * 100


def test_starts_are_spaced_and_no_further_ahead_than_the_horizon() -> None:
    ten_a_second = book(rate=10.0, horizon=0.5)
    ten_a_second.ask("client", "host", 100, 5.0)
    [grant] = granted(ten_a_second, 5.0)
    assert [round(start, 3) for start in grant.starts] == [5.0, 5.1, 5.2, 5.3, 5.4, 5.5]
    # It need not be asked again, and not before several starts are within reach.
    assert round(ten_a_second.next_wake(), 3) == 5.35
    [grant] = granted(ten_a_second, 5.35)
    assert [round(start, 3) for start in grant.starts] == [5.6, 5.7, 5.8]


def test_idleness_earns_no_burst() -> None:
    slow = book(rate=1.0)
    slow.ask("client", "host", 1, 0.0)
    assert granted(slow, 0.0)[0].starts == [0.0]
    slow.ask("client", "host", 5, 1000.0)
    assert granted(slow, 1000.0)[0].starts == [1000.0]


def test_connections_come_back_by_release_by_death_and_by_age() -> None:
    narrow = book(connections=2, lease_seconds=60.0)
    narrow.ask("one", "host", 3, 0.0)
    [first] = granted(narrow, 0.0)
    assert len(first.starts) == 2
    assert first.scarce
    narrow.release("another", numbers(first), 1.0)
    narrow.release("one", [10_000], 1.0)
    assert granted(narrow, 1.0) == []  # not theirs to give back
    narrow.release("one", numbers(first)[:1], 2.0)
    [second] = granted(narrow, 2.0)
    assert len(second.starts) == 1
    assert not second.scarce
    narrow.ask("two", "host", 2, 3.0)
    narrow.forget("one", 3.0)
    assert len(granted(narrow, 3.0)[0].starts) == 2
    narrow.ask("three", "host", 1, 4.0)
    assert granted(narrow, 62.9) == []
    assert narrow.next_wake() == 63.0
    assert granted(narrow, 63.0)[0].client == "three"


def test_clients_of_a_hot_host_are_served_in_turn() -> None:
    hot = book(rate=100.0, horizon=0.2)
    hot.ask("greedy", "host", 10_000, 0.0)
    served: Counter[object] = Counter(greedy=0, modest=0, late=0)
    now = 0.0
    for client in ("modest", "late"):
        hot.ask(client, "host", 50, now)
    while served["late"] < 50:
        for grant in granted(hot, now):
            served[grant.client] += len(grant.starts)
        if served["late"] < 50:
            assert max(served.values()) - min(served.values()) <= 1
        now += 0.05
    assert now < 1.6
    assert served["modest"] == 50


def test_what_is_cancelled_is_not_granted() -> None:
    slow = book(rate=1.0)
    slow.ask("one", "host", 3, 0.0)
    slow.settle(0.0)
    slow.cancel("one", "host", 1)
    slow.ask("two", "host", 1, 0.1)
    slow.cancel("two", "host", 7)
    slow.cancel("two", "nowhere", 7)
    later = [grant.client for second in range(1, 9) for grant in granted(slow, float(second))]
    assert later == ["one"]


def test_an_open_breaker_refuses_and_lets_one_probe_through() -> None:
    down = book()
    down.ask("one", "host", 1, 0.0)
    granted(down, 0.0)
    down.report("host", 0, 3, 1.0)
    down.ask("one", "host", 5, 2.0)
    down.ask("two", "host", 5, 2.0)
    assert down.settle(2.0) == ([], [Refusal("one", "host", 9.0), Refusal("two", "host", 9.0)])
    down.ask("one", "host", 5, 11.0)
    down.ask("two", "host", 5, 11.0)
    [probe] = granted(down, 11.0)
    assert (probe.client, len(probe.starts)) == ("one", 1)
    assert granted(down, 11.5) == []
    down.release("one", numbers(probe), 12.0)  # without a verdict
    [probe] = granted(down, 12.0)
    assert (probe.client, len(probe.starts)) == ("two", 1)
    down.report("host", 1, 0, 13.0)
    assert sum(len(grant.starts) for grant in granted(down, 13.0)) == 8


def test_a_short_pause_delays_and_a_long_one_refuses() -> None:
    throttled = book(patience=30.0)
    throttled.report("host", 0, 0, 0.0, throttled=3, pause=20.0)
    throttled.ask("one", "host", 1, 1.0)
    assert granted(throttled, 1.0) == []
    assert granted(throttled, throttled.next_wake())[0].starts == [20.0]
    throttled.report("host", 0, 0, 21.0, throttled=1, pause=60.0)
    throttled.ask("one", "host", 1, 22.0)
    assert throttled.settle(22.0) == ([], [Refusal("one", "host", 59.0)])


def test_idle_hosts_are_forgotten() -> None:
    seen = book(rate=10.0)
    for number in range(1000):
        seen.ask("client", f"host{number}", 1, 0.0)
    seen.report("host0", 0, 1, 0.0)
    for grant in granted(seen, 0.0):
        if grant.host != "host1":
            seen.release("client", numbers(grant), 1.0)
    seen.sweep(10.0)
    assert len(seen) == 1000
    seen.sweep(100.0)
    assert len(seen) == 2  # one that failed, one that is in use
    seen.forget("client", 100.0)
    seen.sweep(5000.0)
    assert len(seen) == 0


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "ask", "release", "cancel", "forget", "report", "nothing"]),
        st.integers(0, 3),  # client
        st.sampled_from(["a", "b"]),
        st.integers(0, 6),
        st.floats(0, 1.5),  # seconds until then
    ),
    max_size=60,
)


@given(EVENTS, st.sampled_from([0.0, 1.5, 7.0]), st.sampled_from([0, 1, 3]))
def test_limits_hold_whatever_happens(
    events: list[tuple[str, int, str, int, float]], rate: float, connections: int
) -> None:
    limited = book(rate=rate, connections=connections, lease_seconds=5.0)
    now, starts = 0.0, {"a": [], "b": []}
    out: dict[int, tuple[int, str, float]] = {}  # lease: client, host, expiry
    wanted: Counter[tuple[int, str]] = Counter()

    def settle() -> None:
        for number in [number for number, lease in out.items() if lease[2] <= now]:
            del out[number]
        grants, refusals = limited.settle(now)
        for grant in grants:
            starts[grant.host] += grant.starts
            wanted[grant.client, grant.host] -= len(grant.starts)
            assert wanted[grant.client, grant.host] >= 0
            assert all(now <= start <= now + 0.5 for start in grant.starts)
            for number in numbers(grant):
                assert number not in out
                out[number] = (grant.client, grant.host, now + 5.0)
        for refusal in refusals:
            assert refusal.seconds > 0
            wanted[refusal.client, refusal.host] = 0
        for host in "ab":
            held = sum(1 for lease in out.values() if lease[1] == host)
            assert limited.leased(host) == held
            assert not connections or held <= connections

    for what, client, host, count, seconds in events:
        due = now + seconds
        while limited.next_wake() < due:
            now = max(now, limited.next_wake())
            settle()
        now = due
        if what == "ask":
            limited.ask(client, host, count, now)
            wanted[client, host] += count
        elif what == "cancel":
            limited.cancel(client, host, count)
            wanted[client, host] = max(0, wanted[client, host] - count)
        elif what == "release":
            mine = [number for number, lease in out.items() if lease[0] == client][:count]
            limited.release(client, mine, now)
            for number in mine:
                del out[number]
        elif what == "forget":
            limited.forget(client, now)
            out = {number: lease for number, lease in out.items() if lease[0] != client}
            wanted = Counter({key: n for key, n in wanted.items() if key[0] != client})
        elif what == "report":
            limited.report(host, count % 2, count // 2, now, throttled=int(count == 6))
        settle()
    for times in starts.values():
        if rate:
            gaps = [b - a for a, b in itertools.pairwise(sorted(times))]
            assert all(gap >= 1 / rate - 1e-9 for gap in gaps)


@given(st.integers(1, 40), st.integers(1, 5), st.floats(0.01, 2.0))
def test_who_releases_gets_everything_in_the_end(
    wanted: int, connections: int, seconds: float
) -> None:
    limited = book(rate=5.0, connections=connections)
    for client in range(3):
        limited.ask(client, "host", wanted, 0.0)
    now, served = 0.0, Counter[object]()
    for _ in range(10_000):
        for grant in granted(limited, now):
            served[grant.client] += len(grant.starts)
            limited.release(grant.client, numbers(grant), now)
        if sum(served.values()) == 3 * wanted:
            break
        # Someone releases, or the book wakes up: whichever is first.
        now = min(limited.next_wake(), now + seconds)
        assert now < math.inf
    assert set(served.values()) == {wanted}


def test_a_client_that_stalls_keeps_its_share_and_not_everybodys() -> None:
    narrow = book(connections=4)
    for client in ("stalls", "works"):
        narrow.ask(client, "host", 50, 0.0)
    served = Counter[object]()
    for now in range(20):
        for grant in granted(narrow, float(now)):
            served[grant.client] += len(grant.starts)
            if grant.client == "works":
                narrow.release("works", numbers(grant), float(now))
    assert served == {"stalls": 2, "works": 40}
