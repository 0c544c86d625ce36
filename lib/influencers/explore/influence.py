"""Who leads: the accounts with the highest engagement of their follower tier, and the tiers."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.types import DoubleType, LongType, StructField, StructType

from influencers.explore.bins import Floats, Ints, interpolated, rounded_code, rounded_value
from influencers.explore.cells import Cells, Groups, quartiles
from influencers.explore.rows import Rows, starts
from influencers.features.tiers import TIERS
from influencers.run.persisted import Keep

INTERVALS = StructType(
    [
        *(StructField(name, LongType()) for name in ("owner_id", "posts")),
        *(
            StructField(name, DoubleType())
            for name in ("median_low", "median_high", "engagement_rate_p25", "engagement_rate_p75")
        ),
    ]
)

_Z = NormalDist().inv_cdf(0.975)


def intervals(posts: Rows, *, min_posts: int) -> pa.Table:
    """Each account's number of posts, quartiles of the engagement rate, and the median's interval.

    The interval holds the median that the account's posts come from with at least 95 %, whatever
    their distribution: its ends are two of the rates themselves, those of `low_rank` from below
    and from above (H. A. David and H. N. Nagaraja, Order Statistics, 7.1). It is null below six
    posts. Rates that agree in four digits are one, of which the interval takes the outer end.

    Grain: a row an account with at least `min_posts` posts of known rate.

    Args:
        posts: of whole accounts: owner_id, engagement_rate.
        min_posts: an account with fewer posts of known rate is left out.
    """
    rate, owner = posts.floats("engagement_rate"), posts.ints("owner_id")
    order = np.lexsort((rate, owner))
    order = order[~np.isnan(rate[order])]
    rate, owner = rate[order], owner[order]
    first = starts(owner)
    number = np.diff(first, append=len(owner))
    kept = number >= min_posts
    first, number = first[kept], number[kept]

    code = rounded_code(rate)
    rounded = rounded_value(code)
    cell = starts(owner, code)
    of_cell = np.repeat(np.arange(len(cell)), np.diff(cell, append=len(owner)))
    cell_ends = np.append(cell[1:], len(owner)) - 1
    low = low_rank(number)
    some = low > 0
    low = np.maximum(low, 1)
    least = rate[cell[of_cell[first + low - 1]]]
    most = rate[cell_ends[of_cell[first + number - low]]]

    def quantile(share: float) -> Floats:
        return interpolated((number - 1) * share, lambda rank: rounded[first + rank])

    return pa.table(
        {
            "owner_id": owner[first],
            "posts": number,
            "median_low": pa.array(least, mask=~some),
            "median_high": pa.array(most, mask=~some),
            "engagement_rate_p25": quantile(0.25),
            "engagement_rate_p75": quantile(0.75),
        }
    )


def low_rank(posts: Ints) -> Ints:
    """Which value from below begins the 95 % interval of a median; 0 where there is none.

    That is the largest rank r for which fewer than r of n coins show heads with at most 2.5 %, by
    the normal approximation with its correction for whole numbers: for n from 6 to 20,000 the
    exact rank, or in 60 cases the one before it, which makes the interval the safer.
    """
    return np.floor((posts + 1) / 2 - _Z / 2 * np.sqrt(posts)).astype(np.int64)


def leaders(described: DataFrame, accounts: DataFrame, *, top: int, keep: Keep) -> DataFrame:
    """The accounts of each tier whose median engagement rate is surely high.

    Ranked by the lower end of the median's interval: a few lucky posts make a high median, but a
    wide interval. Ties go to the higher median, then to the account with more followers, then to
    the smaller id.

    Args:
        described: as `INTERVALS` has them: who is not there is not ranked.
        accounts: the table accounts.
        top: how many are listed of each tier.
        keep: persists the accounts that are ranked, which are gone through twice.

    Returns:
        A row a tier and rank. `median_low` to `median_high`: see `intervals`. `percentile`: the
        share of the tier's ranked accounts whose median is not higher. The quartiles are those of
        the account's own posts.
    """
    known = accounts.where(F.col("tier").isNotNull() & F.col("median_engagement_rate").isNotNull())
    ranked = keep(
        known.select(
            "tier", "owner_id", "owner_username", "followers", "median_engagement_rate",
            "median_likes",
        ).join(described, on="owner_id", how="inner")
    )  # fmt: skip
    order = Window.partitionBy("tier").orderBy(
        F.desc("median_low"), F.desc("median_engagement_rate"), F.desc("followers"),
        F.asc("owner_id"),
    )  # fmt: skip
    # Few of each tier come out of every task: no task sorts a tier.
    first = ranked.withColumn("rank", F.row_number().over(order)).where(F.col("rank") <= top)
    # A window of the share would hold a whole tier in one task; to count is a sum.
    rate = F.col("median_engagement_rate")
    standing = (
        ranked.select("tier", rate)
        .join(F.broadcast(first.select("tier", "rank", rate.alias("own"))), on="tier")
        .groupBy("tier", "rank")
        .agg((F.count_if(rate <= F.col("own")) / F.count(F.lit(1))).alias("percentile"))
    )
    return first.join(F.broadcast(standing), on=["tier", "rank"]).select(
        "tier", "rank", "owner_id", "owner_username", "followers", "posts",
        "median_engagement_rate", "median_low", "median_high", "percentile",
        "engagement_rate_p25", "engagement_rate_p75", "median_likes",
    )  # fmt: skip


def count_tiers(cells: Cells, accounts: Rows, *, min_posts: int) -> None:
    """Count accounts by follower tier; an account with fewer posts has no usual rate."""
    tier, posts = accounts.places("tier", TIERS), accounts.ints("posts")
    rate = accounts.floats("median_engagement_rate")
    cells.count("tiers", x=tier, number=1, posts=posts)
    cells.count_values("tiers/followers", accounts.floats("followers"), x=tier)
    ranked = posts >= min_posts
    cells.count_values("tiers/rate", rate[ranked], x=tier[ranked])


def tiers(groups: Groups) -> pd.DataFrame:
    """Every follower tier in numbers: its accounts, posts, followers and engagement.

    A row a tier that has accounts; the tier is null for accounts with unknown followers.
    `ranked_accounts` have the least number of posts and a known rate; the quartiles are those of
    their median engagement rates, every account counting once.

    Args:
        groups: of what `count_tiers` has counted.
    """
    counted = groups.of("tiers")
    followers, rate = (
        groups.values_at(f"tiers/{measure}", counted["x"]) for measure in ("followers", "rate")
    )
    return pd.DataFrame(
        {
            "tier": [None if place < 0 else TIERS[place] for place in counted["x"].astype(int)],
            "accounts": counted["number"],
            "ranked_accounts": rate["number"].fillna(0).to_numpy(),
            "posts": counted["posts"],
            "median_followers": followers["median"].to_numpy(),
            **quartiles(rate, "engagement_rate"),
        }
    )
