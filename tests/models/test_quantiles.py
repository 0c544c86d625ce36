from __future__ import annotations

from math import ceil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession

from influencers.models import quantiles
from influencers.models.quantiles import top_share_thresholds


def frame_of(spark: SparkSession, values: dict[str, list[int | None]]) -> DataFrame:
    rows = [(group, value) for group, listed in values.items() for value in listed]
    return spark.createDataFrame(rows, "group string, value bigint")


def slow_threshold(values: list[int], share: float) -> int:
    return sorted(values, reverse=True)[ceil(round(share * len(values), 9)) - 1]


# Fewer buckets than ours make the search longer.
@pytest.mark.parametrize("buckets", [1 << 12, 1 << 16])
def test_the_threshold_is_that_of_a_sorted_list(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch, buckets: int
) -> None:
    monkeypatch.setattr(quantiles, "_BUCKETS", buckets)
    values: dict[str, list[int | None]] = {
        "spread": [7, 1, 90, 3, 3, 41, 15, 8, 2, 60],
        "ties": [5] * 9 + [6],
        "single": [4],
        "huge": [2**61, 2**61 + 1, 2**53 + 1, 2**53, 0, -12],
    }
    for share in (0.25, 1.0):
        expected = {group: slow_threshold(listed, share) for group, listed in values.items()}  # type: ignore[arg-type]
        assert top_share_thresholds(frame_of(spark, values), share=share) == expected


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    values=st.lists(st.integers(0, 10**9), min_size=1, max_size=60),
    share=st.sampled_from([0.1, 0.2, 0.25, 0.3]),
    partitions=st.integers(1, 5),
)
def test_the_threshold_does_not_depend_on_order_or_partitions(
    spark: SparkSession, values: list[int], share: float, partitions: int
) -> None:
    frame = frame_of(spark, {"": values}).repartition(partitions)
    assert top_share_thresholds(frame, share=share) == {"": slow_threshold(values, share)}


def test_unknown_values_and_small_groups_have_no_threshold(spark: SparkSession) -> None:
    frame = frame_of(spark, {"big": [1, 2, 3, None], "small": [1], "unknown": [None]})
    assert top_share_thresholds(frame, share=0.5, min_rows=2) == {"big": 2}
    assert top_share_thresholds(frame.limit(0), share=0.5) == {}
