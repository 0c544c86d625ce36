"""What content does for engagement and comments: every trait, within the same author.

A post is compared with the other posts of its author alone. Accounts differ in size, in audience
and in habits; whoever compares posts across them measures these.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.buckets import bucket
from influencers.explore.bins import quantile
from influencers.explore.clock import Clock
from influencers.explore.comparisons import CONTENT_TYPES, HASHTAG_GROUPS, group_name, hashtag_group
from influencers.explore.effects import delta_within
from influencers.explore.standing import OUTCOMES, with_standing
from influencers.explore.verdicts import NO_DATA, TOO_FEW, TRUNCATED, Band, summary, verdict

FEATURES = (
    "content_type", "has_location", "question", "hashtag_count", "hashtag", "hour", "weekday",
)  # fmt: skip
ANY, YES = "any", "yes"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_COUNTS = ("posts", "accounts", "compared_accounts")

# Sums over accounts are kept in millionths, as whole numbers: a sum of fractions would depend on
# the order of the rows.
_MILLION = 1_000_000

_RESULT = (
    "outcome string, feature string, level string, position int, posts bigint, accounts bigint, "
    "compared_accounts bigint, effect double, low double, high double, verdict string"
)


def content(
    posts: DataFrame,
    hashtags: DataFrame,
    *,
    clock: Clock,
    band: Band,
    account_buckets: int,
) -> DataFrame:
    """How posts with a trait do against the same author's posts without it.

    Args:
        posts: post_features with `relative_rate` (see `with_relative_rate`), of posts whose likes
            have come in (see `settled_posts`).
        hashtags: shortcode, hashtag and its position, of the hashtags to judge (see
            `supported_hashtags`).
        clock: which times of day are times.
        band: of no effect.
        account_buckets: how many buckets of accounts the intervals are taken from.

    Returns:
        A row an outcome, feature and level. `posts` of `accounts` have the trait and a known
        outcome; `compared_accounts` have posts without it as well. `median_relative_rate` is the
        engagement rate against the author's median, null for other outcomes. `effect` is Cliff's
        delta within the author, averaged over authors with weights n1·n0/(n1+n0); `low` to `high`
        are intervals that in 95 % of tables hold all together. A feature without any level has
        the level `any` and the reason.
    """
    levels = _levels(with_standing(posts.withColumn("trusted_hour", clock.hour())), hashtags)
    buckets = by_bucket(levels, account_buckets).unionByName(_placeholders(levels))
    effects = buckets.groupBy("outcome", "feature").applyInPandas(
        _effects_of(band, clock), schema=_RESULT
    )
    medians = levels.groupBy("feature", "level").agg(
        quantile(F.col("relative_rate"), 0.5).alias("median_relative_rate")
    )
    of_rate = F.col("outcome") == OUTCOMES[0]
    return effects.join(F.broadcast(medians), on=["feature", "level"], how="left").select(
        "outcome", "feature", "level", "position", "posts", "accounts", "compared_accounts",
        F.when(of_rate, F.col("median_relative_rate")).alias("median_relative_rate"),
        *[F.nanvl(name, F.lit(None).cast("double")).alias(name)
          for name in ("effect", "low", "high")],
        "verdict",
    )  # fmt: skip


def supported_hashtags(posts: DataFrame, *, top: int, min_accounts: int) -> DataFrame:
    """The posts of the `top` hashtags that most accounts use, at least `min_accounts` each.

    Returns:
        A row a post and hashtag: shortcode, hashtag, position (0 for the commonest; ties by
        posts, then by the tag itself).
    """
    tagged = posts.select("shortcode", "owner_id", F.explode("hashtags").alias("hashtag"))
    common = (
        tagged.groupBy("hashtag")
        .agg(F.count_distinct("owner_id").alias("accounts"), F.count(F.lit(1)).alias("posts"))
        .where(F.col("accounts") >= min_accounts)
        .select((-F.col("accounts")).alias("accounts"), (-F.col("posts")).alias("posts"), "hashtag")
        .orderBy("accounts", "posts", "hashtag")
        .limit(top)
    )
    in_order = F.sort_array(F.collect_list(F.struct("accounts", "posts", "hashtag")))
    ranked = common.agg(in_order.alias("tags")).select(
        F.posexplode(F.col("tags.hashtag")).alias("position", "hashtag")
    )
    return tagged.join(F.broadcast(ranked), on="hashtag", how="inner").select(
        "shortcode", "hashtag", "position"
    )


def _levels(posts: DataFrame, hashtags: DataFrame) -> DataFrame:
    """A row for every level that a post has: with the author, the standing, the author's posts."""
    places = {group_name(*group): place for place, group in enumerate(HASHTAG_GROUPS)}
    group = hashtag_group(F.col("hashtag_count"))
    weekday = F.col("day_of_week") - 1
    names = F.array(*[F.lit(day) for day in WEEKDAYS])
    kind, types = F.col("content_type"), {name: i for i, name in enumerate(CONTENT_TYPES)}
    plain = F.array(
        _level("content_type", kind, _place(kind, types), "typed"),
        *[_level(name, F.when(F.col(name), YES), F.lit(0), "all")
          for name in ("has_location", "question")],
        _level("hashtag_count", group, _place(group, places), "all"),
        _level("hour", F.lpad(F.col("trusted_hour").cast("string"), 2, "0"),
               F.col("trusted_hour"), "timed"),
        _level("weekday", F.get(names, weekday), weekday, "all"),
    )  # fmt: skip
    tag = F.array(
        _level("hashtag", F.concat(F.lit("#"), F.col("hashtag")), F.col("position"), "all")
    )
    tagged = posts.join(hashtags, on="shortcode", how="inner")
    columns = ("owner_id", "relative_rate")
    return (
        posts.select(*columns, F.inline(plain))
        .unionByName(tagged.select(*columns, F.inline(tag)))
        .where(F.col("level").isNotNull())
    )


