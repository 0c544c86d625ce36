"""The scheduler of one task, with a real budget server, real threads and a real web server."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

import pytest

from counting_server import Answer, get, serving
from hostile_server import HostileServer
from image_options import BREAKER, FETCHING, PATIENT
from influencers.errors import UserError
from influencers.images.budget.book import BudgetOptions, HostLimits
from influencers.images.budget.breaker import BreakerOptions
from influencers.images.budget.client import BudgetClient
from influencers.images.budget.leases import HostUnavailable
from influencers.images.budget.request_leases import RequestLeases
from influencers.images.budget.server import BudgetServer
from influencers.images.http.client import Client
from influencers.images.schedule.fetching import FetchingOptions, Row, fetch_all

SECRET = b"a secret of this test"
Result = tuple[str, str, int]  # image key, status, attempts


class Budget:
    """A server and this process's client, for one test; options may be set before first use."""

    def __init__(self) -> None:
        self.options = BudgetOptions(HostLimits(), BREAKER)

    def __enter__(self) -> Budget:
        self.server = BudgetServer(self.options, SECRET).__enter__()
        self.client = BudgetClient(self.server.address, SECRET, patience=1.0)
        self.leases = RequestLeases(self.client, hop_seconds=1.0)
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self.server.__exit__(None, None, None)

    def fetch(
        self, rows: Iterable[Row], fetch: Callable[[str], Answer],
        options: FetchingOptions | None = None, *,
        wait: Callable[[Row, Answer, int], float | None] = lambda row, answer, tries: None,
        done: Callable[[Row, Answer], Result] = (
            lambda row, answer: (row.image_key, answer.status, row.attempts)
        ),
    ) -> Iterator[Result]:  # fmt: skip
        return fetch_all(
            rows, fetch, self.leases, options or FETCHING, next_step=wait, done=done,
            unavailable=lambda row, seconds: (row.image_key, "host_unavailable", row.attempts),
        )  # fmt: skip


def budget(limits: HostLimits | None = None, **options: object) -> Budget:
    made = Budget()
    made.options = replace(made.options, limits=limits or HostLimits(), **options)
    return made


def row(number: int, host: str = "host:80", attempts: int = 0) -> Row:
    return Row(f"{host}/{number}", f"http://{host}/{number}", host, attempts)


def fine(url: str) -> Answer:
    return Answer("ok")


def fetch_threads() -> int:
    return sum(thread.name == "fetch" for thread in threading.enumerate())


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    assert fetch_threads() == 0


def test_every_row_gives_one_result() -> None:
    rows = [row(number, f"host{number % 37}:80") for number in range(3000)]
    with budget(hosts={"host3": HostLimits(400.0, 2), "host5": HostLimits(0.0, 1)}) as b:
        small = FetchingOptions(threads=4, stragglers=2, window=100, results=8)
        results = list(b.fetch(rows, fine, small))
    assert Counter(results) == Counter((one.image_key, "ok", 1) for one in rows)


def test_no_rows_no_threads() -> None:
    with budget() as b:
        assert list(b.fetch([], fine)) == []


def test_a_hot_host_holds_up_no_other() -> None:
    def fetch(url: str) -> Answer:
        time.sleep(0.2 if "slow" in url else 0.0)
        return Answer("ok")

    rows = [row(number, "hot:80") for number in range(990)]
    rows[500:500] = [row(number, "slow:80") for number in range(5)]
    rows += [row(number, "fast:80") for number in range(5)]
    limits = {"hot": HostLimits(20.0, 4), "slow": HostLimits(0.0, 1)}
    with budget(hosts=limits) as b:
        began = time.monotonic()
        running = b.fetch(rows, fetch)
        finished: list[str] = []
        at: dict[str, float] = {}
        while sum(not key.startswith("hot") for key in finished) < 10:
            finished.append(next(running)[0])
            at[finished[-1].partition(":")[0]] = time.monotonic() - began
        running.close()
    assert at["fast"] < 0.5
    assert at["slow"] < 2.0
    assert len(finished) < 10 + 20 * at["slow"] + 5


def test_stragglers_hold_up_nobody() -> None:
    leave = threading.Event()

    def fetch(url: str) -> Answer:
        if "dead" in url:
            leave.wait(20)
        return Answer("ok")

    rows = [row(number, "dead:80") for number in range(6)]
    rows += [row(number, "alive:80") for number in range(500)]
    options = FetchingOptions(threads=4, stragglers=8, straggler_seconds=0.1)
    with budget() as b:
        running = b.fetch(rows, fetch, options)
        first = [next(running)[0] for _ in range(500)]
        assert all("alive" in key for key in first)
        leave.set()
        assert len(list(running)) == 6


