"""What content does for engagement and comments: every trait, within the same author.

A post is compared with the other posts of its author alone. Accounts differ in size, in audience
and in habits; whoever compares posts across them measures these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.explore.bins import quantile, significant
from influencers.explore.clock import Clock
from influencers.explore.comparisons import CONTENT_TYPES
from influencers.explore.effects import delta_within
from influencers.explore.levels import Hashtags, Level, with_levels
from influencers.explore.standing import OUTCOMES, by_bucket
from influencers.explore.verdicts import NO_DATA, TOO_FEW, TRUNCATED, Band, summary, verdict
from influencers.run.persisted import Keep

FEATURES = (
    "content_type", "has_location", "question", "hashtag_count", "hashtag", "hour", "weekday",
)  # fmt: skip
ANY = "any"

_COUNTS = ("posts", "accounts", "compared_accounts")

_RESULT = (
    "outcome string, feature string, level string, position int, posts bigint, accounts bigint, "
    "compared_accounts bigint, effect double, low double, high double, verdict string"
)


def content(
    posts: DataFrame,
    hashtags: Hashtags,
    *,
    clock: Clock,
    band: Band,
    account_buckets: int,
    keep: Keep = lambda frame: frame,
) -> DataFrame:
    """How posts with a trait do against the same author's posts without it.

    Args:
        posts: post_features with `relative_rate` (see `with_relative_rate`), of posts whose likes
            have come in (see `settled_posts`).
        hashtags: that are judged (see `supported_hashtags`).
        clock: which times of day are times.
        band: of no effect.
        account_buckets: how many buckets of accounts the intervals are taken from.
        keep: persists the posts with their levels, which are gone through twice.

    Returns:
        A row an outcome, feature and level. `posts` of `accounts` have the trait and a known
        outcome; `compared_accounts` have posts without it as well. `median_relative_rate` is the
        engagement rate against the author's median, null for other outcomes. `effect` is Cliff's
        delta within the author, averaged over authors with weights n1·n0/(n1+n0); `low` to `high`
        are intervals that in 95 % of tables hold all together. A feature without any level has
        the level `any` and the reason.
    """
    levels = hashtags.levels()
    described = keep(_described(posts, hashtags, clock))
    sums = _named(by_bucket(described, levels, account_buckets), levels).withColumn(
        "outcome", F.get(F.array(*[F.lit(name) for name in OUTCOMES]), F.col("outcome"))
    )
    effects = (
        sums.unionByName(_placeholders(sums))
        .groupBy("outcome", "feature")
        .applyInPandas(_effects_of(band, clock), schema=_RESULT)
    )
    medians = _named(_median_rates(described), levels).drop("position")
    of_rate = F.col("outcome") == OUTCOMES[0]
    return effects.join(F.broadcast(medians), on=["feature", "level"], how="left").select(
        "outcome", "feature", "level", "position", "posts", "accounts", "compared_accounts",
        F.when(of_rate, F.col("median_relative_rate")).alias("median_relative_rate"),
        *[F.nanvl(name, F.lit(None).cast("double")).alias(name)
          for name in ("effect", "low", "high")],
        "verdict",
    )  # fmt: skip


def _described(posts: DataFrame, hashtags: Hashtags, clock: Clock) -> DataFrame:
    """What is looked at of each post, with its levels."""
    timed = posts.withColumn("trusted_hour", clock.hour())
    return with_levels(timed, hashtags).select(
        "owner_id", "relative_rate", "engagement_rate", "comments", "likes", "content_type",
        "trusted_hour", "levels",
    )  # fmt: skip


def _median_rates(posts: DataFrame) -> DataFrame:
    """The median relative rate of the posts of each level, which is given by its number."""
    cells = (
        posts.select("levels", significant(F.col("relative_rate")).alias("rate"))
        .where(F.col("rate").isNotNull())
        .select(F.explode("levels").alias("level"), "rate")
        .groupBy("level", "rate")
        .agg(F.count(F.lit(1)).alias("posts"))
    )
    return cells.groupBy("level").agg(
        quantile(F.col("rate"), 0.5, F.col("posts")).alias("median_relative_rate")
    )


def _named(counted: DataFrame, levels: Sequence[Level]) -> DataFrame:
    """Feature, level by its name, and position, for the number of a level."""
    names = [
        F.struct(
            F.lit(level.feature).alias("feature"),
            F.lit(level.name).alias("level"),
            F.lit(level.position).alias("position"),
        )
        for level in levels
    ]
    named = F.get(F.array(*names), F.col("level"))
    others = [name for name in counted.columns if name != "level"]
    return counted.withColumn("named", named).select("named.*", *others)


def _placeholders(like: DataFrame) -> DataFrame:
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
    return like.sparkSession.range(1).select(
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