def _level(feature: str, level: Column, position: Column, population: str) -> Column:
    return F.struct(
        F.lit(feature).alias("feature"),
        level.alias("level"),
        position.cast("int").alias("position"),
        *[
            F.col(f"{population}_{outcome}_{name}").alias(f"{outcome}_{name}")
            for outcome in OUTCOMES
            for name in ("standing", "posts")
        ],
    )


def _place(value: Column, places: dict[str, int]) -> Column:
    entries = [F.lit(part) for pair in places.items() for part in pair]
    return F.try_element_at(F.create_map(*entries), value)


def by_bucket(levels: DataFrame, account_buckets: int) -> DataFrame:
    """Pairs won less pairs lost within authors, summed over buckets of authors.

    Of an author's n posts, n1 with the trait: the standings of the n1 sum to the pairs with a
    post without it that they win, less those they lose, as pairs among the n1 cancel out. Divided
    by n, an author weighs n1·n0/n in the average (van Elteren's weights, up to a constant).
    """
    n, n1 = F.col("author_posts").cast("double"), F.col("posts").cast("double")
    return (
        _by_author(levels)
        .withColumns(
            {
                "bucket": bucket("owner_id", count=account_buckets).cast("int"),
                # Of doubles: for millions of posts the products do not fit into a bigint, and what
                # is divided by n does. Within a row they depend on no order.
                "wins": F.round(F.col("standing").cast("double") / n * _MILLION).cast("bigint"),
                "weight": F.round(n1 * ((n - n1) / n) * _MILLION).cast("bigint"),
            }
        )
        .groupBy("outcome", "feature", "level", "bucket")
        .agg(
            F.max("position").alias("position"),
            F.sum("posts").alias("posts"),
            F.count(F.lit(1)).alias("accounts"),
            F.count_if(F.col("weight") > 0).alias("compared_accounts"),
            F.sum("wins").alias("wins"),
            F.sum("weight").alias("weight"),
        )
    )


