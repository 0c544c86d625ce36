"""Vertices and their numbers."""

from __future__ import annotations

import pytest
from chispa import assert_df_equality
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from influencers.communities.graph import sole_tag, tag_id, vertices


def test_every_end_of_an_edge_is_one_vertex(spark: SparkSession) -> None:
    edges = spark.createDataFrame([("art", "rome"), ("art", "旅行")], "src string, dst string")
    expected = spark.createDataFrame([("art",), ("rome",), ("旅行",)], "hashtag string").select(
        tag_id(F.col("hashtag")).alias("id"), "hashtag"
    )
    assert_df_equality(vertices(edges), expected, ignore_row_order=True, ignore_nullable=True)


def test_numbers_are_those_of_every_other_run(spark: SparkSession) -> None:
    row = spark.range(1).select(tag_id(F.lit("art")).alias("id")).head()
    assert row is not None
    assert row["id"] == -7419104328149257238


def test_two_hashtags_with_one_number_stop_the_query(spark: SparkSession) -> None:
    clashing = spark.createDataFrame([(7, "art"), (7, "rome")], "id long, hashtag string")
    with pytest.raises(PySparkException, match="share one 64-bit number: art, rome"):
        clashing.groupBy("id").agg(sole_tag(F.col("hashtag"))).collect()
