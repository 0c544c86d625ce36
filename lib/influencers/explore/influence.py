"""Who leads: the accounts with the highest engagement of their follower tier, and the tiers."""

from __future__ import annotations

from statistics import NormalDist

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from influencers.explore.bins import quantile, quartiles, significant

_Z = NormalDist().inv_cdf(0.975)


def leaders(
    post_features: DataFrame, accounts: DataFrame, *, top: int, min_posts: int
) -> DataFrame:
    """The accounts of each tier whose median engagement rate is surely high.

    Ranked by the lower end of the median's interval: a few lucky posts make a high median, but a
    wide interval. Accounts need at least `min_posts` posts of known engagement rate. Ties go to
    the higher median, then to the account with more followers, then to the smaller id.

    Returns:
        A row a tier and rank. `median_low` to `median_high`: see `median_interval`. `percentile`:
        the share of the tier's ranked accounts whose median is not higher. The quartiles are those
        of the account's own posts.
    """
    known = post_features.where(F.col("engagement_rate").isNotNull())
    described = median_interval(known).where(F.col("posts") >= min_posts)
    tier = Window.partitionBy("tier")
    order = tier.orderBy(
        F.desc("median_low"), F.desc("median_engagement_rate"), F.desc("followers"),
        F.asc("owner_id"),
    )  # fmt: skip
    return (
        accounts.where(F.col("tier").isNotNull() & F.col("median_engagement_rate").isNotNull())
        .drop("posts")
        .join(described, on="owner_id", how="inner")
        .withColumn("percentile", F.cume_dist().over(tier.orderBy("median_engagement_rate")))
        .withColumn("rank", F.row_number().over(order))
        .where(F.col("rank") <= top)
        .select(
            "tier", "rank", "owner_id", "owner_username", "followers", "posts",
            "median_engagement_rate", "median_low", "median_high", "percentile",
            "engagement_rate_p25", "engagement_rate_p75", "median_likes",
        )
    )  # fmt: skip


def median_interval(posts: DataFrame) -> DataFrame:
    """Each account's number of posts, quartiles of the engagement rate, and the median's interval.

    The interval holds the median that the account's posts come from with at least 95 %, whatever
    their distribution: its ends are two of the rates themselves, those of `low_rank` from below
    and from above (H. A. David and H. N. Nagaraja, Order Statistics, 7.1). It is null below six
    posts. Rates that agree in four digits are one cell, of which the interval takes the outer
    end: an account of ten million posts has as many cells as one of ten thousand.

    Args:
        posts: owner_id and engagement_rate, never null.
    """
    # An account's posts are brought together once: its cells and its quantiles stay where they are.
    cells = (
        posts.select("owner_id", "engagement_rate")
        .repartition("owner_id")
        .groupBy("owner_id", significant(F.col("engagement_rate")).alias("rate"))
        .agg(
            F.count(F.lit(1)).alias("cell_posts"),
            F.min("engagement_rate").alias("least"),
            F.max("engagement_rate").alias("most"),
        )
    )
    account = Window.partitionBy("owner_id")
    so_far = account.orderBy("rate").rowsBetween(Window.unboundedPreceding, Window.currentRow)
    counted = cells.withColumns(
        {
            "at_most": F.sum("cell_posts").over(so_far),
            "posts": F.sum("cell_posts").over(account),
        }
    )
    low = low_rank(F.col("posts"))
    high = F.col("posts") + 1 - low
    return counted.groupBy("owner_id").agg(
        F.max("posts").alias("posts"),
        F.min(F.when((low > 0) & (F.col("at_most") >= low), F.col("least"))).alias("median_low"),
        F.min(F.when((low > 0) & (F.col("at_most") >= high), F.col("most"))).alias("median_high"),
        *[
            _quantile_of_cells(share).alias(f"engagement_rate_{name}")
            for name, share in (("p25", 0.25), ("p75", 0.75))
        ],
    )


def _quantile_of_cells(share: float) -> Column:
    """As `percentile` interpolates, from the cells' counts that are there already."""
    place = (F.col("posts") - 1) * F.lit(share)
    below, above = F.floor(place), F.ceil(place)

    def rate(rank: Column) -> Column:
        return F.min(F.when(F.col("at_most") > rank, F.col("rate")))

    lower, upper = rate(below), rate(above)
    weights = F.max(above - place), F.max(place - below)
    return F.when(lower == upper, lower).otherwise(weights[0] * lower + weights[1] * upper)


def low_rank(posts: Column) -> Column:
    """Which value from below begins the 95 % interval of a median; 0 where there is none.

    That is the largest rank r for which fewer than r of n coins show heads with at most 2.5 %, by
    the normal approximation with its correction for whole numbers: for n from 6 to 20,000 the
    exact rank, or in 60 cases the one before it, which makes the interval the safer.
    """
    return F.floor((posts + 1) / 2 - _Z / 2 * F.sqrt(posts.cast("double")))


def tiers(accounts: DataFrame, *, min_posts: int) -> DataFrame:
    """Every follower tier in numbers: its accounts, posts, followers and engagement.

    A row a tier that has accounts; the tier is null for accounts with unknown followers.
    `ranked_accounts` have at least `min_posts` posts and a known rate; the quartiles are those of
    their median engagement rates, every account counting once.
    """
    ranked = (F.col("posts") >= min_posts) & F.col("median_engagement_rate").isNotNull()
    rate = F.when(ranked, F.col("median_engagement_rate"))
    return accounts.groupBy("tier").agg(
        F.count(F.lit(1)).alias("accounts"),
        F.count(rate).alias("ranked_accounts"),
        F.sum("posts").alias("posts"),
        quantile(F.col("followers"), 0.5).alias("median_followers"),
        *quartiles(rate, "engagement_rate"),
    )
