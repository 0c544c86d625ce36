"""Calls side by side: in order, overlapping, and none left behind."""

from __future__ import annotations

import threading
from functools import partial

import pytest
from pyspark.sql import SparkSession

from influencers.run import side_by_side


def test_results_come_in_the_order_of_the_calls(spark: SparkSession) -> None:
    calls = [partial(lambda n: spark.range(n).count(), n) for n in (5, 1, 3)]
    assert side_by_side.run_all(spark, calls) == [5, 1, 3]


def test_calls_overlap(spark: SparkSession) -> None:
    meeting = threading.Barrier(2, timeout=20)
    assert len(side_by_side.run_all(spark, [meeting.wait, meeting.wait], at_once=2)) == 2


def test_calls_see_the_properties_of_the_thread_that_starts_them(spark: SparkSession) -> None:
    context = spark.sparkContext
    context.setLocalProperty("influencers.test", "seen")
    try:
        found = side_by_side.run_all(
            spark, [partial(context.getLocalProperty, "influencers.test")] * 3
        )
    finally:
        context.setLocalProperty("influencers.test", None)  # type: ignore[arg-type]
    assert found == ["seen"] * 3


def test_a_failure_is_raised_when_what_runs_has_ended(spark: SparkSession) -> None:
    running, ended = threading.Event(), threading.Event()

    def fail() -> None:
        running.wait(20)
        raise ValueError("no")

    def last() -> None:
        running.set()
        threading.Event().wait(0.2)
        ended.set()

    with pytest.raises(ValueError, match="no"):
        side_by_side.run_all(spark, [fail, last], at_once=2)
    assert ended.is_set()


def test_what_has_not_begun_is_dropped_after_a_failure(spark: SparkSession) -> None:
    begun: list[int] = []

    def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        side_by_side.run_all(spark, [fail, *[partial(_slowly, begun)] * 50], at_once=1)
    assert len(begun) < 50


def _slowly(begun: list[int]) -> None:
    begun.append(1)
    threading.Event().wait(0.02)
