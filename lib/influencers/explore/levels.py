"""What posts are compared by: the levels of their traits, numbered, and those of each post."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.explore.bins import Ints
from influencers.explore.comparisons import CONTENT_TYPES, HASHTAG_GROUPS, group_name, hashtag_group
from influencers.explore.rows import Flags, Rows, places

YES = "yes"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HASHTAG_GROUPS = tuple(group_name(*group) for group in HASHTAG_GROUPS)

# Among which of its author's posts a post is compared: where a feature is unknown for some posts,
# these are no posts without the level.
ALL, TYPED, TIMED = "all", "typed", "timed"
_POPULATIONS = {"content_type": TYPED, "hour": TIMED}


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
_COUNTS = Counter(level.feature for level in _PLAIN)


def levels(hashtags: Sequence[str]) -> tuple[Level, ...]:
    """All levels, those of the hashtags that are judged too: the number of a level is its place."""
    return (*_PLAIN, *_levels("hashtag", [f"#{name}" for name in hashtags]))


def supported_hashtags(posts: DataFrame, *, top: int, min_accounts: int) -> tuple[str, ...]:
    """The `top` hashtags that most accounts use, at least `min_accounts` each.

    The commonest come first. Ties go to the hashtag of more posts, then by the hashtag itself.
    They are counted here: at most `top` names come to the driver.

    Args:
        posts: owner_id, hashtags.
        top: how many there are at most.
        min_accounts: that use each.
    """
    common = (
        posts.select("owner_id", F.explode("hashtags").alias("hashtag"))
        # Once for each account: what is left for the count of accounts is a row an account.
        .groupBy("hashtag", "owner_id")
        .agg(F.count(F.lit(1)).alias("posts"))
        .groupBy("hashtag")
        .agg(F.count(F.lit(1)).alias("accounts"), F.sum("posts").alias("posts"))
        .where(F.col("accounts") >= min_accounts)
        .orderBy(F.desc("accounts"), F.desc("posts"), F.asc("hashtag"))
        .limit(top)
    )
    return tuple(row["hashtag"] for row in common.collect())


def tagged_posts(posts: DataFrame, hashtags: Sequence[str]) -> DataFrame:
    """The posts that have any of some hashtags: owner_id, shortcode, and these `tags`.

    Args:
        posts: owner_id, shortcode, hashtags.
        hashtags: that are judged; may be none.
    """
    judged = F.array(*[F.lit(name) for name in hashtags]).cast("array<string>")
    return posts.where(F.arrays_overlap("hashtags", judged)).select(
        "owner_id", "shortcode", F.array_intersect("hashtags", judged).alias("tags")
    )


@dataclass(frozen=True)
class Found:
    """Which posts have which levels.

    Attributes:
        first: the number of the first of these levels.
        count: how many levels these are.
        population: the posts that those of these levels are compared among.
        post: the places of the posts.
        level: of each of these, a level, from 0.
    """

    first: int
    count: int
    population: str
    post: Ints
    level: Ints


def populations(posts: Rows) -> dict[str, Flags]:
    """For each population, whether a post is in it.

    Args:
        posts: content_type, trusted_hour.
    """
    return {
        ALL: np.ones(len(posts), np.bool_),
        TYPED: ~posts.is_null("content_type"),
        TIMED: ~posts.is_null("trusted_hour"),
    }


def found(posts: Rows, hashtags: Sequence[str]) -> Iterator[Found]:
    """The levels of posts, feature by feature.

    Args:
        posts: what levels are of, with `trusted_hour` (see `Clock.hour`) and `tags`.
        hashtags: that are judged: posts have no others in `tags`.
    """
    no, yes = -1, 0
    plain = {
        "content_type": posts.places("content_type", CONTENT_TYPES),
        "has_location": np.where(posts.is_true("has_location"), yes, no),
        "question": np.where(posts.is_true("question"), yes, no),
        "hashtag_count": hashtag_group(posts.ints("hashtag_count", null=-1)),
        "hour": posts.ints("trusted_hour", null=-1),
        "weekday": posts.ints("day_of_week") - 1,
    }
    for feature, level in plain.items():
        post = np.flatnonzero(level >= 0)
        population = _POPULATIONS.get(feature, ALL)
        yield Found(_FIRST[feature], _COUNTS[feature], population, post, level[post])
    tags = posts.column("tags")
    sizes = np.asarray(pc.list_value_length(tags).fill_null(0).to_numpy(), np.int64)
    level = places(tags.flatten(), hashtags)
    yield Found(len(_PLAIN), len(hashtags), ALL, np.repeat(np.arange(len(posts)), sizes), level)
