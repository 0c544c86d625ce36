"""Fetch the rows of one task: many hosts at once, each within its budget, none holding up another.

The consumer's thread reads the rows and yields the results as they come; what the other threads
do is in `scheduler`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from influencers.images.budget.request_leases import RequestLeases
from influencers.images.schedule.concurrency import FetchingOptions
from influencers.images.schedule.host_queues import Row
from influencers.images.schedule.outcomes import Fetched
from influencers.images.schedule.scheduler import Scheduler

__all__ = ["Fetched", "FetchingOptions", "Row", "fetch_all"]

F = TypeVar("F", bound=Fetched)
T = TypeVar("T")


def fetch_all(
    rows: Iterable[Row], fetch: Callable[[str], F], leases: RequestLeases,
    options: FetchingOptions, *, next_step: Callable[[Row, F, int], float | None],
    done: Callable[[Row, F], T], unavailable: Callable[[Row, float], T],
) -> Iterator[T]:  # fmt: skip
    """The result of each row, in the order in which they come.

    A row's attempts, as the callbacks see them, include those of this run.

    Args:
        rows: read by the caller's thread alone.
        fetch: asks once; runs in many threads.
        leases: who may ask which host when; `fetch` tells it of redirects by `before_request`.
        options: how much at once.
        next_step: seconds until the row is tried again in this run, or None: this was the last;
            is told the attempts made in this run.
        done: makes the result of a last answer, in the thread that fetched it.
        unavailable: makes the result of a row that was not asked (again), as its host is not
            to be asked for so many seconds.

    Raises:
        UserError: the budget server is out of reach.
        Exception: whatever a callback raises.
    """
    scheduler = Scheduler(fetch, leases, options, next_step, done)
    try:
        yield from scheduler.results(iter(rows), unavailable)
    finally:
        scheduler.close()
