from __future__ import annotations

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.models.declaration import FEATURES, VIRALITY
from influencers.models.rows import frames
from influencers.models.rows.known import Known, with_known


@pytest.fixture(scope="module")
def communities(spark: SparkSession) -> DataFrame:
    rows = [
        ("louvain", 1, 0, 0.5),
        ("louvain", 2, 0, 1.0),
        ("louvain", 3, 0, 0.25),
        ("louvain", 4, 7, 1.0),
        ("percolation", 1, 5, 0.9),
    ]
    return spark.createDataFrame(
        rows, "algorithm string, owner_id bigint, community bigint, share double"
    )


def test_a_community_is_its_size_and_its_share(communities: DataFrame) -> None:
    found = frames.community_features(communities)
    expected = communities.sparkSession.createDataFrame(
        [(1, 0.5, 0.75), (2, 1.0, 0.75), (3, 0.25, 0.75), (4, 1.0, 0.25)], found.schema
    )
    assert_df_equality(found, expected, ignore_row_order=True, ignore_nullable=True)
    chosen = frames.community_features(communities, algorithm="percolation")
    assert [tuple(row) for row in chosen.collect()] == [(1, 0.9, 1.0)]


def test_the_layout_depends_on_the_keys_alone(
    post_features: DataFrame, account_communities: DataFrame
) -> None:
    known = Known(account_communities=account_communities)
    laid_out = [
        frames.model_frame(with_known(table, known, model=VIRALITY), model=VIRALITY, partitions=3)
        .select("shortcode", F.spark_partition_id().alias("part"))
        .collect()
        for table in (post_features, post_features.orderBy(F.desc("likes")).repartition(7))
    ]
    assert laid_out[0] == laid_out[1]
    assert len({row["part"] for row in laid_out[0]}) == 3


def test_a_frame_has_every_declared_column(post_features: DataFrame) -> None:
    table = with_known(post_features, Known(), model=VIRALITY)
    frame = frames.model_frame(table, model=VIRALITY, partitions=1)
    assert frame.columns == [feature.name for feature in FEATURES[VIRALITY]]
    assert frame.count() == post_features.count()
    assert frame.where("community_size is not null or community_share is not null").count() == 0


def test_a_bounded_sample_is_the_same_for_any_layout(spark: SparkSession) -> None:
    rows = spark.range(5_000).withColumnRenamed("id", "key")
    taken = [
        sorted(frames.bounded_sample(one, "key", count=5_000, limit=200).collect())
        for one in (rows, rows.orderBy(F.desc("key")).repartition(6))
    ]
    assert taken[0] == taken[1]
    assert 120 < len(taken[0]) < 280
    whole = frames.bounded_sample(rows.repartition(6), "key", count=5_000, limit=5_000)
    assert sorted(row["key"] for row in whole.collect()) == list(range(5_000))
