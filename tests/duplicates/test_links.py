"""Links and groups: the same at any partitioning, and none that chains unsaid."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from pyspark.sql import DataFrame, SparkSession

from influencers.duplicates.groups import grouped
from influencers.duplicates.links import copied, linked, with_first_of_bytes
from influencers.graph.components import components

IMAGES = "id string, phash bigint, sha256 string, at timestamp"
PAIRS = "a bigint, b bigint, distance int"


def day(number: int) -> datetime:
    return datetime(2020, 1, number, tzinfo=timezone.utc)


# A is near B, B near C, C not near A; D and E have one hash; F, G and H one file; X and Y are
# blank: of one hash that counts for nothing, and only Y and Z have the same bytes.
ROWS = [
    ("A", 0b0000, "a", day(3)), ("B", 0b0111, "b", day(2)), ("C", 0b111111, "c", day(1)),
    ("D", 1 << 40, "d", day(5)), ("E", 1 << 40, "e", day(4)),
    ("F", -(2**63), "f", day(6)), ("G", -(2**63), "f", day(6)), ("H", -(2**63), "f", None),
    ("X", None, "x", day(1)), ("Y", None, "y", day(2)), ("Z", None, "y", day(1)),
    ("alone", 1 << 50, "alone", day(1)),
]  # fmt: skip
NEAR = [(0, 7, 3), (7, 63, 3), (1 << 40, 1 << 40, 0)]


@pytest.fixture(params=[1, 4])
def images(spark: SparkSession, request: pytest.FixtureRequest) -> DataFrame:
    rows = ROWS if request.param == 1 else ROWS[::-1]
    return with_first_of_bytes(spark.createDataFrame(rows, IMAGES).repartition(request.param))


def test_links(spark: SparkSession, images: DataFrame) -> None:
    near = spark.createDataFrame(NEAR, PAIRS)
    found = linked(copied(images, near), near)
    assert sorted(tuple(row) for row in found.collect()) == [
        ("A", "B", 3, "near"), ("B", "C", 3, "near"), ("D", "E", 0, "same_hash"),
        ("F", "G", 0, "same_bytes"), ("F", "H", 0, "same_bytes"), ("Y", "Z", 0, "same_bytes"),
    ]  # fmt: skip


@pytest.mark.parametrize("driver_pairs", [1_000, 0])
def test_groups(spark: SparkSession, images: DataFrame, driver_pairs: int) -> None:
    near = spark.createDataFrame(NEAR, PAIRS)
    with components(near, driver_pairs=driver_pairs) as hanging:
        rows = grouped(copied(images, near), hanging, radius=4).collect()
    found = {
        row.image_key: (row.representative, row.distance_to_representative,
                        row.linked_through_others, row.images, row.diameter)
        for row in rows
    }  # fmt: skip
    assert found == {
        "C": ("C", 0, False, 3, 6), "B": ("C", 3, False, 3, 6), "A": ("C", 6, True, 3, 6),
        "E": ("E", 0, False, 2, 0), "D": ("E", 0, False, 2, 0),
        "F": ("F", 0, False, 3, 0), "G": ("F", 0, False, 3, 0), "H": ("F", 0, False, 3, 0),
        "Z": ("Z", 0, False, 2, 0), "Y": ("Z", 0, False, 2, 0),
    }  # fmt: skip
    assert len({row.group_id for row in rows}) == 4


def test_components_are_named_by_their_smallest_hash(spark: SparkSession) -> None:
    near = spark.createDataFrame([(-5, 3, 1), (3, 9, 1), (10, 11, 1), (4, 4, 0)], PAIRS)
    for driver_pairs in (100, 0):
        with components(near, driver_pairs=driver_pairs) as found:
            assert sorted(map(tuple, found.collect())) == [
                (-5, -5), (3, -5), (9, -5), (10, 10), (11, 10)
            ]  # fmt: skip


def test_no_pairs_no_components(spark: SparkSession) -> None:
    near = spark.createDataFrame([(4, 4, 0)], PAIRS)
    for driver_pairs in (100, 0):
        with components(near, driver_pairs=driver_pairs) as found:
            assert found.collect() == []
