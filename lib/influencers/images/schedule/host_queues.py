"""The rows that one task still has to fetch, by host, and how many leases to ask for whom.

No clock, no lock, no thread: the scheduler brings them. A host that lets leases wait must not keep
the task from asking other hosts: what was asked of it counts against the task's capacity only for
a moment.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple


class Row(NamedTuple):
    """An image to fetch: `host` is the budget's key, `name:port`; attempts count all runs."""

    image_key: str
    url: str
    host: str
    attempts: int


class Pending(NamedTuple):
    """A row and how often it was tried in this run."""

    row: Row
    tries: int


class _Queue:
    __slots__ = ("asked", "fresh", "held", "rows", "turned")

    def __init__(self) -> None:
        self.rows: deque[Pending] = deque()
        self.asked = 0  # leases wanted and not yet here
        self.fresh = 0  # of these, those that may come at any moment
        self.held = 0  # leases here that no row has taken
        self.turned = False  # stands in the line of hosts to ask for


STALL_SECONDS = 0.2  # after which a lease that has not come is a wait, not a delay


class HostQueues:
    """Rows by host."""

    def __init__(self) -> None:
        self._queues: dict[str, _Queue] = {}
        self._line: deque[str] = deque()
        self._asked_at: deque[tuple[float, str, int]] = deque()
        self.fresh = 0
        self.rows = 0

    def add(self, pending: Pending, *, first: bool = False) -> None:
        """Queue a row; `first`: it waited before."""
        host = pending.row.host
        queue = self._queues.get(host)
        if queue is None:
            queue = self._queues[host] = _Queue()
        if first:
            queue.rows.appendleft(pending)
        else:
            queue.rows.append(pending)
        self.rows += 1
        self._line_up(host, queue)

    def to_ask(self, capacity: int, now: float) -> dict[str, int]:
        """Leases to ask for, at most `capacity`, one a host in turn; they count as asked."""
        asked: dict[str, int] = {}
        while capacity > 0 and self._line:
            host = self._line.popleft()
            queue = self._queues[host]
            queue.turned = False
            if len(queue.rows) <= queue.asked + queue.held or queue.asked > queue.fresh:
                self._tidy(host, queue)  # nothing to ask for, or it lets us wait already
                continue
            queue.asked += 1
            queue.fresh += 1
            asked[host] = asked.get(host, 0) + 1
            capacity -= 1
            self._line_up(host, queue)
        for host, count in asked.items():
            self.fresh += count
            self._asked_at.append((now, host, count))
        return asked

    def age(self, now: float) -> None:
        """What was asked long ago no longer counts against the capacity."""
        while self._asked_at and self._asked_at[0][0] <= now - STALL_SECONDS:
            _, host, count = self._asked_at.popleft()
            queue = self._queues.get(host)
            if queue is not None:
                self._stale(queue, count)

    def next_age(self) -> float:
        """When `age` will change something; infinite: never."""
        return self._asked_at[0][0] + STALL_SECONDS if self.fresh and self._asked_at else math.inf

    def granted(self, host: str, count: int) -> None:
        """So many leases came."""
        queue = self._queues.get(host)
        if queue is None:
            queue = self._queues[host] = _Queue()
        queue.asked = max(0, queue.asked - count)
        queue.held += count
        self._stale(queue, max(0, queue.fresh - queue.asked))
        self._line_up(host, queue)

    def take(self, host: str) -> Pending | None:
        """The next row of a host, for one of its leases; None: no row wants it."""
        queue = self._queues[host]
        queue.held -= 1
        if not queue.rows:
            self._tidy(host, queue)
            return None
        self.rows -= 1
        pending = queue.rows.popleft()
        self._tidy(host, queue)
        return pending

    def give_back(self, host: str) -> None:
        """A lease was not used: its row must ask again."""
        queue = self._queues[host]
        queue.held -= 1
        self._line_up(host, queue)
        self._tidy(host, queue)

    def drop(self, host: str) -> Iterator[Pending]:
        """Everything that waits for a host, which will grant nothing for now."""
        queue = self._queues.get(host)
        if queue is None:
            return
        self._stale(queue, queue.fresh)
        queue.asked = 0
        dropped, queue.rows = queue.rows, deque()
        self.rows -= len(dropped)
        self._tidy(host, queue)
        yield from dropped

    def _stale(self, queue: _Queue, count: int) -> None:
        count = min(count, queue.fresh)
        queue.fresh -= count
        self.fresh -= count

    def _line_up(self, host: str, queue: _Queue) -> None:
        if not queue.turned and len(queue.rows) > queue.asked + queue.held:
            queue.turned = True
            self._line.append(host)

    def _tidy(self, host: str, queue: _Queue) -> None:
        if not (queue.rows or queue.asked or queue.held or queue.turned):
            del self._queues[host]
