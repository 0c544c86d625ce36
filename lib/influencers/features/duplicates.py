"""Whether images were seen before: of a post, what was known when it was posted."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from influencers.duplicates.links import NEAR
from influencers.features.feature import Feature, names, values
from influencers.images import statuses
from influencers.storage.table import FRACTION, double

_DAY = 24 * 60 * 60 * 1_000_000
_UNKNOWN = "the image is not known"


def copy_features(
    posts: DataFrame, post_images: DataFrame, images: DataFrame, pairs: DataFrame
) -> DataFrame:
    """What was posted before with the same image: grain shortcode, posts with a known image.

    `copy_posts_before` and `copy_accounts_before`: posts strictly earlier, and the accounts they
    are of, whose image has the same bytes, the same hash or a near one; `copy_is_first`: 1 if
    there are none; `copy_days_since_first`: days since the first of them, 0 without.

    An image counts where it is near by itself: whether two hang together through a third could
    be known from a later post.

    Args:
        posts: `shortcode`, `owner_id`, `created_at`.
        post_images: the table of that name.
        images: the table images.
        pairs: the table duplicate_pairs.
    """
    fetched = images.where((F.col("status") == statuses.OK) & F.col("sha256").isNotNull())
    # What looks the same: a hash, or without one the bytes.
    look = F.when(F.col("degenerate"), F.col("sha256")).otherwise(F.hex("phash"))
    looks = fetched.select("image_key", look.alias("look"))
    of_posts = post_images.join(looks, on="image_key", how="inner").drop("image_key")
    shown = posts.select("shortcode", "owner_id", F.unix_micros("created_at").alias("at")).join(
        of_posts, on="shortcode", how="inner"
    )
    near = _near_looks(looks, pairs)
    # Every post once for itself, and once for each look that it is near to.
    own = shown.select("*", F.col("look").alias("of"), F.lit(True).alias("own"))
    others = shown.join(near, on="look", how="inner").select(
        *shown.columns, "of", F.lit(False).alias("own")
    )
    return _counted(own.unionByName(others)).where("own").select("shortcode", *COLUMNS)


def _near_looks(looks: DataFrame, pairs: DataFrame) -> DataFrame:
    """Looks and those they are near to, both ways: `look`, `of`."""
    near = pairs.where(F.col("link") == NEAR).select("a", "b")
    first_looks = looks.select(F.col("image_key").alias("a"), F.col("look").alias("first"))
    second_looks = looks.select(F.col("image_key").alias("b"), F.col("look").alias("second"))
    linked = near.join(first_looks, on="a", how="inner").join(second_looks, on="b", how="inner")
    both_ways = F.array(
        F.struct(F.col("first").alias("look"), F.col("second").alias("of")),
        F.struct(F.col("second").alias("look"), F.col("first").alias("of")),
    )
    return linked.select(F.inline(both_ways)).distinct()


def _counted(rows: DataFrame) -> DataFrame:
    of_account = Window.partitionBy("of", "owner_id").orderBy("at", "shortcode")
    first_of_account = (F.row_number().over(of_account) == 1).cast("int")
    counted = rows.withColumn("new_account", first_of_account)
    return counted.select("shortcode", "own", *values(FEATURES))


def account_copies(posts: DataFrame, copies: DataFrame) -> DataFrame:
    """How much of an account was posted before: grain owner_id, accounts with a known image.

    `copied_share`: of its posts with a known image, those that are not the first to show it.

    Args:
        posts: `shortcode`, `owner_id`.
        copies: what `copy_features` makes of them.
    """
    owned = posts.select("shortcode", "owner_id").join(copies, on="shortcode", how="inner")
    return owned.groupBy("owner_id").agg(*values(ACCOUNT_FEATURES))


def _before(aggregate: Column) -> Column:
    """Over the posts of the same look that are strictly earlier."""
    earlier = Window.partitionBy("of").orderBy("at")
    return aggregate.over(earlier.rangeBetween(Window.unboundedPreceding, -1))


def _accounts_before() -> Column:
    return F.coalesce(_before(F.sum("new_account")), F.lit(0)).cast("double")


def _is_first() -> Column:
    return F.when(_before(F.min("at")).isNull(), 1.0).otherwise(0.0)


def _days_since_first() -> Column:
    return F.coalesce((F.col("at") - _before(F.min("at"))) / _DAY, F.lit(0.0))


def _copied_share() -> Column:
    return F.count_if(F.col("copy_is_first") == 0) / F.count(F.lit(1))


# What was posted before with the same image, as far as images are known.
FEATURES = (
    Feature(
        double("copy_posts_before", "strictly earlier posts of the image", null=_UNKNOWN),
        "duplicates",
        "earlier posts of the image",
        lambda: _before(F.count(F.lit(1))).cast("double"),
    ),
    Feature(
        double("copy_accounts_before", "accounts that posted the image before", null=_UNKNOWN),
        "duplicates",
        "accounts that posted it before",
        _accounts_before,
    ),
    Feature(
        double("copy_is_first", "1 if no earlier post has the image, else 0", null=_UNKNOWN),
        "duplicates",
        "first to post the image",
        _is_first,
    ),
    Feature(
        double(
            "copy_days_since_first",
            "time since the first post of the image; 0 if it is the first",
            unit="days",
            null=_UNKNOWN,
        ),
        "duplicates",
        "days since the image was first posted",
        _days_since_first,
    ),
)
ACCOUNT_FEATURES = (
    Feature(
        double(
            "copied_share",
            "among its posts with a known image, those that are not the first to show it",
            unit=FRACTION,
            null="no image of it is known",
        ),
        "duplicates",
        "share of images posted before",
        _copied_share,
    ),
)

COLUMNS, OF_ACCOUNT = names(FEATURES), names(ACCOUNT_FEATURES)
