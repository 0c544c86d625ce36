"""The accounts whose followers changed most, and the posts that did best: rows for one page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

# Of an account, so many intervals are drawn: the latest.
_MOST_INTERVALS = 400


def top_movers(growth: DataFrame, accounts: DataFrame, *, most: int) -> pd.DataFrame:
    """The intervals of the accounts whose followers changed most.

    Accounts with a verdict other than `usual` come first; then by the largest change of
    ln(followers) within an interval, that of such a verdict before others.

    Args:
        growth: the table account_growth.
        accounts: the table accounts.
        most: how many accounts.

    Returns:
        A row for each interval: `rank` of the account from 1, `owner_id`, `owner_username`, whether
        the interval is the one that it is ranked by (`is_largest`), and the columns of the table.
    """
    change = F.abs(F.ln(F.col("followers_to") / F.col("followers_from")))
    notable = F.coalesce(F.col("kind") != "usual", F.lit(False))
    size = F.struct(notable, change, F.unix_micros("from_at"))
    known = growth.where("followers_from > 0 AND followers_to > 0")
    largest = known.groupBy("owner_id").agg(F.max(size).alias("size"))
    order = [F.desc("size.col1"), F.desc("size.col2"), F.asc("owner_id")]
    best = largest.sort(*order).limit(most)
    names = accounts.select("owner_id", "owner_username")
    latest_first = Window.partitionBy("owner_id").orderBy(F.desc("from_at"))
    rows = (
        growth.join(F.broadcast(best), "owner_id")
        .join(names, "owner_id", "left")
        .withColumn("is_largest", F.unix_micros("from_at") == F.col("size.col3"))
        .withColumn("place", F.row_number().over(latest_first))
        .where(F.col("is_largest") | (F.col("place") <= _MOST_INTERVALS))
        .select("*", F.col("size.col1").alias("notable"), F.col("size.col2").alias("change"))
        .drop("size", "place")
        .toPandas()
    )
    order_of = rows.drop_duplicates("owner_id").sort_values(
        ["notable", "change", "owner_id"], ascending=[False, False, True]
    )
    ranks = {owner: rank for rank, owner in enumerate(order_of["owner_id"], start=1)}
    ranked = rows.assign(rank=rows["owner_id"].map(ranks)).drop(columns=["notable", "change"])
    return ranked.sort_values(["rank", "from_at"], ignore_index=True)


def best_posts(performance: DataFrame, accounts: DataFrame, *, most: int) -> pd.DataFrame:
    """The posts that did best beside their author's earlier ones, the best first.

    Args:
        performance: the table post_performance.
        accounts: the table accounts.
        most: how many.
    """
    best = performance.where("score > 1").sort(F.desc("score"), "shortcode").limit(most)
    names = accounts.select("owner_id", "owner_username")
    rows = best.join(names, "owner_id", "left").toPandas()
    return rows.sort_values(["score", "shortcode"], ascending=[False, True], ignore_index=True)


def in_words(interval: Mapping[str, Any]) -> str:
    """What was seen in an interval, claiming no more than the data say.

    >>> in_words({"followers_from": 1000, "followers_to": 1310, "days": 3.0, "kind": "step"})
    '+31 % in 3 days, not explained by a post'
    """
    share = interval["followers_to"] / interval["followers_from"] - 1
    days = interval["days"]
    time = f"{days * 24:.0f} hours" if days < 1.5 else f"{days:.0f} days"
    size = f"{100 * share:+.1f} %" if abs(share) < 0.0995 else f"{100 * share:+.0f} %"
    said = _SAID.get(interval["kind"], "")
    return f"{size} in {time}{said and f', {said}'}"


_SAID = {
    "step": "not explained by a post",
    "hit": "with a post of more than twice its usual likes",
    "give_back": "after a sudden rise",
    "follow_unfollow": "while many followed accounts were unfollowed",
    "drop": "a sudden loss",
}
