"""The images with the most duplicates, and who posted them."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def most_copied(
    groups: DataFrame, posts: DataFrame, post_images: DataFrame, images: DataFrame, *, limit: int
) -> DataFrame:
    """The groups of images with the most posts, ties by representative; grain: a group.

    Columns: `representative`, `images` (different files), `posts`, `accounts`, `first_post` and
    `last_post` (timestamps), `first_account` (owner_username of the first post, ties by
    shortcode), `diameter`, `thumbnail` of the representative (JPEG, null if there is none).

    Args:
        groups: the table duplicate_groups; earlier versions called its `images` `pictures`.
        posts: `shortcode`, `owner_id`, `owner_username`, `created_at`.
        post_images: the table of that name.
        images: `image_key`, `thumbnail`.
        limit: how many.
    """
    described = posts.select("shortcode", "owner_id", "owner_username", "created_at")
    foremost = (
        groups.withColumnRenamed("pictures", "images")
        .join(post_images, on="image_key", how="inner")
        .join(described, on="shortcode", how="inner")
        .groupBy("representative", "images", "diameter")
        .agg(
            F.count(F.lit(1)).alias("posts"),
            F.count_distinct("owner_id").alias("accounts"),
            F.min("created_at").alias("first_post"),
            F.max("created_at").alias("last_post"),
            F.min_by("owner_username", F.struct("created_at", "shortcode")).alias("first_account"),
        )
        .sort(F.col("posts").desc(), "representative")
        .limit(limit)
    )
    thumbnails = images.select(F.col("image_key").alias("representative"), "thumbnail")
    # A join keeps no order.
    return foremost.join(thumbnails, on="representative", how="left").sort(
        F.col("posts").desc(), "representative"
    )
