"""What posts are compared by: the levels of their traits, numbered, and those of each post."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.explore.comparisons import CONTENT_TYPES, HASHTAG_GROUPS, group_name, hashtag_group

YES = "yes"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HASHTAG_GROUPS = tuple(group_name(*group) for group in HASHTAG_GROUPS)

# Among which of its author's posts a post is compared: where a feature is unknown for some posts,
# these are no posts without the level.
POPULATIONS = ("all", "typed", "timed")
_POPULATIONS = {"content_type": "typed", "hour": "timed"}


def populations() -> dict[str, Column]:
    """For each population, whether a post is in it (of post_features with `trusted_hour`)."""
    return {
        "all": F.lit(True),
        "typed": F.col("content_type").isNotNull(),
        "timed": F.col("trusted_hour").isNotNull(),
    }


@dataclass(frozen=True)
class Level:
    """A value of a feature, such as `video`.

    Attributes:
        feature: what it is a value of.
        name: as tables and figures have it.
        position: its place among the levels of the feature, from 0.
    """

    feature: str
    name: str
    position: int

    @property
    def population(self) -> str:
        """The posts that those of this level are compared among, one of `POPULATIONS`."""
        return _POPULATIONS.get(self.feature, "all")


def _levels(feature: str, names: Sequence[str]) -> tuple[Level, ...]:
    return tuple(Level(feature, name, position) for position, name in enumerate(names))


# All but those of hashtags, which depend on the posts and come after these.
_PLAIN = (
    *_levels("content_type", CONTENT_TYPES),
    *_levels("has_location", [YES]),
    *_levels("question", [YES]),
    *_levels("hashtag_count", _HASHTAG_GROUPS),
    *_levels("hour", [f"{hour:02d}" for hour in range(24)]),
    *_levels("weekday", WEEKDAYS),
)
_FIRST = {level.feature: number for number, level in enumerate(_PLAIN) if level.position == 0}


@dataclass(frozen=True)
class Hashtags:
    """The hashtags that are judged.

    Attributes:
        names: the commonest first.
        tagged: a row a post and hashtag: shortcode, hashtag.
    """

    names: tuple[str, ...]
    tagged: DataFrame

    def levels(self) -> tuple[Level, ...]:
        """All levels, those of hashtags too: the number of a level is its place."""
        return (*_PLAIN, *_levels("hashtag", [f"#{name}" for name in self.names]))

    def by_post(self) -> DataFrame:
        """The posts that have any: shortcode, and `tags`, the numbers of their levels."""
        numbers = range(len(_PLAIN), len(_PLAIN) + len(self.names))
        # As Arrow: of a list Spark makes rows in a Python worker, which takes seconds to start.
        numbered = pa.table(
            {"hashtag": pa.array(self.names, pa.string()), "number": pa.array(numbers, pa.int32())}
        )
        frame = self.tagged.sparkSession.createDataFrame(numbered)
        return (
            self.tagged.join(F.broadcast(frame), on="hashtag", how="inner")
            .groupBy("shortcode")
            .agg(F.collect_list("number").alias("tags"))
        )


def supported_hashtags(posts: DataFrame, *, top: int, min_accounts: int) -> Hashtags:
    """The `top` hashtags that most accounts use, at least `min_accounts` each.

    Ties go to the hashtag of more posts, then by the hashtag itself. They are counted here: at
    most `top` names come to the driver.

    Args:
        posts: shortcode, owner_id, hashtags.
        top: how many there are at most.
        min_accounts: that use each.
    """
    tagged = posts.select("shortcode", "owner_id", F.explode("hashtags").alias("hashtag"))
    common = (
        tagged.groupBy("hashtag")
        .agg(F.count_distinct("owner_id").alias("accounts"), F.count(F.lit(1)).alias("posts"))
        .where(F.col("accounts") >= min_accounts)
        .orderBy(F.desc("accounts"), F.desc("posts"), F.asc("hashtag"))
        .limit(top)
    )
    names = tuple(row["hashtag"] for row in common.collect())
    return Hashtags(names, tagged.select("shortcode", "hashtag"))


def with_levels(posts: DataFrame, hashtags: Hashtags) -> DataFrame:
    """Add `levels`, an array of the numbers of the levels that a post has.

    Args:
        posts: post_features, with `trusted_hour` (see `Clock.hour`).
        hashtags: that are judged.
    """
    positions = {
        "content_type": _place(F.col("content_type"), CONTENT_TYPES),
        "has_location": F.when(F.col("has_location"), 0),
        "question": F.when(F.col("question"), 0),
        "hashtag_count": _place(hashtag_group(F.col("hashtag_count")), _HASHTAG_GROUPS),
        "hour": F.col("trusted_hour"),
        "weekday": F.col("day_of_week") - 1,
    }
    plain = F.array_compact(
        F.array(*[position + _FIRST[feature] for feature, position in positions.items()])
    )
    levels = F.when(F.col("tags").isNull(), plain).otherwise(F.concat(plain, F.col("tags")))
    return (
        posts.join(hashtags.by_post(), on="shortcode", how="left")
        .withColumn("levels", levels)
        .drop("tags")
    )


def _place(value: Column, names: Sequence[str]) -> Column:
    """Where a text stands among the names, from 0; null where it does not."""
    place = F.array_position(F.array(*[F.lit(name) for name in names]), value)
    return F.when(place > 0, place - 1).cast("int")
