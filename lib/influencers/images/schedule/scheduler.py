"""The threads of one task, and what each does next.

Threads help themselves: each takes the next row whose lease is due, fetches it, and turns the
answer into a result on the spot; what that is, and whether it holds the bytes, is the caller's. One
idle thread keeps watch over what falls due by itself.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from typing import Generic, NamedTuple, TypeVar

from influencers.errors import UserError
from influencers.images import statuses
from influencers.images.budget.leases import Lease
from influencers.images.budget.request_leases import RequestLeases
from influencers.images.schedule import outcomes
from influencers.images.schedule.concurrency import Crew, FetchingOptions
from influencers.images.schedule.host_queues import HostQueues, Pending, Row
from influencers.images.schedule.outcomes import Fetched

F = TypeVar("F", bound=Fetched)
T = TypeVar("T")


class _Job(NamedTuple):
    number: int
    pending: Pending
    lease: Lease


class _Shut(NamedTuple):
    row: Row
    seconds: float


# A lease that starts this much later than it comes is of a host at its limit.
_AT_ONCE_SECONDS = 0.05

_LONGEST_NAP = 3600.0  # conditions refuse to wait for ever by number

_READ_ROWS = 64  # at once


class Scheduler(Generic[F, T]):
    """The state that the threads share; all of it behind one lock."""

    def __init__(
        self, fetch: Callable[[str], F], leases: RequestLeases, options: FetchingOptions,
        next_step: Callable[[Row, F, int], float | None], done: Callable[[Row, F], T],
    ) -> None:  # fmt: skip
        self._fetch, self._next_step, self._done = fetch, next_step, done
        self._leases, self._budget, self._options = leases, leases.client, options
        self._lock = threading.Lock()
        self._watch = threading.Condition(self._lock)  # the one idle thread that keeps watch
        self._idle = threading.Condition(self._lock)  # the other idle threads
        self._ready = threading.Condition(self._lock)  # the consumer
        self._watching = False
        self._wake_at = 0.0
        self._idlers = 0
        self._threads: list[threading.Thread] = []
        self._queues = HostQueues()
        self._held: list[tuple[float, int, Lease, bool]] = []  # a heap by start
        self._held_at_once = 0
        self._retries: list[tuple[float, int, Pending]] = []  # a heap by due time
        self._shut: dict[str, float] = {}
        self._crew = Crew(options)
        self._open = 0  # rows read whose result was not yielded
        self._results: deque[T | _Shut] = deque()
        self._error: BaseException | None = None
        self._closing = False

    # The consumer's side.

    def results(self, rows: Iterator[Row], unavailable: Callable[[Row, float], T]) -> Iterator[T]:
        """Read rows and yield results until there are no more of either."""
        exhausted = False
        while True:
            if not exhausted and self._open <= self._options.window // 2:
                exhausted = self._read(rows)
            with self._lock:
                while not self._results and self._error is None and self._open:
                    self._ready.wait()
                if self._error is not None:
                    raise self._error
                if not self._results:
                    if exhausted:
                        return
                    continue
                result = self._results.popleft()
                self._open -= 1
                if self._crew.is_worth_waking(len(self._results)):
                    self._watch.notify()
            yield unavailable(*result) if isinstance(result, _Shut) else result

    def _read(self, rows: Iterator[Row]) -> bool:
        """Fill the window; whether the rows are exhausted."""
        while self._open < self._options.window:
            batch = list(itertools.islice(rows, _READ_ROWS))
            with self._lock:
                now = time.monotonic()
                self._open += len(batch)
                for row in batch:
                    self._queue(Pending(row, 0), now)
                if batch and not self._threads:
                    self._add_thread()
                self._watch.notify()
                if len(batch) < _READ_ROWS or self._error is not None:
                    return True
                if self._results and self._queues.rows > self._options.results:
                    return False  # enough to do: rows that are slow to come hold no results up
        return False

    def close(self) -> None:
        """End all threads, each after the request it has under way, and give back all leases."""
        with self._lock:
            self._closing = True
            self._watch.notify_all()
            self._idle.notify_all()
            held, self._held = self._held, []
        self._budget.cancel(self)
        self._budget.release(lease for _, _, lease, _ in held)
        for thread in self._threads:
            thread.join()

    # The budget's side: these are called by the client's thread.

    def granted(self, host: str, leases: list[Lease]) -> None:
        """Leases came."""
        with self._lock:
            if not self._closing:
                soon = time.monotonic() + _AT_ONCE_SECONDS
                for lease in leases:
                    at_once = lease.start <= soon
                    self._held_at_once += at_once
                    heappush(self._held, (lease.start, lease.number, lease, at_once))
                self._queues.granted(host, len(leases))
                self._watch.notify()
                return
        self._budget.release(leases)

    def refused(self, host: str, seconds: float) -> None:
        """The host's breaker is open."""
        with self._lock:
            now = time.monotonic()
            self._shut = {name: until for name, until in self._shut.items() if until > now}
            self._shut[host] = now + seconds
            self._results.extend(_Shut(_tried(p), seconds) for p in self._queues.drop(host))
            self._ready.notify()
            self._watch.notify()

    def failed(self, error: UserError) -> None:
        """The budget server is out of reach."""
        with self._lock:
            self._stop(error)

    # The threads' side.

    def _work(self) -> None:
        job: _Job | None = None
        try:
            while (job := self._next_job(job)) is not None:
                self._do(job)
        except BaseException as error:
            with self._lock:
                self._stop(error)

    def _do(self, job: _Job) -> None:
        row = job.pending.row
        self._leases.begin(job.lease)
        try:
            fetched = self._fetch(row.url)
            # Before the lease ends: a probe that comes back without a verdict was in vain.
            outcomes.report(self._budget, row.host, fetched)
        finally:
            self._leases.end()
        asked = fetched.status != statuses.HOST_UNAVAILABLE  # a redirect's host
        pending = Pending(row, job.pending.tries + asked)
        tried = _tried(pending)
        wait = self._next_step(tried, fetched, pending.tries)
        if wait is not None:
            with self._lock:
                heappush(self._retries, (time.monotonic() + wait, job.number, pending))
            return
        result = self._done(tried, fetched)
        with self._lock:
            self._results.append(result)
            self._ready.notify()

    def _next_job(self, last: _Job | None) -> _Job | None:
        """Wait for something to do; None: there will be nothing more."""
        with self._lock:
            if last is not None:
                self._crew.end(last.number)
            while not self._closing:
                now = time.monotonic()
                self._catch_up(now)
                job = self._due(now)
                if job is not None:
                    self._call_successor(now)
                    return job
                if self._watching:
                    self._hurry(now)
                    self._idlers += 1
                    self._idle.wait()
                    self._idlers -= 1
                else:
                    self._watching = True
                    self._wake_at = self._next_event(now)
                    self._watch.wait(min(self._wake_at - now, _LONGEST_NAP))
                    self._watching = False
            return None

    def _catch_up(self, now: float) -> None:
        """Bring in what has fallen due, and ask for leases."""
        self._crew.age(now)
        while self._retries and self._retries[0][0] <= now:
            self._queue(heappop(self._retries)[2], now, first=True)
        self._queues.age(now)
        coming = self._queues.fresh + self._held_at_once
        capacity = self._crew.room(len(self._results)) - coming
        if capacity > 0:
            idle = not self._held and self._crew.is_idle(len(self._results))
            for host, count in self._queues.to_ask(capacity, now).items():
                self._budget.ask(host, count, self, soon=idle)

    def _may_start(self) -> bool:
        return self._crew.may_start(len(self._results))

    def _due(self, now: float) -> _Job | None:
        """The row of the earliest lease, if that may start; leases that came to nothing go back."""
        unused: list[Lease] = []
        job = None
        while job is None and self._held and self._held[0][0] <= now and self._may_start():
            start, _, lease, at_once = heappop(self._held)
            self._held_at_once -= at_once
            if now - start > self._options.late_seconds or not self._budget.holds(lease):
                self._queues.give_back(lease.host)
                unused.append(lease)
                continue
            pending = self._queues.take(lease.host)
            if pending is None:
                unused.append(lease)
                continue
            job = _Job(self._crew.start(now), pending, lease)
        if unused:
            self._budget.release(unused)
        return job

    def _next_event(self, now: float) -> float:
        """When something falls due by itself; never before now."""
        event = min(self._queues.next_age(), self._crew.next_age())
        if self._retries:
            event = min(event, self._retries[0][0])
        if self._held and self._may_start():
            event = min(event, self._held[0][0])
        return max(event, now)

    def _hurry(self, now: float) -> None:
        """Wake the thread on watch if what changed falls due before it would wake."""
        if self._next_event(now) < self._wake_at:
            self._watch.notify()

    def _call_successor(self, now: float) -> None:
        """Someone must keep watch while this thread is busy."""
        if self._watching:
            self._hurry(now)
        elif self._idlers:
            self._idle.notify()
        elif len(self._threads) <= self._options.threads + self._options.stragglers:
            self._add_thread()

    def _add_thread(self) -> None:
        thread = threading.Thread(target=self._work, name="fetch", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _queue(self, pending: Pending, now: float, *, first: bool = False) -> None:
        until = self._shut.get(pending.row.host, 0.0)
        if until > now:
            self._results.append(_Shut(_tried(pending), until - now))
            self._ready.notify()
        else:
            self._queues.add(pending, first=first)

    def _stop(self, error: BaseException) -> None:
        self._error = self._error or error
        self._closing = True
        self._watch.notify_all()
        self._idle.notify_all()
        self._ready.notify_all()


def _tried(pending: Pending) -> Row:
    row = pending.row
    return row._replace(attempts=row.attempts + pending.tries) if pending.tries else row
