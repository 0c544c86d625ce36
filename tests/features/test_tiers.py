"""Follower tiers and their edges."""

from __future__ import annotations

from chispa import assert_df_equality
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from features_oracle import tier as oracle
from influencers.config import FeaturesConfig
from influencers.features.tiers import tier


def test_an_edge_belongs_to_the_higher_tier(spark: SparkSession) -> None:
    edges = FeaturesConfig().tier_edges
    counts = [None, 0, 2**63 - 1, *(edge + step for edge in edges for step in (-1, 0, 1))]
    expected = spark.createDataFrame(
        [(count, oracle(count, edges)) for count in counts], "followers bigint, tier string"
    )
    found = expected.select("followers", tier(F.col("followers"), edges=edges).alias("tier"))
    assert_df_equality(found, expected)


def test_the_edges_are_the_caller_s(spark: SparkSession) -> None:
    frame = spark.range(6)
    tiers = frame.select(tier(F.col("id"), edges=(1, 2, 3, 4)).alias("tier")).collect()
    assert [row.tier for row in tiers] == ["nano", "micro", "mid", "macro", "mega", "mega"]
