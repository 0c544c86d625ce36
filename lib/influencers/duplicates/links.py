"""From pairs of hashes to links between images.

Images of the same bytes are linked to the first of them, like a star; the first ones of equal
hashes likewise to the first of those; and these to each other where their hashes are near. So a
million duplicates of one image make a million links, not their square.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.window import WindowSpec

SAME_BYTES, SAME_HASH, NEAR = LINKS = "same_bytes", "same_hash", "near"


def with_first_of_bytes(images: DataFrame) -> DataFrame:
    """Each image with the first of its bytes, `first_of_bytes`, and that one's hash as `phash`.

    `of_bytes` is how many have its bytes.

    Args:
        images: `id`, `phash` (null: matches nothing but its own bytes), `sha256` (never null),
            `at`: when it was first shown. The first is the earliest, ties by id.
    """
    same = earliest_first("sha256")
    return images.withColumns(
        {
            "first_of_bytes": F.first("id").over(same),
            "phash": F.first("phash").over(same),
            "of_bytes": F.count(F.lit(1)).over(same),
        }
    )


def copied(images: DataFrame, near: DataFrame) -> DataFrame:
    """The images that have a duplicate: another of their bytes, of their hash, or of a near one.

    Each with `first_of_hash`, the first of the images of its hash; without one, of its bytes.

    Args:
        images: `id`, `phash`, `at`, `first_of_bytes`, `of_bytes`.
        near: of `plan.near_pairs`, over the hashes of the first ones of their bytes.
    """
    ends = near.select(F.explode(F.array("a", "b")).alias("phash")).distinct()
    alike = F.coalesce(F.col("phash").cast("string"), F.concat(F.lit("="), "first_of_bytes"))
    return (
        images.join(ends.withColumn("near", F.lit(True)), on="phash", how="left")
        .where(F.col("near") | (F.col("of_bytes") > 1))
        .select(*images.columns, alike.alias("alike"))
        .withColumn("first_of_hash", F.first("id").over(earliest_first("alike")))
        .drop("alike")
    )


def linked(images: DataFrame, near: DataFrame) -> DataFrame:
    """The links between images: `a`, `b` (ids, a < b), `distance`, and `link`, why.

    Args:
        images: of `copied`: `id`, `phash`, `first_of_bytes`, `first_of_hash`.
        near: of `plan.near_pairs`, over the hashes of the first ones of their bytes.
    """
    equal_bytes = F.col("id") != F.col("first_of_bytes")
    equal_hash = F.col("id") != F.col("first_of_hash")
    stars = images.where(equal_hash).select(
        *_ends(
            F.when(equal_bytes, F.col("first_of_bytes")).otherwise(F.col("first_of_hash")),
            F.col("id"),
        ),
        F.lit(0).alias("distance"),
        F.when(equal_bytes, SAME_BYTES).otherwise(SAME_HASH).alias("link"),
    )
    firsts = images.where(~equal_hash & F.col("phash").isNotNull()).select("id", "phash")
    first, second = firsts.alias("first"), firsts.alias("second")
    nearly = (
        near.where(F.col("a") != F.col("b"))
        .alias("near")
        .join(first, on=F.col("near.a") == F.col("first.phash"), how="inner")
        .join(second, on=F.col("near.b") == F.col("second.phash"), how="inner")
        .select(
            *_ends(F.col("first.id"), F.col("second.id")),
            F.col("near.distance").alias("distance"),
            F.lit(NEAR).alias("link"),
        )
    )
    return stars.unionByName(nearly)


def count_links(links: DataFrame) -> dict[str, int]:
    """How many links of each kind there are, and in all."""
    by_link = {row["link"]: row["count"] for row in links.groupBy("link").count().collect()}
    counts = {name: by_link.get(name, 0) for name in LINKS}
    return {**counts, "pairs": sum(counts.values())}


def _ends(first: Column, second: Column) -> tuple[Column, Column]:
    return F.least(first, second).alias("a"), F.greatest(first, second).alias("b")


def earliest_first(*same: str) -> WindowSpec:
    """All rows that are equal in some columns, by `at` and `id`: the first is the earliest."""
    ordered = Window.partitionBy(*same).orderBy(F.col("at").asc_nulls_last(), F.col("id").asc())
    return ordered.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
