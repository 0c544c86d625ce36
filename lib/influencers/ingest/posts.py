"""Clean, typed posts out of raw records, one for each shortcode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from influencers.config import IngestConfig
from influencers.ingest import rules
from influencers.ingest.hashtags import caption_tags
from influencers.schemas import SCHEMAS

# Made by this module; all other columns of the table are read from the file.
_MADE = ("hashtags", "hashtags_as_written", "mentions", "source_file")
_FIELDS = tuple(name for name in SCHEMAS["posts"].fieldNames() if name not in _MADE)
# What tells a later crawl from an earlier one, the most telling first; all columns, so that the
# order is total.
_TELLING = ("crawled_at", "likes", "comments", "followers", "following")
_PRECEDENCE = (*_TELLING, *sorted(set(_FIELDS) - {*_TELLING, "shortcode"}))


def with_reasons(records: DataFrame, config: IngestConfig, *, now: int) -> DataFrame:
    """Raw records, typed, each with the codes of the rules it breaks.

    Grain: one row for each record, as it comes: `source_file`, `record`, `raw` (null for a good
    record: nobody will ask), `reasons` (empty for a good one) and the typed fields of a post,
    which mean something for good records only.
    """
    codes = rules.reasons(config, now=now)
    typed = rules.with_values(records).select(
        "source_file", "record", "raw", codes.alias("reasons"), *_typed()
    )
    return typed.withColumn("raw", F.when(F.size("reasons") > 0, F.col("raw")))


def good(records: DataFrame) -> DataFrame:
    """The typed fields of the records that break no rule."""
    return records.where(F.size("reasons") == 0).select(*_FIELDS, "source_file")


def quarantined(records: DataFrame) -> DataFrame:
    """The records that break a rule; grain: one row for each."""
    return records.where(F.size("reasons") > 0).select("source_file", "record", "raw", "reasons")


def counts(records: DataFrame) -> dict[str, Any]:
    """How many records were read, and where they go: read = posts + quarantined + duplicates.

    Posts are those of these records, whether the table knows them already or not. `by_reason`
    counts a record once for each of its reasons.
    """
    is_good = F.size("reasons") == 0
    read, quarantine, distinct = records.agg(
        F.count("*"), F.count_if(~is_good), F.count_distinct(F.when(is_good, F.col("shortcode")))
    ).head()  # type: ignore[misc]
    return {
        "read": read,
        "posts": distinct,
        "quarantined": quarantine,
        "duplicates": read - quarantine - distinct,
        "by_reason": _by_reason(records),
    }


def held(posts: DataFrame, quarantine: DataFrame) -> dict[str, Any]:
    """What the tables hold, of all files that were ever read."""
    return {
        "posts": {"rows": posts.count()},
        "quarantine": {"rows": quarantine.count(), "by_reason": _by_reason(quarantine)},
    }


def _by_reason(records: DataFrame) -> dict[str, int]:
    found = records.select(F.explode("reasons").alias("reason")).groupBy("reason").count()
    return {row["reason"]: row["count"] for row in found.sort("reason").collect()}


def remarks(numbers: Mapping[str, Any]) -> list[str]:
    """What is worth saying of the counts, a line each."""
    lines = [
        f"read {numbers['read']:,} records: {numbers['posts']:,} posts, "
        f"{numbers['quarantined']:,} in quarantine, {numbers['duplicates']:,} duplicates"
    ]
    if numbers.get("forgotten"):
        lines.append(f"{numbers['forgotten']:,} records of forgotten accounts left out")
    if numbers["by_reason"]:
        told = ", ".join(f"{reason} {count:,}" for reason, count in numbers["by_reason"].items())
        lines.append(f"quarantined for {told}")
    return lines


def latest(posts: DataFrame) -> DataFrame:
    """One row for each shortcode: the latest crawl of it.

    The crawl's own time decides where the file gives it; then the higher counts, which only grow
    while a post is up; then every other column. The order is total, so the order of rows and files
    never matters.
    """
    newest_first = Window.partitionBy("shortcode").orderBy(
        F.desc("precedence"), F.desc("source_file")
    )
    return (
        posts.withColumn("precedence", precedence())
        .withColumn("place", F.row_number().over(newest_first))
        .where(F.col("place") == 1)
        .drop("place", "precedence")
    )


def precedence() -> Column:
    """A column that orders crawls of the same post from earliest to latest; nulls come first."""
    return F.struct(*_PRECEDENCE)


def later_than(source: str, target: str) -> str:
    """SQL that tells whether the crawl in `source` is later than the one in `target`."""
    one, other = (", ".join(f"{side}.{name}" for name in _PRECEDENCE) for side in (source, target))
    return f"struct({one}) > struct({other})"


def with_tags(posts: DataFrame) -> DataFrame:
    """Posts with the hashtags and mentions of their captions."""
    return posts.withColumn("tags", caption_tags(F.col("caption"))).select(
        *_FIELDS, "tags.*", "source_file"
    )


def _typed() -> list[Column]:
    """The fields of a post, out of the values of a record."""
    special = {
        **{field: F.nullif(rules.value(field), F.lit(-1)) for field in ("likes", "comments")},
        **{field: _timestamp(rules.value(field)) for field in ("created_at", "crawled_at")},
    }
    return [special.get(name, rules.value(name)).alias(name) for name in _FIELDS]


def _timestamp(seconds: Column) -> Column:
    # Beyond the year 9999 a timestamp overflows, which ANSI mode makes an error.
    return F.when(F.abs(seconds) < 253_402_300_800, F.timestamp_seconds(seconds))
