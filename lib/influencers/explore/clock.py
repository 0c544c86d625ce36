"""Times of day that can be trusted: dates cut to the day say nothing about the hour.

Crawlers often keep the date alone, as midnight somewhere: every post then shares one time of day,
two where summer time begins in between. Real posts do not: a second of the day holds one post
in 86,400.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

_DAY, _HOUR = 86_400, 3_600
# A single second of the day with this share of all posts is a date without a time. A whole hour
# alone is not: in times cut to the hour the busiest holds about 8 %.
_SPIKE = 0.2
# So many posts of one second are no coincidence; a post alone shares its second with nobody, and
# is all posts there are.
_MIN_SPIKE = 3
# With fewer posts left than this share, what is left are slips of the same crawler.
_MIN_TRUSTED = 0.1


@dataclass(frozen=True)
class Clock:
    """Which times of day are times.

    Attributes:
        cut_seconds: seconds of the day (UTC) that stand for a date.
        trusted: whether enough other times are left to speak of hours at all.
    """

    cut_seconds: frozenset[int] = frozenset()
    trusted: bool = True

    def hour(self) -> Column:
        """The hour (UTC) of a post of post_features; null where the time of day was cut off."""
        if not self.trusted:
            return F.lit(None).cast("int")
        is_cut = _second_of_day().isin(sorted(self.cut_seconds))
        return F.when(~is_cut, F.col("hour")).cast("int")


def posts_by_second(post_features: DataFrame) -> dict[int, int]:
    """How many posts were made at which second of the day (UTC): at most 86,400 numbers."""
    counted = post_features.select(_second_of_day().alias("second")).dropna()
    rows = counted.groupBy("second").agg(F.count(F.lit(1)).alias("posts")).collect()
    return {row["second"]: row["posts"] for row in rows}


def read_clock(posts: Mapping[int, int]) -> Clock:
    """Tell dates from times.

    A second of the day that at least a fifth of the posts share, and three of them, is taken for a
    date without a time, and so are the seconds an hour before and after it (summer time). Where
    fewer than a tenth of the posts remain, no time is trusted.

    Args:
        posts: number of posts by second of the day, as of `posts_by_second`.
    """
    total = sum(posts.values())
    least = max(_SPIKE * total, _MIN_SPIKE)
    spikes = [second for second, number in posts.items() if number >= least]
    cut = frozenset((second + shift) % _DAY for second in spikes for shift in (-_HOUR, 0, _HOUR))
    left = sum(number for second, number in posts.items() if second not in cut)
    return Clock(cut, trusted=total > 0 and left >= _MIN_TRUSTED * total)


def _second_of_day() -> Column:
    return F.pmod(F.unix_timestamp("created_at"), F.lit(_DAY))
