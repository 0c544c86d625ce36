"""Buckets by a hash keep the values that splits, folds, samples and portions were made with."""

from __future__ import annotations

from chispa import assert_df_equality
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from influencers.buckets import bucket
from influencers.models.rows.row_sample import account_group
from influencers.models.rows.split import account_part

KEYS = "owner_id long, image_key string, src string, dst string, shortcode string"
# What the hashes were before they had a function of their own.
EXPECTED = (
    (1, "i1", "alps", "snow", "s1", 3, 771356, 474606, 292524, 225, 1, 18),
    (17, "i2", "bread", "cake", "é", 2, 332072, 451153, 842229, 147, 0, 59),
    (-5, "https://x/é.jpg", "ａ", "ß", "s3", 1, 683947, 232745, 138470, 36, 1, 48),
    (None, None, "x", "y", None, 0, 398629, None, 317673, 191, 1, 42),
)


def test_every_use_keeps_its_values(spark: SparkSession) -> None:
    keys = spark.createDataFrame([row[:5] for row in EXPECTED], KEYS)
    owner_id = F.col("owner_id")
    made = keys.select(
        "*",
        bucket("image_key", count=7).alias("portion"),
        bucket("src", "dst", F.lit(3), count=1_000_000).alias("link"),
        account_part(owner_id, seed=20_170_401, salt="by_account").alias("part"),
        bucket("shortcode", count=1_000_000, salt="bounded_sample").alias("sample"),
        account_group(owner_id).alias("account_group"),
        bucket("owner_id", count=4, salt="fold:20170401").alias("fold"),
        bucket(owner_id, count=100).cast("int").alias("bucket"),
    )
    schema = (
        f"{KEYS}, portion long, link long, part long, sample long, account_group long, "
        "fold long, bucket int"
    )
    assert_df_equality(made, spark.createDataFrame(EXPECTED, schema), ignore_nullable=True)
