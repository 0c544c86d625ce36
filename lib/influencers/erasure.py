"""What is left of each table without some accounts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.communities.figures import COMMUNITY_STRUCTURE
from influencers.errors import UserError
from influencers.images.keys import image_key, mended

# What the words of a record stand between: shortcodes have - and _, names have . and _.
_BETWEEN = (r"[^A-Za-z0-9_.-]+", r"[^A-Za-z0-9_-]+", r"[^A-Za-z0-9_.]+", r"[^A-Za-z0-9_]+")

# Files that may name accounts, their posts or what they alone wrote; a stage makes them again.
FILES = (
    "report.html",
    "exports",
    "graphs",
    COMMUNITY_STRUCTURE.png,
    COMMUNITY_STRUCTURE.svg,
    "checkpoints",
)

# A host that no image has: what it would be called if its own were a mirror.
_MIRROR = "mirror.invalid"


@dataclass(frozen=True)
class Traces:
    """What tells that a row is of one of the accounts.

    Attributes:
        owners: their ids.
        names: their names in addresses, in small letters.
        shortcodes: of their posts; column `word`.
        images: that none but they show; column `word`.
        hashtags: that none but they use; column `word`.
    """

    owners: Sequence[int]
    names: Sequence[str]
    shortcodes: DataFrame
    images: DataFrame
    hashtags: DataFrame


def owner_ids(texts: Sequence[str]) -> list[int]:
    """The ids of accounts, as numbers; each once.

    Raises:
        UserError: there is none, or one is no number.
    """
    wrong = [text for text in texts if not re.fullmatch(r"-?[0-9]{1,19}", text)]
    if wrong or not texts:
        raise UserError(
            f"{', '.join(wrong) or '--owner'}: say which accounts by their ids, the numbers in "
            "owner_id"
        )
    return sorted({int(text) for text in texts})


def traces(posts: DataFrame, post_images: DataFrame, owners: Sequence[int]) -> Traces:
    """What is known of the accounts by their posts.

    Args:
        posts: the table posts.
        post_images: the table of that name; without rows where an earlier version left none.
        owners: the accounts' ids.
    """
    is_theirs = F.coalesce(F.col("owner_id").isin(*owners), F.lit(False))
    theirs, others = posts.where(is_theirs), posts.where(~is_theirs)
    named = theirs.select(F.lower("owner_username").alias("name")).distinct()
    return Traces(
        owners,
        [row["name"] for row in named.where("name <> ''").collect()],
        theirs.select(F.col("shortcode").alias("word")),
        _alone(_all_keys(theirs, post_images), _keys(others, post_images)),
        _alone(theirs.select(F.explode("hashtags")), others.select(F.explode("hashtags"))),
    )


def without(table: DataFrame, name: str, traces: Traces) -> DataFrame:
    """The rows of a table that are of other accounts, and of what these are without those.

    Tables without accounts, posts, images and hashtags in their columns stay as they are: they hold
    counts over all, until their stage runs again.
    """
    if name == "quarantine":
        return _readable_without(table, traces)
    columns = table.columns
    if "owner_id" in columns:
        table = table.where(~F.coalesce(F.col("owner_id").isin(*traces.owners), F.lit(False)))
    for column, words in (
        ("shortcode", traces.shortcodes),
        ("image_key", traces.images),
        ("representative", traces.images),
        ("a", traces.images),
        ("b", traces.images),
        ("hashtag", traces.hashtags),
        ("src", traces.hashtags),
        ("dst", traces.hashtags),
    ):
        if column in columns:
            table = table.join(words.withColumnRenamed("word", column), column, how="left_anti")
    return _unmentioned(table, traces).select(*columns)


def remarks(gone: int, inputs: Sequence[str]) -> list[str]:
    """What the user should know of accounts that are gone, a line each.

    Args:
        gone: how many of their posts there were.
        inputs: the addresses of the files that posts were read from.
    """
    return [
        f"{gone:,} posts are gone, with all that was known by them alone; ingest will leave these "
        "accounts out",
        "figures, statistics and models still count them: run features, growth, duplicates, "
        "communities, explore, train and report again",
        *([f"the input still has them: {', '.join(inputs)}"] if inputs else []),
    ]


def _unmentioned(table: DataFrame, traces: Traces) -> DataFrame:
    """The same rows, with what names the accounts taken out of other accounts' values."""
    columns = table.columns
    changed: dict[str, Column] = {}
    if "representatives" in columns:
        changed["representatives"] = F.filter(
            "representatives", lambda account: ~account["owner_id"].isin(*traces.owners)
        )
    if traces.names and "mentions" in columns:
        changed["mentions"] = F.filter("mentions", lambda name: ~F.lower(name).isin(*traces.names))
    if traces.names and "caption" in columns:
        names = "|".join(sorted(map(re.escape, traces.names), reverse=True))
        pattern = rf"(?i)@(?:{names})(?![A-Za-z0-9_]|\.[A-Za-z0-9_])"
        changed["caption"] = F.regexp_replace("caption", pattern, "@")
    return table.withColumns(changed) if changed else table


def _readable_without(quarantine: DataFrame, traces: Traces) -> DataFrame:
    """The records in which no word is an id, a name or a shortcode of the accounts."""
    known = [str(owner) for owner in traces.owners] + list(traces.names)
    spark = quarantine.sparkSession
    words = spark.createDataFrame([(word,) for word in known], "word string")
    words = words.unionByName(traces.shortcodes).distinct()
    split = F.flatten(F.array(*[F.split("raw", pattern) for pattern in _BETWEEN]))
    in_small = F.transform(split, lambda word: F.lower(word))
    said = quarantine.select(
        "source_file", "record", F.explode(F.array_union(split, in_small)).alias("word")
    )
    theirs = said.join(words, "word", how="left_semi").select("source_file", "record").distinct()
    kept = quarantine.join(theirs, ["source_file", "record"], how="left_anti")
    return kept.select(*quarantine.columns)


def _all_keys(posts: DataFrame, post_images: DataFrame) -> DataFrame:
    """All keys that the images of posts may have been entered under, in whatever run.

    The table may know an address that a later crawl has replaced; an earlier run may have had other
    mirrors than the table.
    """
    return _kept_keys(posts, post_images).unionByName(_possible_keys(posts))


def _keys(posts: DataFrame, post_images: DataFrame) -> DataFrame:
    """The keys of the images that posts show; all that are possible of posts not in the table."""
    others = posts.join(post_images, on="shortcode", how="left_anti")
    return _kept_keys(posts, post_images).unionByName(_possible_keys(others))


def _kept_keys(posts: DataFrame, post_images: DataFrame) -> DataFrame:
    kept = post_images.join(posts, on="shortcode", how="left_semi")
    return kept.select(F.col("image_key").alias("word"))


def _possible_keys(posts: DataFrame) -> DataFrame:
    """All keys that the images of posts have with any mirrors."""
    url = F.col("url")
    on_a_mirror = F.regexp_replace(url, r"^(?i)(https?)://[^/?#]*", f"$1://{_MIRROR}")
    keys = F.array(image_key(url, mirrors=()), image_key(on_a_mirror, mirrors=(_MIRROR,)))
    addresses = posts.select(mended(F.col("image_url")).alias("url")).where(url.isNotNull())
    return addresses.select(F.explode(keys).alias("word"))


def _alone(theirs: DataFrame, others: DataFrame) -> DataFrame:
    """The words of the first that the second has not."""
    first, second = (frame.toDF("word").distinct() for frame in (theirs, others))
    return first.join(second, "word", how="left_anti")