def test_a_row_is_tried_again_when_its_wait_is_over_and_costs_no_thread_meanwhile() -> None:
    tried: dict[str, list[float]] = {}

    def fetch(url: str) -> Answer:
        tried.setdefault(url, []).append(time.monotonic())
        return Answer("timeout" if "bad" in url and len(tried[url]) < 3 else "ok")

    def wait(one: Row, answer: Answer, tries: int) -> float | None:
        return 0.2 * tries if answer.status == "timeout" else None

    rows = [row(number, "bad:80") for number in range(20)]
    rows += [row(number) for number in range(20)]
    options = FetchingOptions(threads=2, stragglers=1)
    with budget() as b:
        began = time.monotonic()
        results = list(b.fetch(rows, fetch, options, wait=wait))
    assert time.monotonic() - began < 6.0  # 20 rows, 0.6 s of waiting each
    assert all("host" in key for key, _, _ in results[:20])
    assert {attempts for key, _, attempts in results if "bad" in key} == {3}
    gaps = [(b - a, c - b) for a, b, c in (times for url, times in tried.items() if "bad" in url)]
    assert all(first >= 0.2 and second >= 0.4 for first, second in gaps)


def test_a_retry_is_not_forgotten_when_nothing_else_happens() -> None:
    with budget() as b:
        began = time.monotonic()
        wait: Callable[[Row, Answer, int], float | None]
        wait = lambda row, answer, tries: 0.1 if tries < 4 else None  # noqa: E731
        assert list(b.fetch([row(1)], fine, wait=wait)) == [("host:80/1", "ok", 4)]
        assert time.monotonic() - began < 5.0


def test_attempts_of_earlier_runs_count() -> None:
    with budget() as b:
        assert list(b.fetch([row(1, attempts=4)], fine)) == [("host:80/1", "ok", 5)]


def test_a_consumer_that_waits_stops_the_fetching() -> None:
    fetched: list[str] = []

    def fetch(url: str) -> Answer:
        fetched.append(url)
        return Answer("ok")

    options = FetchingOptions(threads=4, window=100, results=10)
    with budget() as b:
        running = b.fetch((row(number) for number in range(1000)), fetch, options)
        next(running)
        time.sleep(0.3)
        assert len(fetched) <= 11
        for _ in range(50):
            next(running)
        time.sleep(0.3)
        assert len(fetched) <= 61
        assert len(list(running)) == 949


def test_rows_that_are_slow_to_come_hold_no_result_up() -> None:
    def slow_rows() -> Iterator[Row]:
        for number in range(640):
            if number % 64 == 0:
                time.sleep(0.3)
            yield row(number)

    began = time.monotonic()
    with budget() as b:
        running = b.fetch(slow_rows(), fine, replace(FETCHING, results=20))
        next(running)
        assert time.monotonic() - began < 2.0  # the last row comes after 3 s
        assert len(list(running)) == 639


def test_leaving_early_ends_threads_and_gives_leases_back() -> None:
    with budget(HostLimits(0.0, 3)) as b:
        running = b.fetch(
            (row(number) for number in range(1000)), lambda url: time.sleep(0.1) or Answer("ok")
        )
        next(running)
        began = time.monotonic()
        running.close()
        assert time.monotonic() - began < 1.0
        assert fetch_threads() == 0
        b.client.release([b.client.lease("host:80", 2.0) for _ in range(3)])


def test_leaving_early_leaves_nothing_wanted() -> None:
    with budget(HostLimits(20.0, 0)) as b:
        running = b.fetch((row(number) for number in range(1000)), fine)
        next(running)
        time.sleep(0.1)
        running.close()
        other = BudgetClient(b.server.address, SECRET)
        began = time.monotonic()
        starts = [other.lease("host:80", 5.0).start for _ in range(20)]
        assert starts[-1] - began < 2.0  # half of that is what was granted before, and waiting
        other.close()


@pytest.mark.parametrize("where", ["fetch", "wait", "done", "rows"])
def test_what_a_callback_raises_comes_out_and_nothing_is_left(where: str) -> None:
    def fails(*_: object) -> Answer:
        raise ZeroDivisionError(where)

    def failing_rows() -> Iterator[Row]:
        yield from (row(number) for number in range(100))
        fails()

    callbacks = {where: fails} if where in ("wait", "done") else {}
    rows = failing_rows() if where == "rows" else [row(number) for number in range(100)]
    with budget(HostLimits(0.0, 2)) as b:
        with pytest.raises(ZeroDivisionError, match=where):
            list(b.fetch(rows, fails if where == "fetch" else fine, **callbacks))
        assert fetch_threads() == 0
        b.client.release([b.client.lease("host:80", 2.0) for _ in range(2)])


def test_a_host_that_is_down_is_left_alone_and_asked_again_later() -> None:
    breaker = BreakerOptions(failures=10, seconds=0.0, cool_down=0.5)
    with serving() as web, budget(HostLimits(200.0, 4), breaker=breaker) as b:
        web.code = 503
        rows = [row(number, web.host) for number in range(500)]
        other = [row(number, "other:80") for number in range(50)]

        def fetch(url: str) -> Answer:
            return Answer("ok") if "other" in url else get(url)

        began = time.monotonic()
        results = list(b.fetch(rows + other, fetch))
        assert time.monotonic() - began < 2.0
        by_status = Counter(status for _, status, _ in results)
        assert by_status["ok"] == 50
        # A few more than the ten were under way, or a probe of a later half second.
        assert 10 <= len(web.arrivals) <= 40
        assert by_status["server_error"] == len(web.arrivals)
        assert by_status["host_unavailable"] == 500 - len(web.arrivals)
        assert {n for _, status, n in results if status == "host_unavailable"} == {0}
        web.code = 200
        time.sleep(0.6)
        again = Counter(status for _, status, _ in b.fetch(rows[:20], fetch))
        assert again == {"ok": 20}


