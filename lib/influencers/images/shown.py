"""The table `post_images`: which image each post shows, by the key that the job `images` gave it.

Keys depend on which hosts mirror each other, and a sample's host is one for the time of its run
alone. So they are made once and kept: whoever wants to know the image of a post reads the table.
It remembers the mirrors in the metadata of its column `image_key`, for posts that come later.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.config import Config
from influencers.errors import UserError
from influencers.images.keys import image_key, mended
from influencers.images.tables import IMAGES, POST_IMAGES
from influencers.storage.store import Store

_MIRRORS = "mirrors"


def of_posts(posts: DataFrame, *, mirrors: Sequence[str]) -> DataFrame:
    """The table post_images of these posts; grain: a post with an image address.

    Args:
        posts: `shortcode`, `image_url`; one row for each shortcode.
        mirrors: as `keys.image_key` has them.
    """
    url = F.col("url")
    key = image_key(url, mirrors=mirrors).alias("image_key", metadata={_MIRRORS: [*mirrors]})
    mended_url = mended(F.col("image_url")).alias("url")
    return posts.select("shortcode", mended_url).where(url.isNotNull()).select("shortcode", key)


def mirrors_of(post_images: DataFrame) -> tuple[str, ...]:
    """The mirrors that the keys of a table post_images were made with.

    Raises:
        UserError: it does not say.
    """
    known = post_images.schema["image_key"].metadata
    if _MIRRORS not in known:
        raise UserError("the table post_images does not say its mirrors: run the job images again")
    return tuple(known[_MIRRORS])


def with_posts(post_images: DataFrame, new: DataFrame) -> DataFrame:
    """The table with the images of new posts, keyed as its own; a post of both counts as new.

    Args:
        post_images: the table of that name.
        new: `shortcode`, `image_url`; one row for each shortcode.

    Raises:
        UserError: as `mirrors_of`.
    """
    older = post_images.join(new.select("shortcode"), on="shortcode", how="left_anti")
    return of_posts(new, mirrors=mirrors_of(post_images)).unionByName(older)


def read(store: Store, config: Config, posts: DataFrame) -> DataFrame:
    """The table as it stands; where there is none yet, as the job `images` would write it now.

    Args:
        store: of the output.
        config: the mirrors where the output has no such table, see `remarks`.
        posts: the table posts.
    """
    written = store.read_if_exists(POST_IMAGES)
    return of_posts(posts, mirrors=config.images.mirrors) if written is None else written


def remarks(store: Store, config: Config) -> list[str]:
    """A line where the output has images and an earlier version wrote it, without the table."""
    if not config.images.enabled or store.exists(POST_IMAGES) or not store.exists(IMAGES):
        return []
    mirrors = ", ".join(config.images.mirrors) or "none"
    return [
        "images: an earlier version left no table post_images, so posts are joined by the mirrors "
        f"of this run ({mirrors}): run `spark-submit.sh images --output {store.output}`"
    ]