def _by_author(levels: DataFrame) -> DataFrame:
    """A row an outcome, level and author that has posts of both: their number and standing."""
    sums = [
        F.struct(
            F.count(f"{outcome}_standing").alias("posts"),
            F.sum(f"{outcome}_standing").alias("standing"),
            F.max(f"{outcome}_posts").alias("author_posts"),
        ).alias(outcome)
        for outcome in OUTCOMES
    ]
    each = F.array(
        *[
            F.struct(F.lit(outcome).alias("outcome"), F.col(outcome).alias("sums"))
            for outcome in OUTCOMES
        ]
    )
    return (
        levels.groupBy("feature", "level", "owner_id")
        .agg(F.max("position").alias("position"), *sums)
        .select("feature", "level", "owner_id", "position", F.inline(each))
        .select("outcome", "feature", "level", "owner_id", "position", "sums.*")
        .where(F.col("posts") > 0)
    )


def _placeholders(levels: DataFrame) -> DataFrame:
    """An empty row for every content type, and for `any` level of the other features; by outcome.

    They make sure that every feature gets a verdict, be it only why there is none.
    """
    expected = [("content_type", kind, place) for place, kind in enumerate(CONTENT_TYPES)]
    expected += [(feature, ANY, 0) for feature in FEATURES[1:]]
    rows = [
        F.struct(*[F.lit(part) for part in (outcome, *row)])
        for outcome in OUTCOMES
        for row in expected
    ]
    none = F.lit(0).cast("bigint")
    return levels.sparkSession.range(1).select(
        F.inline(F.array(*rows)).alias("outcome", "feature", "level", "position"),
        F.lit(0).alias("bucket"),
        *[none.alias(name) for name in (*_COUNTS, "wins", "weight")],
    )


def shared_by(levels: int) -> int:
    """Among how many comparisons the table's 5 % are shared, as seen from one level of a feature.

    Every feature has the same share for each outcome, so that a question with one answer need not
    pay for forty hashtags; the levels of a feature divide it evenly.

    Args:
        levels: of the feature, that can be compared.

    >>> shared_by(1), shared_by(40)
    (21, 840)
    """
    return len(OUTCOMES) * len(FEATURES) * max(1, levels)


def _effects_of(band: Band, clock: Clock) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def effects_of(buckets: pd.DataFrame) -> pd.DataFrame:
        """A row a level of one outcome and feature; `any` only where there is no other."""
        real = buckets[buckets["level"] != ANY]
        keys = ["outcome", "feature", "position", "level"]
        levels = (buckets if real.empty else real).groupby(keys)
        comparisons = shared_by(int((levels["weight"].sum() > 0).sum()))
        rows = []
        for (outcome, feature, position, level), own in levels:
            part = own.sort_values("bucket")
            effect = delta_within(
                part["wins"].to_numpy(), part["weight"].to_numpy(), comparisons=comparisons
            )
            word = verdict(effect, band=band)
            if level == ANY:
                word = _why_none(str(feature), clock)
            counts = (part[name].sum() for name in _COUNTS)
            interval = (effect.value, effect.low, effect.high)
            rows.append((outcome, feature, level, position, *counts, *interval, word))
        names = [column.split()[0] for column in _RESULT.split(", ")]
        return pd.DataFrame(rows, columns=names)

    return effects_of


def _why_none(feature: str, clock: Clock) -> str:
    """Why a feature has no level to judge."""
    if feature == "hour" and not clock.trusted:
        return TRUNCATED
    return TOO_FEW if feature == "hashtag" else NO_DATA


def verdicts(table: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Outcome → feature → the verdicts on its levels in a line, from the table of `content`."""
    by_feature = table.groupby(["outcome", "feature"])["verdict"].agg(list)
    return {
        outcome: {feature: summary(by_feature.get((outcome, feature), [])) for feature in FEATURES}
        for outcome in OUTCOMES
    }
