from __future__ import annotations

from datetime import datetime, timezone

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.models.split import BY_ACCOUNT, BY_TIME, held_out_account, with_held_out


def split(frame: DataFrame, how: str, seed: int = 3, share: float = 0.2) -> DataFrame:
    return with_held_out(frame, how, clock="created_at", share=share, seed=seed)[0]


def test_an_account_is_on_one_side_whatever_else_there_is(post_features: DataFrame) -> None:
    whole = split(post_features, BY_ACCOUNT)
    sides = whole.groupBy("owner_id").agg(F.count_distinct("held_out").alias("sides"))
    assert sides.where("sides != 1").count() == 0
    part = split(post_features.where("owner_id % 2 = 0").repartition(5), BY_ACCOUNT)
    pairs = whole.select("shortcode", "held_out").join(
        part.select("shortcode", F.col("held_out").alias("again")), "shortcode"
    )
    assert pairs.count() > 0
    assert pairs.where("held_out != again").count() == 0


def test_about_the_share_is_held_out_and_the_seed_decides_which(spark: SparkSession) -> None:
    ids = spark.range(20_000).withColumnRenamed("id", "owner_id")
    one, other, both = (
        ids.select(
            *(
                held_out_account(F.col("owner_id"), share=0.25, seed=seed)
                .cast("int")
                .alias(f"s{seed}")
                for seed in (1, 2)
            )
        )
        .agg(F.avg("s1"), F.avg("s2"), F.avg(F.col("s1") * F.col("s2")))
        .head()
    )  # type: ignore[misc]
    assert one == pytest.approx(0.25, abs=0.02)
    assert other == pytest.approx(0.25, abs=0.02)
    assert both == pytest.approx(0.0625, abs=0.02)


def test_the_newest_are_held_out_and_a_tie_is_not_divided(spark: SparkSession) -> None:
    moments = [
        datetime(2017, 1, day, tzinfo=timezone.utc) for day in (1, 2, 3, 4, 5, 6, 7, 8, 8, 8)
    ]
    frame = spark.createDataFrame(
        [(one, 1) for one in [*moments, None]], "created_at timestamp, owner_id bigint"
    )
    marked, rule = with_held_out(frame, BY_TIME, clock="created_at", share=0.2, seed=0)
    found = {(row["created_at"], row["held_out"]) for row in marked.collect()}
    assert {held_out for moment, held_out in found if moment is None} == {None}
    held = [moment.day for moment, held_out in found if held_out]
    assert held == [8]
    assert rule["from_unix_seconds"] == datetime(2017, 1, 8, tzinfo=timezone.utc).timestamp()


def test_without_a_time_nothing_has_a_side(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(None, 1)], "created_at timestamp, owner_id bigint")
    assert [row["held_out"] for row in split(frame, BY_TIME).collect()] == [None]
