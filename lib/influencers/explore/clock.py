"""Times of day that can be trusted: dates cut to the day say nothing about the hour.

Crawlers often keep the date alone, as midnight somewhere: every post then shares one time of day,
two where summer time begins in between. Real posts do not: a second of the day holds one post
in 86,400.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

_DAY, _HOUR = 86_400, 3_600
# A single second of the day with this share of all posts is a date without a time. Whole hours
# alone are not: the busiest hour of a day holds about 8 %.
_SPIKE = 0.2
# With fewer trusted times than this share, what is left are slips of the same crawler.
_MIN_TRUSTED = 0.1


def with_trusted_hour(post_features: DataFrame) -> DataFrame:
    """Add `trusted_hour`: the hour (UTC), null where the time of day was cut off.

    A time of day that at least a fifth of the posts share, and the times an hour before and after
    it (summer time), are taken for dates. Where fewer than a tenth of the posts remain, none is
    trusted.
    """
    second = _second_of_day(F.col("created_at"))
    counted = post_features.select(second.alias("second")).dropna().groupBy("second").count()
    total = counted.agg(F.sum("count").alias("total"))
    shares = counted.crossJoin(F.broadcast(total))
    cut = (
        shares.where(F.col("count") >= F.col("total") * _SPIKE)
        .select(F.explode(F.array(*[_shifted(shift) for shift in (-_HOUR, 0, _HOUR)])).alias("second"))
        .distinct()
    )
    cut_posts = counted.join(F.broadcast(cut), on="second", how="left_semi").agg(
        F.coalesce(F.sum("count"), F.lit(0)).alias("cut_posts")
    )
    trusted = total.crossJoin(cut_posts).select(
        (F.col("total") - F.col("cut_posts") >= F.col("total") * _MIN_TRUSTED).alias("some_trusted")
    )
    marked = cut.select("second", F.lit(True).alias("is_cut"))
    return (
        post_features.withColumn("second", second)
        .join(F.broadcast(marked), on="second", how="left")
        .crossJoin(F.broadcast(trusted))
        .withColumn(
            "trusted_hour", F.when(F.col("is_cut").isNull() & F.col("some_trusted"), F.col("hour"))
        )
        .drop("second", "is_cut", "some_trusted")
    )


def _second_of_day(time: Column) -> Column:
    return F.pmod(F.unix_timestamp(time), F.lit(_DAY))


def _shifted(seconds: int) -> Column:
    return F.pmod(F.col("second") + seconds, F.lit(_DAY))
