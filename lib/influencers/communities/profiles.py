"""What each community is: its size and place in the graph, its hashtags, accounts and success."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from influencers.communities.modularity import community_sums
from influencers.features.posts import engagement, engagement_rate
from influencers.run import persisted


@contextmanager
def profiles_and_growth(
    edges: DataFrame,
    communities: DataFrame,
    members: DataFrame,
    *,
    posts: DataFrame,
    uses: DataFrame,
    algorithm: str,
    most: int,
) -> Iterator[tuple[DataFrame, DataFrame]]:
    """The tables community_profiles and community_growth of one algorithm.

    The posts of communities, which both are of, are kept until the block ends.

    Args:
        edges, communities, members, posts, uses, most: as for `described`.
        algorithm: which.
    """
    with persisted.frames(persisted.IN_MEMORY) as keep:
        inside = keep(posts_in(posts, communities))
        profiles = described(
            edges, communities, members, posts=posts, uses=uses, inside=inside, most=most
        )
        yield profiles, by_month(inside).withColumn("algorithm", F.lit(algorithm))


def described(
    edges: DataFrame,
    communities: DataFrame,
    members: DataFrame,
    *,
    posts: DataFrame,
    uses: DataFrame,
    inside: DataFrame,
    most: int,
) -> DataFrame:
    """The table community_profiles: a row is a community of one algorithm.

    Args:
        edges: src, dst, weight.
        communities: algorithm, hashtag, community; of one algorithm.
        members: owner_id, community, share; of the same.
        posts: the table.
        uses: owner_id, hashtag.
        inside: as from `posts_in`.
        most: how many marking hashtags and representatives are listed.
    """
    sizes = members.groupBy("community").agg(F.count(F.lit(1)).alias("accounts"))
    return (
        in_graph(edges, communities)
        .join(sizes, "community", how="left")
        .join(marking_tags(uses, communities, members, most=most), "community", how="left")
        .join(representatives(posts, uses, communities, members, most=most), "community",
              how="left")
        .join(success(inside), "community", how="left")
        .fillna(0, ["accounts", "posts"])
    )  # fmt: skip


def in_graph(edges: DataFrame, communities: DataFrame) -> DataFrame:
    """Size and conductance: a row is an algorithm and a community.

    Conductance is the weight of edges that leave the community, divided by the strength of the
    smaller side: 0 where none leaves, 1 where all do; null where there is no other side
    (J. Leskovec et al., "Community structure in large networks", Internet Mathematics 6 (2009)).

    Args:
        edges: src, dst, weight.
        communities: algorithm, hashtag, community.

    Returns:
        algorithm, community; hashtags; share, of all hashtags of the graph; conductance.
    """
    sums = community_sums(edges, communities)
    everything = Window.partitionBy("algorithm")
    smaller = F.least("strength", F.sum("strength").over(everything) - F.col("strength"))
    return sums.select(
        "algorithm",
        "community",
        F.col("tags").alias("hashtags"),
        (F.col("tags") / F.sum("tags").over(everything)).alias("share"),
        F.try_divide(F.col("strength") - F.col("inside_strength"), smaller).alias("conductance"),
    )


def marking_tags(
    uses: DataFrame, communities: DataFrame, members: DataFrame, *, most: int
) -> DataFrame:
    """The hashtags that mark a community: community, marking.

    The lift of a hashtag is how many times likelier an account of the community uses it than any
    account. Lift alone would list the rarest: of the community's own hashtags, those come first
    whose users in it, times the logarithm of the lift, are most; ties by name.

    Args:
        uses: owner_id, hashtag.
        communities: hashtag, community.
        members: owner_id, community.
        most: how many are listed.

    Returns:
        community; marking: an array of hashtag, lift, accounts (of the community, that use it).
    """
    everyone = uses.agg(F.count_distinct("owner_id").alias("everyone"))
    users = uses.groupBy("hashtag").agg(F.count(F.lit(1)).alias("users"))
    sizes = members.groupBy("community").agg(F.count(F.lit(1)).alias("members"))
    inside = (
        uses.join(members.select("owner_id", "community"), "owner_id", how="inner")
        .join(communities.select("hashtag", "community"), ["hashtag", "community"], how="inner")
        .groupBy("community", "hashtag")
        .agg(F.count(F.lit(1)).alias("accounts"))
    )
    lift = F.col("accounts") * F.col("everyone") / (F.col("members") * F.col("users"))
    judged = (
        inside.join(users, "hashtag", how="inner")
        .join(sizes, "community", how="inner")
        .crossJoin(F.broadcast(everyone))
        .select("community", "hashtag", lift.alias("lift"), "accounts")
    )
    order = (F.desc(F.col("accounts") * F.log("lift")), F.asc("hashtag"))
    listed = _first(judged, order, most)
    return _as_array(listed, "marking", F.struct("hashtag", "lift", "accounts"))


def representatives(
    posts: DataFrame, uses: DataFrame, communities: DataFrame, members: DataFrame, *, most: int
) -> DataFrame:
    """The accounts that stand for a community: community, representatives.

    They use many of its hashtags and few others: first come those with the most of its hashtags,
    times the share of their hashtags in it; ties by the smaller number.

    Args:
        posts: shortcode, owner_id, owner_username, created_at; names are those of the latest post.
        uses: owner_id, hashtag.
        communities: hashtag, community.
        members: owner_id, community, share.
        most: how many are listed.

    Returns:
        community; representatives: an array of owner_id, owner_username, share.
    """
    own = (
        uses.join(members.select("owner_id", "community", "share"), "owner_id", how="inner")
        .join(communities.select("hashtag", "community"), ["hashtag", "community"], how="inner")
        .groupBy("community", "owner_id", "share")
        .agg(F.count(F.lit(1)).alias("tags"))
    )
    order = (F.desc(F.col("tags") * F.col("share")), F.asc("owner_id"))
    chosen = _first(own, order, most)
    latest = F.max(F.struct("created_at", "shortcode", "owner_username")).alias("latest")
    wanted = F.broadcast(chosen.select("owner_id").distinct())
    names = posts.join(wanted, "owner_id", how="left_semi").groupBy("owner_id").agg(latest)
    named = chosen.join(names, "owner_id", how="left").withColumn(
        "owner_username", F.col("latest.owner_username")
    )
    return _as_array(named, "representatives", F.struct("owner_id", "owner_username", "share"))


def posts_in(posts: DataFrame, communities: DataFrame) -> DataFrame:
    """The community of each post: that of most of its hashtags, ties to the smaller number.

    A row is a post with a hashtag of the graph.

    Args:
        posts: shortcode, owner_id, created_at, likes, comments, followers, hashtags.
        communities: hashtag, community.

    Returns:
        owner_id, created_at, community; engagement_rate, null where it is unknown.
    """
    rate = engagement_rate(engagement(F.col("likes"), F.col("comments")), F.col("followers"))
    kept = ["shortcode", "owner_id", "created_at", "engagement_rate"]
    tagged = posts.select(
        *kept[:-1], rate.alias("engagement_rate"), F.explode(F.array_distinct("hashtags"))
    ).withColumnRenamed("col", "hashtag")
    counted = (
        tagged.join(communities.select("hashtag", "community"), "hashtag", how="inner")
        .groupBy(*kept, "community")
        .agg(F.count(F.lit(1)).alias("tags"))
    )
    best = F.max(F.struct("tags", (-F.col("community")).alias("minus"))).alias("best")
    return (
        counted.groupBy(*kept)
        .agg(best)
        .select("owner_id", "created_at", (-F.col("best.minus")).alias("community"), kept[-1])
    )


def success(inside: DataFrame) -> DataFrame:
    """Posts, engagement and growth of each community.

    Args:
        inside: as from `posts_in`.

    Returns:
        community; posts; engagement_rate_p25, _median, _p75: of accounts, each with the median of
        its posts in the community; growth: the community's share of posts in the later half of all
        posts in communities, divided by that in the earlier half; 1 is steady, null where it has
        none in the earlier half. The halves part at an hour, so that of posts without number only
        their hours are counted.
    """
    accounts = inside.groupBy("community", "owner_id").agg(
        F.percentile("engagement_rate", F.lit(0.5)).alias("rate")
    )
    quartiles = (("p25", 0.25), ("median", 0.5), ("p75", 0.75))
    rates = accounts.groupBy("community").agg(
        *(F.percentile("rate", F.lit(q)).alias(f"engagement_rate_{name}") for name, q in quartiles)
    )
    hour = F.floor(F.unix_timestamp("created_at") / 3600)
    hours = inside.groupBy(hour.alias("hour")).agg(F.count(F.lit(1)).alias("posts"))
    middle = hours.agg(F.percentile("hour", F.lit(0.5), F.col("posts")).alias("middle"))
    late = hour > F.col("middle")
    halves = inside.crossJoin(F.broadcast(middle))
    counts = halves.groupBy("community").agg(
        F.count(F.lit(1)).alias("posts"),
        F.count_if(late).alias("late"),
        F.count_if(~late).alias("early"),
    )
    totals = halves.agg(F.count_if(late).alias("all_late"), F.count_if(~late).alias("all_early"))
    growth = F.try_divide(
        F.col("late").cast("double") * F.col("all_early"),
        F.col("early").cast("double") * F.col("all_late"),
    ).alias("growth")
    return (
        counts.crossJoin(F.broadcast(totals))
        .join(rates, "community", how="left")
        .select("community", "posts", *(f"engagement_rate_{name}" for name, _ in quartiles), growth)
    )


def by_month(inside: DataFrame) -> DataFrame:
    """Growth over time: a row is a community and a month in which it has a post.

    Args:
        inside: as from `posts_in`.

    Returns:
        community; month, its first moment; posts; accounts that posted; share, of that month's
        posts in communities.
    """
    month = F.date_trunc("month", "created_at").alias("month")
    counts = inside.groupBy("community", month).agg(
        F.count(F.lit(1)).alias("posts"), F.count_distinct("owner_id").alias("accounts")
    )
    share = F.col("posts") / F.sum("posts").over(Window.partitionBy("month"))
    return counts.select("community", "month", "posts", "accounts", share.alias("share"))


def in_words(profiles: DataFrame) -> DataFrame:
    """The table community_profiles with its lists as text, for people.

    `marking`: #hashtags; `representatives`: usernames, numbers where they are unknown; both empty
    where there are none.
    """
    tags = F.transform("marking", lambda tag: F.concat(F.lit("#"), tag["hashtag"]))
    named = F.transform(
        "representatives",
        lambda account: F.coalesce(account["owner_username"], account["owner_id"].cast("string")),
    )
    return profiles.withColumns(
        {"marking": F.concat_ws(" ", tags), "representatives": F.concat_ws(", ", named)}
    )


def _first(frame: DataFrame, order: tuple[Column, ...], most: int) -> DataFrame:
    place = F.row_number().over(Window.partitionBy("community").orderBy(*order))
    return frame.withColumn("place", place).where(F.col("place") <= most)


def _as_array(frame: DataFrame, name: str, entry: Column) -> DataFrame:
    """A community's rows as one array in the order of `place`; they are few."""
    rows = F.array_sort(F.collect_list(F.struct("place", entry.alias("entry"))))
    return frame.groupBy("community").agg(F.transform(rows, lambda row: row["entry"]).alias(name))
