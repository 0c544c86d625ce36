"""Names for communities that stay the same from run to run."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F


def number_by_size(labels: DataFrame) -> DataFrame:
    """Communities numbered 0, 1, … from the largest, equal sizes by their smallest hashtag.

    A row is an algorithm and a hashtag. Neither the labels' values nor the order of rows play a
    part.

    Args:
        labels: algorithm, hashtag, label: whatever tells the communities of an algorithm apart.

    Returns:
        algorithm, hashtag string, community bigint.
    """
    groups = labels.groupBy("algorithm", "label").agg(
        F.count(F.lit(1)).alias("size"), F.min("hashtag").alias("first")
    )
    # A rank over all communities would sort them in one task. Instead: the rank among those of
    # the same size, plus how many are larger; there are few different sizes.
    sizes = groups.groupBy("algorithm", "size").agg(F.count(F.lit(1)).alias("communities"))
    larger = sizes.select("algorithm", F.col("size").alias("other"), "communities")
    offsets = (
        sizes.select("algorithm", "size")
        .join(F.broadcast(larger), "algorithm", how="inner")
        .groupBy("algorithm", "size")
        .agg(
            F.sum(F.when(F.col("other") > F.col("size"), F.col("communities")).otherwise(0))
            .alias("offset")
        )
    )  # fmt: skip
    rank = F.row_number().over(Window.partitionBy("algorithm", "size").orderBy("first"))
    numbers = groups.join(offsets, ["algorithm", "size"], how="inner").select(
        "algorithm", "label", (F.col("offset") + rank - 1).cast("bigint").alias("community")
    )
    return labels.join(numbers, ["algorithm", "label"], how="inner").select(
        "algorithm", "hashtag", "community"
    )
