"""Frames that are kept, and know nothing of how they are made."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal

import pytest
from chispa import assert_df_equality
from pyspark.ml.functions import array_to_vector
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.run import lineage, persisted


@pytest.fixture
def made(spark: SparkSession) -> DataFrame:
    """Rows of many types in several partitions, by a plan of some length."""
    rows = spark.range(50, numPartitions=3).withColumns(
        {
            "at": F.timestamp_micros(F.col("id") * 1_000_001 - 5_000_000_000_000_000),
            "day": F.date_add(F.lit("1500-02-28").cast("date"), F.col("id").cast("int")),
            "amount": F.col("id").cast("decimal(20,3)") / F.lit(Decimal("7.0")),
            "tags": F.array(F.col("id").cast("string"), F.lit(None).cast("string")),
            "nested": F.struct(F.col("id").alias("a"), F.lit(None).cast("double").alias("b")),
            "features": array_to_vector(F.array(F.col("id") / 3, F.lit(0.0))),
            "part": F.spark_partition_id(),
        }
    )
    return rows.where("id <> 7").withColumn("id", F.col("id").alias("id", metadata={"is": "key"}))


@pytest.mark.parametrize("frames", [persisted.flat_frames, persisted.cut_frames])
@pytest.mark.parametrize("one_process", [True, False], ids=["local", "cluster"])
def test_a_flat_frame_has_the_same_rows_and_a_plan_of_one_scan(
    made: DataFrame,
    frames: Callable[[], AbstractContextManager[persisted.Keep]],
    one_process: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lineage, "in_one_process", lambda spark: one_process)
    cached = made.sparkSession._jsc.sc().getPersistentRDDs
    before = cached().size()
    with frames() as keep:
        flat = keep(made)
        assert flat.schema == made.schema
        assert flat.schema["id"].metadata == {"is": "key"}
        assert_df_equality(flat, made)
        placed = flat.select((F.spark_partition_id() == F.col("part")).alias("same")).distinct()
        assert [row["same"] for row in placed.collect()] == [True]
        plan = flat._jdf.queryExecution().analyzed().toString()
        assert len(plan.splitlines()) == 1
        assert cached().size() > before
        assert_df_equality(flat, made)
    assert cached().size() == before
