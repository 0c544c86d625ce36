"""The images of posts and accounts as features: what was measured, of nothing that came later."""

from __future__ import annotations

from dataclasses import replace

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.features.feature import Feature, names, values
from influencers.images import statuses
from influencers.images.tables import IMAGES
from influencers.storage.table import FRACTION, double

# The columns of the table images.
_OF_IMAGE = {column.name: column for column in IMAGES.columns}
_UNKNOWN = "the image is not known, or has no such measure"


def image_features(post_images: DataFrame, images: DataFrame) -> DataFrame:
    """The measures of the images of posts: grain shortcode, without posts whose image is not.

    `image_ratio` is width / height, `image_top_color_share` the share of the main colour;
    the others are those of the table images.

    Args:
        post_images: the table of that name.
        images: the table images.
    """
    measured = images.where(F.col("status") == statuses.OK).select("image_key", *values(FEATURES))
    return post_images.join(measured, on="image_key", how="inner").drop("image_key")


def account_images(posts: DataFrame, images: DataFrame) -> DataFrame:
    """The medians of what accounts post: grain owner_id, accounts with a known image.

    Args:
        posts: `shortcode`, `owner_id`.
        images: what `image_features` makes of them.
    """
    owned = posts.select("shortcode", "owner_id").join(images, on="shortcode", how="inner")
    return owned.groupBy("owner_id").agg(*values(ACCOUNT_FEATURES))


def _measure(name: str, title: str) -> Feature:
    """A measure that says something about an image by itself."""
    column = replace(_OF_IMAGE[name], name=f"image_{name}", null=_UNKNOWN)
    return Feature(column, "image", title, lambda: F.col(name))


def _share_of_main_color() -> Column:
    return F.get(F.col("colors"), F.lit(0)).getField("share")


def _median(feature: Feature) -> Feature:
    of_account = replace(
        feature.column,
        name=f"median_{feature.name}",
        meaning=f"median of the images of its posts: {feature.column.meaning}",
        null="not known of any of its posts",
    )
    return Feature(
        of_account,
        feature.group,
        f"{feature.title}, median",
        lambda: F.percentile(feature.name, F.lit(0.5)),
    )


# Measured of the image alone. Whether there is a measure is no feature: it depends on when the
# posts were read and on how long their addresses were valid.
FEATURES = (
    _measure("brightness", "brightness of the image"),
    _measure("contrast", "contrast of the image"),
    _measure("saturation", "saturation of the image"),
    _measure("colorfulness", "colourfulness of the image"),
    _measure("edge_density", "edges in the image"),
    _measure("glcm_contrast", "texture: contrast"),
    _measure("glcm_homogeneity", "texture: homogeneity"),
    _measure("glcm_entropy", "texture: entropy"),
    _measure("sharpness", "sharpness of the image"),
    Feature(
        double("image_ratio", "width / height", unit="ratio", null=_UNKNOWN),
        "image",
        "width to height of the image",
        lambda: F.try_divide("width", "height"),
    ),
    Feature(
        double(
            "image_top_color_share",
            "pixels of the main colour among all of the image",
            unit=FRACTION,
            null=_UNKNOWN,
        ),
        "image",
        "share of the main colour",
        _share_of_main_color,
    ),
)
ACCOUNT_FEATURES = tuple(_median(feature) for feature in FEATURES)

COLUMNS, OF_ACCOUNT = names(FEATURES), names(ACCOUNT_FEATURES)
# What earlier versions called these columns: models that were saved by them ask for these names.
FORMER_NAMES = {name.replace("image_", "picture_"): name for name in (*COLUMNS, *OF_ACCOUNT)}
