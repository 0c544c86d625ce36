"""What a few lines of stock Spark make of posts.csv: a contender of `ingest.py`, alone a process.

Spark's own reader and its default settings, every core of this machine. No later crawl is looked
for, and nothing is known of what lies before a post.
"""

from __future__ import annotations

from ingest_task import DAY, NUMBERS, SIMPLE_ACCOUNTS, SIMPLE_POSTS, Task, given_task
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

_BREAKS = r"\r\n|[\n\r\u0085\u2028\u2029]"


def post_features(records: DataFrame) -> DataFrame:
    """The simple features of every record."""
    numbers = {name: F.col(name).cast("bigint") for name in NUMBERS}
    for name in ("likes", "comments"):
        numbers[name] = F.when(numbers[name] >= 0, numbers[name])
    text = F.coalesce("caption", F.lit(""))
    engagement = F.col("likes") + F.coalesce("comments", F.lit(0))
    return (
        records.withColumns(numbers)
        .withColumn("engagement", engagement)
        .select(
            "*",
            F.length(text).alias("caption_length"),
            F.regexp_count(text, F.lit(r"(?U)\S+")).alias("word_count"),
            F.when(text == "", 0)
            .otherwise(F.regexp_count(text, F.lit(_BREAKS)) + 1)
            .alias("line_count"),
            F.regexp_count(text, F.lit(r"(?U)[#＃]\w+")).alias("hashtag_count"),
            F.try_divide(F.col("engagement"), F.col("followers")).alias("engagement_rate"),
            (F.col("created_at") % DAY / 3_600).cast("int").alias("hour"),
            (F.floor(F.col("created_at") / DAY + 3) % 7 + 1).cast("int").alias("day_of_week"),
        )
    )


def accounts(posts: DataFrame) -> DataFrame:
    """The means of every account."""
    means = ("likes", "comments", "engagement_rate", "caption_length", "hashtag_count")
    return posts.groupBy("owner_id").agg(
        F.count("*").alias("posts"), *(F.avg(name).alias(f"mean_{name}") for name in means)
    )


def make(spark: SparkSession, task: Task) -> None:
    """Read, describe, write."""
    records = spark.read.csv(task.source, multiLine=True, header=True, escape='"')
    described = post_features(records).select(*SIMPLE_POSTS)
    described.write.parquet(task.posts, compression="zstd")
    written = accounts(spark.read.parquet(task.posts)).select(*SIMPLE_ACCOUNTS)
    written.write.parquet(task.accounts, compression="zstd")


def main() -> None:
    """Start Spark, make the columns, and stop it."""
    spark = SparkSession.builder.master("local[*]").appName("stock").getOrCreate()
    make(spark, given_task())
    spark.stop()


if __name__ == "__main__":
    main()
