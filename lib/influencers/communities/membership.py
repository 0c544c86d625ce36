"""Which community an account belongs to, by the hashtags it uses."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

# ln(accounts / users) in whole millionths, so that sums do not depend on the order of rows.
_IDF_UNIT = 1_000_000


def assign_accounts(uses: DataFrame, communities: DataFrame) -> DataFrame:
    """The community of each account: that of most of its hashtags, rare ones counting more.

    A use of a hashtag counts with its inverse document frequency, ln(accounts / accounts that
    use it), among accounts that use any hashtag (K. Sparck Jones, "A statistical interpretation
    of term specificity", Journal of Documentation 28 (1972)); a hashtag that everyone uses counts
    a millionth, so that it decides only where nothing else does. Ties go to the smaller number.

    A row is an algorithm and an account that uses a hashtag of the graph; others have none.

    Args:
        uses: owner_id, hashtag, posts: an account and a hashtag that it uses, and how often.
        communities: algorithm, hashtag, community.

    Returns:
        algorithm; owner_id; community; share, in 0..1, of the account's uses of hashtags of the
        graph that lie in the community, by weight.
    """
    everyone = uses.agg(F.count_distinct("owner_id").alias("everyone"))
    users = uses.groupBy("hashtag").agg(F.count(F.lit(1)).alias("users"))
    idf = F.greatest(
        F.round(F.log(F.col("everyone") / F.col("users")) * _IDF_UNIT).cast("bigint"), F.lit(1)
    )
    rarity = users.crossJoin(F.broadcast(everyone)).select("hashtag", idf.alias("idf"))
    pulls = (
        uses.join(communities, "hashtag", how="inner")
        .join(rarity, "hashtag", how="inner")
        .groupBy("algorithm", "owner_id", "community")
        .agg(F.sum(F.col("posts") * F.col("idf")).alias("pull"))
    )
    # The largest struct: the strongest pull, then the smallest number.
    best = F.max(F.struct("pull", (-F.col("community")).alias("minus_community")))
    return (
        pulls.groupBy("algorithm", "owner_id")
        .agg(best.alias("best"), F.sum("pull").alias("total"))
        .select(
            "algorithm",
            "owner_id",
            (-F.col("best.minus_community")).alias("community"),
            (F.col("best.pull") / F.col("total")).alias("share"),
        )
    )
