"""The number of partitions, for tests that hold at any."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pyspark.sql import SparkSession


@pytest.fixture
def shuffle_partitions(spark: SparkSession) -> Iterator[Callable[[int], None]]:
    """Sets the number of partitions after a shuffle, all of them used, for one test."""
    changed = {
        name: spark.conf.get(name)
        for name in (
            "spark.sql.shuffle.partitions",
            "spark.sql.adaptive.coalescePartitions.enabled",
        )
    }

    def set_partitions(number: int) -> None:
        spark.conf.set("spark.sql.shuffle.partitions", number)
        spark.conf.set("spark.sql.adaptive.coalescePartitions.enabled", False)

    yield set_partitions
    for name, value in changed.items():
        spark.conf.set(name, value)
