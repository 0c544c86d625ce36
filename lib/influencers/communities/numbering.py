"""Names for communities that stay the same from run to run."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F


def number_by_size(labels: DataFrame) -> DataFrame:
    """Communities numbered 0, 1, … from the largest, equal sizes by their smallest hashtag.

    A row is a hashtag. Neither the labels' values nor the order of rows play a part.

    Args:
        labels: hashtag, label.

    Returns:
        hashtag string, community bigint.
    """
    groups = labels.groupBy("label").agg(
        F.count(F.lit(1)).alias("size"), F.min("hashtag").alias("first")
    )
    # A rank over all communities would sort them in one task. Instead: the rank among those of
    # the same size, plus how many are larger; there are few different sizes.
    sizes = groups.groupBy("size").agg(F.count(F.lit(1)).alias("communities"))
    larger = sizes.select(F.col("size").alias("other"), "communities")
    offsets = (
        sizes.select("size")
        .join(F.broadcast(larger), F.col("other") > F.col("size"), how="left")
        .groupBy("size")
        .agg(F.coalesce(F.sum("communities"), F.lit(0)).alias("offset"))
    )
    rank = F.row_number().over(Window.partitionBy("size").orderBy("first"))
    numbers = groups.join(offsets, "size", how="inner").select(
        "label", (F.col("offset") + rank - 1).cast("bigint").alias("community")
    )
    return labels.join(numbers, "label", how="inner").select("hashtag", "community")
