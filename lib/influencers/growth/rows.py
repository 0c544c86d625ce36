"""What is known of accounts and their posts in time: narrow rows of one schema, in one order.

One shuffle by account brings together the posts of each, and what crawls saw of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.features.posts import content_type, engagement
from influencers.features.tiers import TIERS

# What a row is. Posts come before what was seen of them, as they are sorted by this.
TIER, ACCOUNT, POST, SEEN = range(4)
ORDER = ("owner_id", "shortcode", "what", "at")
TYPES = ("photo", "video", "carousel")


def gathered(
    posts: DataFrame,
    accounts: DataFrame,
    *,
    post_observations: DataFrame,
    account_observations: DataFrame,
) -> DataFrame:
    """All rows of an account in one partition, sorted by `ORDER`; those of no post come first.

    Grain: by `what`, a row is an account with its tier, an account as a crawl saw it, a post, or a
    post as a crawl saw it. `at` is the time in Unix microseconds: of the crawl, or of posting.
    `count` has the followers or the likes, `other` the accounts followed or the engagement, `code`
    the place of tier or content type among `TIERS` and `TYPES`, from 1, 0 for unknown, or the step
    to which followers are rounded. Crawls of an account without known followers are left out.

    Args:
        posts: the table posts.
        accounts: the table accounts.
        post_observations: the table of that name.
        account_observations: the table of that name.
    """
    kind = content_type(F.col("is_video"), F.col("multiple_images"))
    engaged = engagement(F.col("likes"), F.col("comments"))
    created, observed = F.unix_micros("created_at"), F.unix_micros("observed_at")
    seen = account_observations.where(F.col("followers").isNotNull())
    parts = (
        _rows(accounts, TIER, code=_place(F.col("tier"), TIERS)),
        _rows(seen, ACCOUNT, at=observed, count=F.col("followers"), other=F.col("following"),
              code=F.col("followers_resolution")),
        _rows(posts, POST, shortcode=F.col("shortcode"), at=created, count=F.col("likes"),
              other=engaged, code=_place(kind, TYPES)),
        _rows(post_observations, SEEN, shortcode=F.col("shortcode"), at=observed,
              count=F.col("likes")),
    )  # fmt: skip
    together = reduce(DataFrame.unionByName, parts)
    return together.repartition("owner_id").sortWithinPartitions(*ORDER)


def _rows(frame: DataFrame, what: int, **columns: Column) -> DataFrame:
    unknown = F.lit(None)
    return frame.select(
        F.col("owner_id"),
        columns.get("shortcode", unknown).cast("string").alias("shortcode"),
        F.lit(what).cast("tinyint").alias("what"),
        *(
            columns.get(name, unknown).cast("bigint").alias(name)
            for name in ("at", "count", "other", "code")
        ),
    )


def _place(name: Column, names: Sequence[str]) -> Column:
    """The place of a name, from 1; 0 if it is null."""
    known = F.array(*map(F.lit, names))
    return F.coalesce(F.array_position(known, name), F.lit(0))
