"""Edges from a CSV of the user's."""

from __future__ import annotations

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from influencers.communities.edge_list import edges_from_rows
from influencers.communities.tables import HASHTAG_EDGES
from influencers.errors import UserError


def rows(spark: SparkSession, values: list[tuple[str | None, ...]], header: str) -> DataFrame:
    schema = ", ".join(f"`{name}` string" for name in header.split(","))
    return spark.createDataFrame(values, schema)


def test_either_order_is_one_edge_weights_add_up_and_loops_go(spark: SparkSession) -> None:
    given = rows(
        spark,
        [("b", " a ", "0.5"), ("a", "b", "1e-6"), ("c", "c", "9"), ("a", "c", "2")],
        "src,dst,weight",
    )
    expected = spark.createDataFrame(
        [("a", "b", None, None, 500_001), ("a", "c", None, None, 2_000_000)],
        HASHTAG_EDGES.schema,
    )
    found = edges_from_rows(given, source="g.csv")
    assert_df_equality(found, expected, ignore_row_order=True, ignore_nullable=True)


def test_without_weights_every_row_weighs_one(spark: SparkSession) -> None:
    given = rows(spark, [("1", "2"), ("2", "1"), ("2", "3")], " DST ,Src")
    found = {tuple(row) for row in edges_from_rows(given, source="g.csv").collect()}
    assert found == {("1", "2", None, None, 2_000_000), ("2", "3", None, None, 1_000_000)}


def test_a_header_alone_is_an_empty_graph(spark: SparkSession) -> None:
    assert edges_from_rows(rows(spark, [], "src,dst"), source="g.csv").isEmpty()


def test_a_missing_column_is_named(spark: SparkSession) -> None:
    with pytest.raises(UserError, match=r"g\.csv has no column dst: its header must be src,dst"):
        edges_from_rows(rows(spark, [("a", "b")], "src,target"), source="g.csv")


@pytest.mark.parametrize("weight", ["heavy", "", None, "-1", "0", "NaN", "Infinity", "1e-9", "1e7"])
def test_an_unusable_weight_is_shown(spark: SparkSession, weight: str | None) -> None:
    given = rows(spark, [("a", "b", "1"), ("a", "c", weight)], "src,dst,weight")
    with pytest.raises(UserError, match="1 weights are not numbers") as caught:
        edges_from_rows(given, source="g.csv")
    assert repr(weight or "") in str(caught.value)


@pytest.mark.parametrize("end", ["", "  ", None])
def test_an_end_without_a_name_is_refused(spark: SparkSession, end: str | None) -> None:
    given = rows(spark, [("a", "b"), ("a", end)], "src,dst")
    with pytest.raises(UserError, match="1 rows have no src or no dst"):
        edges_from_rows(given, source="g.csv")
