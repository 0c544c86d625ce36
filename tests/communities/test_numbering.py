"""Community numbers, held against a plain sort."""

from __future__ import annotations

from collections import defaultdict

import pytest
from chispa import assert_df_equality
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from influencers.communities.numbering import number_by_size

SCHEMA = "algorithm string, hashtag string, label long"


def slow_numbers(labels: dict[str, int]) -> dict[str, int]:
    groups = defaultdict(list)
    for hashtag, label in labels.items():
        groups[label].append(hashtag)
    ordered = sorted(groups.values(), key=lambda group: (-len(group), min(group)))
    return {hashtag: number for number, group in enumerate(ordered) for hashtag in group}


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.dictionaries(st.text(st.sampled_from("abzé\U0001f3a8"), min_size=1, max_size=3),
                       st.integers(-3, 6), max_size=40))  # fmt: skip
def test_numbers_go_by_size_then_by_the_first_hashtag(
    spark: SparkSession, labels: dict[str, int]
) -> None:
    # The other algorithm has every label the other way round, and a hashtag of its own.
    other = {hashtag: -label for hashtag, label in labels.items()} | {"own": 99}
    given = [(name, *pair) for name, own in (("a", labels), ("b", other)) for pair in own.items()]
    rows = number_by_size(spark.createDataFrame(given, SCHEMA)).collect()
    for name, own in (("a", labels), ("b", other)):
        found = {row["hashtag"]: row["community"] for row in rows if row["algorithm"] == name}
        assert found == slow_numbers(own)
    assert len(rows) == len(given)


@pytest.mark.parametrize("partitions", [1, 7])
def test_numbers_do_not_depend_on_labels_order_or_partitions(
    spark: SparkSession, partitions: int
) -> None:
    labels = [("a", f"t{n}", n % 13) for n in range(100)]
    plain = number_by_size(spark.createDataFrame(labels, SCHEMA))
    renamed = [("a", hashtag, 1000 - 7 * label) for _, hashtag, label in labels[::-1]]
    other = number_by_size(spark.createDataFrame(renamed, SCHEMA).repartition(partitions))
    assert_df_equality(other, plain, ignore_row_order=True)
    assert dict(plain.dtypes) == {
        "algorithm": "string", "hashtag": "string", "community": "bigint",
    }  # fmt: skip
