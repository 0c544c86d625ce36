"""Which hashtags are used together, by how many accounts, and how far beyond chance.

Counts are of distinct accounts, so that one account that repeats itself a thousand times weighs
as much as one that says it once. The work is linear in posts: a post of n hashtags gives
n(n - 1)/2 pairs, and n is bounded.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.communities.graph import sole_tag, tag_id

# Weights are whole millionths: sums of integers do not depend on the order of the rows.
WEIGHT_UNIT = 1_000_000


def bounded_tags(posts: DataFrame, *, max_tags: int) -> DataFrame:
    """The hashtags of each post that count, and how many were left out.

    A row is a post with an author and at least one hashtag.

    Args:
        posts: owner_id, hashtags (in the order written).
        max_tags: only the first so many distinct hashtags of a post count.

    Returns:
        owner_id; hashtags, distinct and sorted; cut, the number of hashtags left out.
    """
    tags = F.array_distinct(F.array_compact("hashtags"))
    return (
        posts.select("owner_id", tags.alias("written"))
        .where(F.col("owner_id").isNotNull() & (F.size("written") > 0))
        .select(
            "owner_id",
            F.array_sort(F.slice("written", 1, max_tags)).alias("hashtags"),
            F.greatest(F.size("written") - max_tags, F.lit(0)).alias("cut"),
        )
    )


def tag_uses(bounded: DataFrame) -> DataFrame:
    """How often each account uses each hashtag: owner_id, hashtag, posts bigint.

    A row is an account and a hashtag that it uses.
    """
    return (
        bounded.select("owner_id", F.explode("hashtags").alias("hashtag"))
        .groupBy("owner_id", "hashtag")
        .agg(F.count(F.lit(1)).alias("posts"))
    )


def pair_counts(bounded: DataFrame) -> DataFrame:
    """How often two hashtags share a post: src, dst (numbers), posts, accounts bigint.

    A row is a pair of hashtags that share at least one post; src is the one that sorts first by
    name. Pairs travel as numbers, which shuffle and compare faster than text.
    """
    numbered = bounded.select("owner_id", F.transform("hashtags", tag_id).alias("ids"))
    firsts = numbered.select("owner_id", "ids", F.posexplode("ids").alias("at", "src"))
    later = F.slice("ids", F.col("at") + 2, F.size("ids"))
    pairs = firsts.select("owner_id", "src", F.explode(later).alias("dst"))
    # Two steps instead of a distinct count: both combine before they shuffle, also where a pair
    # is in half of all posts.
    return (
        pairs.groupBy("src", "dst", "owner_id")
        .agg(F.count(F.lit(1)).alias("posts"))
        .groupBy("src", "dst")
        .agg(F.sum("posts").alias("posts"), F.count(F.lit(1)).alias("accounts"))
    )


def npmi(together: Column, first: Column, second: Column, everyone: Column) -> Column:
    """Normalised pointwise mutual information of two hashtags, from account counts; -1 to 1.

    With p(x) the share of accounts that use x, among accounts that use any hashtag, and p(x, y)
    the share that use both in one post: ln(p(x, y) / (p(x) p(y))) / -ln p(x, y). It is 1 for
    hashtags that are never apart (also where everyone uses both, by continuity) and 0 for those
    that meet as often as chance has it. Source: G. Bouma, "Normalized (Pointwise) Mutual
    Information in Collocation Extraction", GSCL 2009.
    """
    both, x, y, n = (c.cast("double") for c in (together, first, second, everyone))
    return F.when(both == n, F.lit(1.0)).otherwise(F.log(both * n / (x * y)) / -F.log(both / n))


def linked_tags(pairs: DataFrame, uses: DataFrame, *, min_accounts: int) -> DataFrame:
    """The hashtag graph: pairs that enough accounts use together, and more than chance has it.

    A row is an edge, src < dst by name.

    Args:
        pairs: as from `pair_counts`.
        uses: as from `tag_uses`, of the same posts.
        min_accounts: the support; pairs of fewer distinct accounts are left out.

    Returns:
        src, dst string; posts, accounts bigint; weight bigint, NPMI in millionths, above 0.
    """
    tags = uses.groupBy(tag_id(F.col("hashtag")).alias("id")).agg(
        sole_tag(F.col("hashtag")).alias("hashtag"), F.count(F.lit(1)).alias("users")
    )
    everyone = uses.agg(F.count_distinct("owner_id").alias("everyone"))
    first = tags.select(F.col("id").alias("src"), F.col("hashtag").alias("x"), "users")
    second = tags.select(
        F.col("id").alias("dst"), F.col("hashtag").alias("y"), F.col("users").alias("users_y")
    )
    association = npmi(*(F.col(c) for c in ("accounts", "users", "users_y", "everyone")))
    return (
        pairs.where(F.col("accounts") >= min_accounts)
        .join(first, "src", how="inner")
        .join(second, "dst", how="inner")
        .crossJoin(F.broadcast(everyone))
        .withColumn("weight", F.round(association * WEIGHT_UNIT).cast("bigint"))
        .where(F.col("weight") > 0)
        .select(F.col("x").alias("src"), F.col("y").alias("dst"), "posts", "accounts", "weight")
    )


def ubiquitous_tags(uses: DataFrame, *, max_account_share: float) -> list[str]:
    """The hashtags that say nothing, as more than this share of accounts use them; by name.

    Their number does not grow with posts: it is at most the mean number of different hashtags of an
    account, divided by the share.

    Args:
        uses: as from `tag_uses`.
        max_account_share: of the accounts that use any hashtag; 1: none is too common.
    """
    everyone = uses.agg(F.count_distinct("owner_id").alias("everyone"))
    users = uses.groupBy("hashtag").agg(F.count(F.lit(1)).alias("users"))
    common = users.crossJoin(F.broadcast(everyone)).where(
        F.col("users") > max_account_share * F.col("everyone")
    )
    return sorted(row["hashtag"] for row in common.select("hashtag").collect())


def without_tags(bounded: DataFrame, tags: Sequence[str]) -> DataFrame:
    """The posts without these hashtags, as from `bounded_tags`."""
    if not tags:
        return bounded
    return bounded.withColumn(
        "hashtags", F.array_except("hashtags", F.array(*(F.lit(tag) for tag in tags)))
    )


def left_out(bounded: DataFrame, uses: DataFrame, edges: DataFrame) -> dict[str, int]:
    """What of the posts' hashtags the graph does not show.

    Args:
        bounded: as from `bounded_tags`.
        uses: as from `tag_uses`, of the same posts.
        edges: src, dst: of the graph.

    Returns:
        cut: posts with more hashtags than count; cut_tags: hashtags left out of them, summed over
        posts; isolated: different hashtags without an edge.
    """
    cut = bounded.agg(
        F.count_if(F.col("cut") > 0).alias("posts"),
        F.coalesce(F.sum("cut"), F.lit(0)).alias("tags"),
    ).head()
    assert cut is not None
    linked = edges.select(F.explode(F.array("src", "dst")).alias("hashtag")).distinct()
    isolated = uses.select("hashtag").distinct().join(linked, "hashtag", how="left_anti")
    return {"cut": cut["posts"], "cut_tags": cut["tags"], "isolated": isolated.count()}
