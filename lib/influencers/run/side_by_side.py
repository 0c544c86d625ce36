"""Run calls that start Spark jobs side by side.

Small tables keep the driver busier than the executors: while one job is planned, another's tasks
can run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Protocol, TypeVar

from pyspark import inheritable_thread_target
from pyspark.sql import SparkSession

T = TypeVar("T")

# Two forests at once need twice the memory; more jobs at once gained nothing on two cores.
AT_ONCE = 2


class Start(Protocol):
    """Starts a call in another thread."""

    def __call__(self, call: Callable[[], T]) -> Future[T]:
        """Start it; a call beyond those that run at once waits."""


def run_all(
    spark: SparkSession, calls: Iterable[Callable[[], T]], *, at_once: int = AT_ONCE
) -> list[T]:
    """What the calls return, in their order.

    Raises:
        Exception: of the first call, in their order, that fails; those not yet begun are dropped.
    """
    with started(spark, at_once=at_once) as start:
        return [future.result() for future in [start(call) for call in calls]]


@contextmanager
def started(spark: SparkSession, *, at_once: int = AT_ONCE) -> Iterator[Start]:
    """A function that starts a call and gives its future; at the end all have ended.

    Calls see the session's settings and job group as this thread has them.
    """
    with ThreadPoolExecutor(at_once, thread_name_prefix="side-by-side") as pool:

        def start(call: Callable[[], T]) -> Future[T]:
            return pool.submit(inheritable_thread_target(spark)(call))

        try:
            yield start
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
