"""The pictures of posts and accounts as features: what was measured, of nothing that came later."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.images import statuses

# The measures of the table `images` that say something about a picture by themselves.
_MEASURES = (
    "brightness", "contrast", "saturation", "colorfulness", "edge_density", "glcm_contrast",
    "glcm_homogeneity", "glcm_entropy", "sharpness",
)  # fmt: skip

COLUMNS = (*(f"picture_{name}" for name in _MEASURES), "picture_ratio", "picture_top_color_share")
OF_ACCOUNT = tuple(f"median_{name}" for name in COLUMNS)


def picture_features(post_images: DataFrame, images: DataFrame) -> DataFrame:
    """The measures of the pictures of posts: grain shortcode, without posts whose picture is not.

    `picture_ratio` is width / height, `picture_top_color_share` the share of the foremost colour;
    the others are those of the table images.

    Args:
        post_images: the table of that name.
        images: the table images.
    """
    measured = images.where(F.col("status") == statuses.OK).select("image_key", *_columns())
    return post_images.join(measured, on="image_key", how="inner").drop("image_key")


def account_pictures(posts: DataFrame, pictures: DataFrame) -> DataFrame:
    """The medians of what accounts post: grain owner_id, accounts with a known picture.

    Args:
        posts: `shortcode`, `owner_id`.
        pictures: what `picture_features` makes of them.
    """
    medians = [F.percentile(name, F.lit(0.5)).alias(f"median_{name}") for name in COLUMNS]
    owned = posts.select("shortcode", "owner_id").join(pictures, on="shortcode", how="inner")
    return owned.groupBy("owner_id").agg(*medians)


def _columns() -> list[Column]:
    ratio = F.try_divide("width", "height").alias("picture_ratio")
    top = F.get(F.col("colors"), F.lit(0)).getField("share").alias("picture_top_color_share")
    return [*(F.col(name).alias(f"picture_{name}") for name in _MEASURES), ratio, top]
