"""What identifies an image, and which of its addresses to ask: Spark expressions over URLs.

Hosts of a content network come and go and signatures expire; the path of an image stays. So on a
network whose hosts mirror each other an image is its path, without host and query, where the path
names one file: its last part is a file name of an image with a digit in it (`1234567_8_n.jpg`) or a
id with eight digits in a row, and no parameter names another file (`url`, `uri`, `src`, `id`,
`fbid`, `media_id`, `image_id`, `asset_id`). Where a program makes images of its query
(`safe_image.php?url=`, `/image?id=`), an image is path and query, without the parameters that
sign, cache or scale (`oe`, `oh`, `ccb`, `edm`, `efg`, `stp`, `_nc_*`). Anywhere else it is its
whole address, as two sites may both have a `/1.jpg`. Two keys for one image cost a request; one
key for two images would give a post the measures of another's.

All of it is told from addresses as `mended` has them, and these are asked for. Mend them in a
`select` of their own: the expressions below name their address many times.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.images import mended_urls
from influencers.images.signed_urls import EXPIRY_PATTERN

# Scheme, host with port, path, query; a plain pattern, so that an odd address still has a key.
_PARTS = r"^[hH][tT][tT][pP]([sS]?)://([^/?#]*)([^?#]*)(\?[^#]*)?"
# The name of an image file, and an id without one; both in the last part of a path.
_FILE_NAME = r"^[^0-9]*[0-9].*\.(?i:jpe?g|png|webp|gif|avif|heic|heif|bmp|tiff?|mp4)$"
_BARE, _EIGHT_DIGITS = r"^[A-Za-z0-9_-]+$", r"[0-9]{8}"
# Parameters that say which file it is.
_CHOOSES = r"[?&](?:url|uri|src|(?:fb|media_|image_|asset_)?id)="
# Parameters that say until when, by which cache and in which size.
_SIGNS = r"(?<=[?&])(?:oe|oh|ccb|edm|efg|stp|_nc_[A-Za-z0-9_]*)(?:=[^&]*)?(?:&|$)"
# Characters that long keys are cut to; a digest of the whole makes up for the rest.
_LONGEST_KEY = 512


def mended(url: Column) -> Column:
    """The address without the escapes of the page that it was taken from, see `mended_urls`."""
    undone = F.btrim(url, F.lit(mended_urls.OUTER))
    for pattern, replacement in mended_urls.STEPS:
        undone = F.regexp_replace(undone, pattern, replacement)
    return F.when(url.rlike(mended_urls.SUSPICIOUS), undone).otherwise(url)


def image_key(url: Column, *, mirrors: Sequence[str]) -> Column:
    """The key of the image at an address; null where there is no address.

    Args:
        url: mended.
        mirrors: domains whose hosts, all below them, serve the same paths: an image there is its
            path, with what its query chooses. Elsewhere it is host, path and query. The scheme
            never counts.
    """
    host, path, query = _host(url), _part(url, 3), _part(url, 4)
    mirrored = _below(F.regexp_replace(host, r":\d*$", ""), mirrors) & (path != "")
    on_mirrors = F.concat(path, _choice(path, query))
    key = F.when(mirrored, on_mirrors).otherwise(F.concat(host, path, query))
    # What is no http address at all is known by its text.
    key = F.when(key == "", url).otherwise(key)
    digest = F.sha2(key, 256)
    return F.when(F.length(key) <= _LONGEST_KEY, key).otherwise(
        F.concat(F.substring(key, 1, _LONGEST_KEY - 65), F.lit("~"), digest)
    )


def host_key(url: Column) -> Column:
    """`host:port` in lower case, the port also where the address leaves it out; null for none."""
    host = F.regexp_replace(_host(url), r":$", "")
    port = F.when(_part(url, 1) == "", ":80").otherwise(":443")
    return F.when(host != "", F.when(host.rlike(r":\d+$"), host).otherwise(F.concat(host, port)))


def site(url: Column, *, mirrors: Sequence[str]) -> Column:
    """The mirrored domain that the host of an address is below, else the host; without port.

    Hosts of one content network answer alike; empty for no http address.
    """
    host = F.regexp_replace(_host(url), r":\d*$", "")
    domains = [F.when(_below(host, [domain]), F.lit(domain)) for domain in mirrors]
    return F.coalesce(*domains, host)


def file_of(url: Column) -> Column:
    """What an address asks its host for: the path, and what its query chooses.

    Addresses that differ in signatures alone are of one file, on any host.
    """
    return F.concat(_part(url, 3), _choice(_part(url, 3), _part(url, 4)))


def expires_at(url: Column) -> Column:
    """The Unix second from which a signed address is refused; null if it does not say."""
    digits = F.regexp_extract(url, EXPIRY_PATTERN, 1)
    return F.when(digits != "", F.conv(digits, 16, 10).cast("bigint"))


def distinct_images(posts: DataFrame, *, mirrors: Sequence[str]) -> DataFrame:
    """The images that posts show, each with the address that is valid for longest.

    Grain: one row for each `image_key`, with `url`, `host` and `expires_at` (Unix seconds, null if
    the address does not say). Of addresses that are valid equally long, that of the latest post;
    of these, the smallest.

    Args:
        posts: `image_url` (rows without one are left out) and `created_at`.
        mirrors: as in `image_key`.
    """
    url = F.col("url")
    forever = F.lit(2**62)
    best = F.min_by(
        F.struct("url", "expires_at"),
        F.struct(-F.coalesce("expires_at", forever), -F.unix_micros("created_at"), "url"),
    )
    return (
        posts.select(mended(F.col("image_url")).alias("url"), "created_at")
        .where(url.isNotNull())
        .select(
            image_key(url, mirrors=mirrors).alias("image_key"),
            "url",
            expires_at(url).alias("expires_at"),
            "created_at",
        )
        .groupBy("image_key")
        .agg(best.alias("best"))
        .select(
            "image_key", "best.url", host_key(F.col("best.url")).alias("host"), "best.expires_at"
        )
    )


def _choice(path: Column, query: Column) -> Column:
    """What a query adds to a path of a mirrored network: nothing where the path names the file."""
    name = F.substring_index(path, "/", -1)
    is_id = name.rlike(_BARE) & name.rlike(_EIGHT_DIGITS)
    named = (name.rlike(_FILE_NAME) | is_id) & ~query.rlike(_CHOOSES)
    unsigned = F.regexp_replace(F.regexp_replace(query, _SIGNS, ""), r"(?<![?&])[?&]+$", "")
    return F.when(named, "").otherwise(unsigned)


def _host(url: Column) -> Column:
    """Host and port in lower case; empty for none."""
    return F.lower(_part(url, 2))


def _part(url: Column, group: int) -> Column:
    return F.regexp_extract(url, _PARTS, group)


def _below(host: Column, domains: Sequence[str]) -> Column:
    """Whether a host is one of the domains or below it."""
    if not domains:
        return F.lit(False)
    names = "|".join(re.escape(domain.lower().strip(".")) for domain in domains)
    return host.rlike(rf"(^|\.)({names})\.?$")
