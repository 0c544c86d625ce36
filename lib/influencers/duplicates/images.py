"""The images to be compared: from the tables of images and posts, or from a file of hashes."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.duplicates.links import with_first_of_bytes
from influencers.errors import UserError
from influencers.images import statuses


def fetched_images(images: DataFrame, posts: DataFrame, post_images: DataFrame) -> DataFrame:
    """The fetched images; grain: an image key.

    Columns: `id`; `phash`; `at`, when it was first posted; `first_of_bytes`, the first image of
    the same bytes; `of_bytes`, how many there are of them.

    A degenerate hash, of a blank image or a plain gradient, is null: such images are copies
    only if their bytes are equal. Images of equal bytes have the hash of the first of them.

    Args:
        images: the table images.
        posts: `shortcode`, `created_at`.
        post_images: the table of that name.
    """
    shown = (
        posts.select("shortcode", "created_at")
        .join(post_images, on="shortcode", how="inner")
        .groupBy(F.col("image_key").alias("id"))
        .agg(F.min("created_at").alias("at"))
    )
    fetched = images.where((F.col("status") == statuses.OK) & F.col("sha256").isNotNull()).select(
        F.col("image_key").alias("id"),
        F.when(~F.col("degenerate"), F.col("phash")).alias("phash"),
        "sha256",
    )
    return with_first_of_bytes(fetched.join(shown, on="id", how="left")).drop("sha256")


def listed_hashes(frame: DataFrame, *, source: str) -> DataFrame:
    """The same columns of a file of hashes: none has a time, and each its own bytes.

    Args:
        frame: `id` (string) and `phash` (bigint); rows without either are left out.
        source: its name, for errors.

    Raises:
        UserError: a column is missing or of another type.
    """
    for name, kind in (("id", "string"), ("phash", "bigint")):
        type_ = dict(frame.dtypes).get(name)
        if type_ != kind:
            what = f"has {name} as {type_}" if type_ else f"has no column {name}"
            raise UserError(f"{source} {what}: --hashes takes Parquet of id string, phash bigint")
    return frame.where(F.col("id").isNotNull() & F.col("phash").isNotNull()).select(
        "id",
        "phash",
        F.lit(None).cast("timestamp").alias("at"),
        F.col("id").alias("first_of_bytes"),
        F.lit(1).cast("bigint").alias("of_bytes"),
    )