def test_a_host_that_throttles_is_paused_for_everyone() -> None:
    with serving() as web, budget(HostLimits(100.0, 2)) as b:
        web.code, web.retry_after = 429, "1"

        def fetch(url: str) -> Answer:
            answer = get(url)
            web.code, web.retry_after = 200, None
            return answer

        def wait(one: Row, answer: Answer, tries: int) -> float | None:
            return 0.0 if answer.status == "throttled" else None

        rows = [row(number, web.host) for number in range(30)]
        assert {status for _, status, _ in b.fetch(rows, fetch, wait=wait)} == {"ok"}
        # What was granted before the host spoke still comes, at most half a second later.
        gaps = [b - a for a, b in zip(web.arrivals, web.arrivals[1:], strict=False)]
        assert max(gaps) >= 0.8


def test_a_redirect_needs_a_lease_of_its_own_and_gives_the_other_back() -> None:
    with budget(HostLimits(0.0, 1)) as b:
        seen: list[str] = []

        def fetch(url: str) -> Answer:
            b.leases.before_request("a:80")
            b.leases.before_request("a:80")  # a redirect within the host
            b.leases.before_request("b:80")
            seen.append(url)
            with pytest.raises(HostUnavailable):
                other.lease("b:80", 0.1)
            other.release([other.lease("a:80", 5.0)])
            return Answer("ok")

        other = BudgetClient(b.server.address, SECRET)
        results = list(b.fetch([row(number, "a:80") for number in range(3)], fetch))
        other.release([other.lease(host, 2.0) for host in ("a:80", "b:80")])
        other.close()
    assert len(results) == len(seen) == 3


def test_a_redirect_is_a_success_of_the_host_that_gave_it() -> None:
    class Redirected(NamedTuple):
        status: str
        final_host: str
        retry_after: float | None = None

    breaker = BreakerOptions(failures=2, seconds=0.0, cool_down=60.0)
    with budget(breaker=breaker) as b:
        rows = [row(number) for number in range(200)]
        failed = Counter(
            status for _, status, _ in b.fetch(rows, lambda url: Redirected("reset", "cdn:80"))
        )
        assert failed == {"reset": 200}
        with pytest.raises(HostUnavailable):
            b.client.lease("cdn:80", 5.0)


def test_a_redirect_to_a_busy_host_waits_no_longer_than_it_may() -> None:
    with budget(HostLimits(0.0, 1)) as b:
        b.client.lease("b:80", 1.0)

        def fetch(url: str) -> Answer:
            b.leases.before_request("a:80")
            try:
                b.leases.before_request("b:80")
            except HostUnavailable:
                return Answer("host_unavailable")
            return Answer("ok")

        assert list(b.fetch([row(1, "a:80")], fetch)) == [("a:80/1", "host_unavailable", 0)]


def test_without_a_budget_server_the_task_fails_by_name() -> None:
    with budget(HostLimits(50.0, 0)) as b:
        running = b.fetch((row(number) for number in range(10_000)), fine)
        next(running)
        b.server.__exit__(None, None, None)
        with pytest.raises(UserError, match=r"images\.budget_port"):
            list(running)


def test_the_scheduling_of_a_request_is_cheap() -> None:
    rows = [row(number, f"host{number % 20}:80") for number in range(4000)]
    with budget() as b:
        cpu = time.process_time()
        assert len(list(b.fetch(rows, fine))) == 4000
        per_request = (time.process_time() - cpu) / 4000
    # 0.3 ms with the server's share, measured; the limit leaves room for a busy machine.
    assert per_request < 0.0015


def test_every_request_has_a_turn_where_kept_connections_end_under_one() -> None:
    """One request for one lease: the server answers only the first request of a connection."""
    rate = 20.0
    with HostileServer() as server, budget(HostLimits(rate, 1)) as b:
        rows = [Row(str(n), server.url("/hang-up"), server.host_key, 0) for n in range(12)]
        options = replace(PATIENT, total_seconds=5.0)
        hook = b.leases.before_request
        with Client(options, (server.host_key,), before_request=hook) as client:
            found = list(b.fetch(rows, client.fetch))
        starts = sorted(request.at for request in server.requests)
    assert [status for _, status, _ in found] == ["ok"] * 12
    assert 18 <= len(starts) <= 23
    # The first may start late by as much; twelve turns would be over in half the time.
    assert starts[-1] - starts[0] > (len(starts) - 1) / rate - FetchingOptions.late_seconds
