"""The pictures that were copied most, and by whom."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.images.keys import image_key


def most_copied(
    groups: DataFrame, posts: DataFrame, images: DataFrame, *, mirrors: tuple[str, ...], limit: int
) -> DataFrame:
    """The groups of pictures with the most posts, ties by representative; grain: a group.

    Columns: `representative`, `pictures` (different files), `posts`, `accounts`, `first_post` and
    `last_post` (timestamps), `first_account` (owner_username of the first post, ties by
    shortcode), `diameter`, `thumbnail` of the representative (JPEG, null if there is none).

    Args:
        groups: the table duplicate_groups.
        posts: `shortcode`, `owner_id`, `owner_username`, `created_at`, `image_url`.
        images: `image_key`, `thumbnail`.
        mirrors: as `keys.image_key` has them.
        limit: how many.
    """
    shown = posts.select(
        image_key(F.col("image_url"), mirrors=mirrors).alias("image_key"),
        "shortcode",
        "owner_id",
        "owner_username",
        "created_at",
    )
    foremost = (
        groups.join(shown, on="image_key", how="inner")
        .groupBy("representative", "pictures", "diameter")
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
