"""Any graph as a CSV of src,dst[,weight]: the same edges that hashtags give."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.communities.cooccurrence import WEIGHT_UNIT
from influencers.errors import UserError

# Millionths of the largest weight, times millions of edges, still fit a bigint.
_LARGEST = 1_000_000


def edges_from_rows(rows: DataFrame, *, source: str) -> DataFrame:
    """Undirected edges from the rows of a CSV; a row is an edge, src < dst by name.

    Names are trimmed. Rows that name the same two ends, in either order, are one edge with the
    sum of their weights (1 each where there is no weight column); an edge from a vertex to itself
    is dropped.

    Args:
        rows: columns src, dst and perhaps weight, all text; others are ignored.
        source: the file, for messages.

    Returns:
        The columns of hashtag_edges; posts and accounts are null, weight is in millionths.

    Raises:
        UserError: a column is missing, an end is empty, or a weight is no number in
            0.000001 to 1,000,000.
    """
    named = {column.strip().lower(): column for column in rows.columns}
    for column in ("src", "dst"):
        if column not in named:
            raise UserError(
                f"{source} has no column {column}: its header must be src,dst or src,dst,weight"
            )
    weight = F.col(f"`{named['weight']}`") if "weight" in named else F.lit("1")
    texts = rows.select(
        *(F.trim(F.col(f"`{named[end]}`")).alias(end) for end in ("src", "dst")),
        F.trim(weight).alias("text"),
    )
    read = texts.withColumn("weight", F.expr("try_cast(text AS double)"))
    _check(read, source)
    return (
        read.where(F.col("src") != F.col("dst"))
        .groupBy(F.least("src", "dst").alias("src"), F.greatest("src", "dst").alias("dst"))
        .agg(F.sum(F.round(F.col("weight") * WEIGHT_UNIT).cast("bigint")).alias("weight"))
        .select(
            "src",
            "dst",
            F.lit(None).cast("bigint").alias("posts"),
            F.lit(None).cast("bigint").alias("accounts"),
            "weight",
        )
    )


def _check(read: DataFrame, source: str) -> None:
    unnamed = (F.coalesce("src", F.lit("")) == "") | (F.coalesce("dst", F.lit("")) == "")
    usable = F.col("weight").between(1 / WEIGHT_UNIT, _LARGEST) & ~F.isnan("weight")
    unusable = ~F.coalesce(usable, F.lit(False))
    counts = read.agg(
        F.count_if(unnamed).alias("unnamed"),
        F.count_if(unusable).alias("unusable"),
        F.min(F.when(unusable, F.coalesce("text", F.lit("")))).alias("example"),
    ).head()
    assert counts is not None
    if counts["unnamed"]:
        raise UserError(
            f"{source}: {counts['unnamed']:,} rows have no src or no dst: complete or remove them"
        )
    if counts["unusable"]:
        raise UserError(
            f"{source}: {counts['unusable']:,} weights are not numbers from 0.000001 to 1,000,000, "
            f"such as {counts['example']!r}: correct them, or remove the column to weigh all alike"
        )
