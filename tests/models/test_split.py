from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.models.rows.split import (
    BY_ACCOUNT,
    BY_TIME,
    CALIBRATION,
    FIT,
    TEST,
    Shares,
    held_out_account,
    part_of,
    with_parts,
)

SHARES = Shares(accounts=0.2, time=0.2, calibration=0.25)
ACCOUNT, TIME = part_of(BY_ACCOUNT), part_of(BY_TIME)


def split(frame: DataFrame, shares: Shares = SHARES) -> tuple[DataFrame, dict[str, Any]]:
    return with_parts(frame, clock="created_at", shares=shares, seed=3)


def test_an_account_is_in_one_part_whatever_else_there_is(post_features: DataFrame) -> None:
    whole, _ = split(post_features)
    parts = whole.groupBy("owner_id").agg(F.count_distinct(ACCOUNT).alias("parts"))
    assert parts.where("parts != 1").count() == 0
    assert {row[0] for row in whole.select(ACCOUNT).distinct().collect()} == {
        FIT,
        CALIBRATION,
        TEST,
    }
    half, _ = split(post_features.where("owner_id % 2 = 0").repartition(5))
    pairs = whole.select("shortcode", ACCOUNT).join(
        half.select("shortcode", F.col(ACCOUNT).alias("again")), "shortcode"
    )
    assert pairs.count() > 0
    assert pairs.where(f"{ACCOUNT} != again").count() == 0


def test_about_the_share_is_held_out_and_seed_and_salt_decide_which(spark: SparkSession) -> None:
    ids = spark.range(20_000).withColumnRenamed("id", "owner_id")
    owner = F.col("owner_id")
    first = held_out_account(owner, share=0.25, seed=1)
    for other in (
        held_out_account(owner, share=0.25, seed=2),
        held_out_account(owner, share=0.25, seed=1, salt="calibration"),
    ):
        found = ids.select(first.cast("int").alias("a"), other.cast("int").alias("b"))
        row = found.agg(F.avg("a"), F.avg("b"), F.avg(F.col("a") * F.col("b"))).head()
        assert row is not None
        assert row[0] == pytest.approx(0.25, abs=0.02)
        assert row[1] == pytest.approx(0.25, abs=0.02)
        assert row[2] == pytest.approx(0.0625, abs=0.02)


def test_the_newest_are_tested_those_before_calibrate_and_a_tie_is_not_divided(
    spark: SparkSession,
) -> None:
    days = (1, 2, 3, 4, 5, 6, 6, 8, 8, 8)
    moments = [datetime(2017, 1, day, tzinfo=timezone.utc) for day in days]
    frame = spark.createDataFrame(
        [(one, 1) for one in [*moments, None]], "created_at timestamp, owner_id bigint"
    )
    marked, rules = split(frame)
    found = {(row["created_at"], row[TIME]) for row in marked.collect()}
    by_part = {
        part: {moment.day for moment, one in found if moment and one == part}
        for part in (FIT, CALIBRATION, TEST)
    }
    assert by_part == {FIT: {1, 2, 3, 4, 5}, CALIBRATION: {6}, TEST: {8}}
    assert {part for moment, part in found if moment is None} == {None}
    rule = rules[BY_TIME]
    assert rule["from_unix_seconds"] == datetime(2017, 1, 8, tzinfo=timezone.utc).timestamp()


def test_without_a_time_nothing_has_a_part(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(None, 1)], "created_at timestamp, owner_id bigint")
    assert [row[TIME] for row in split(frame)[0].collect()] == [None]
