"""Clean, typed posts out of raw records, one for each shortcode."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import TypeAlias

from pyspark.sql import Column, DataFrame, Row, Window
from pyspark.sql import functions as F

from influencers import progress
from influencers.config import IngestConfig
from influencers.errors import UserError
from influencers.ingest import captions, rules
from influencers.ingest.plain_posts import UNREAD
from influencers.ingest.rounded import RESOLUTIONS
from influencers.ingest.tables import POSTS, QUARANTINE
from influencers.measured.records import PostsTable, QuarantineTable, Rows, Tables
from influencers.run.persisted import Keep
from influencers.storage.store import Store, literal

# The earliest and the latest.
Times: TypeAlias = tuple[datetime, datetime]
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_OF_RECORDS = ("record", "raw", "reasons", "notes")
# Made by this module; all other columns of the table are read from the file.
_MADE = (*captions.NAMES, "source_file")
FIELDS = tuple(name for name in POSTS.schema.fieldNames() if name not in _MADE)
# What tells a later crawl from an earlier one, the most telling first; all columns, so that the
# order is total.
_TELLING = ("crawled_at", "likes", "comments", "followers", "following")
_PRECEDENCE = (*_TELLING, *sorted(set(FIELDS) - {*_TELLING, "shortcode"}))


@dataclass(frozen=True)
class Surplus:
    """The good records beyond the first of their post.

    Attributes:
        repeated: of a post and a crawl's time that another record has, too.
        observations: of a further time.
    """

    repeated: int = 0
    observations: int = 0


def checked(read: DataFrame, config: IngestConfig, *, now: int, keep: Keep) -> DataFrame:
    """Records, typed, each with the codes of the rules it breaks and what its caption says.

    Grain: one row for each record, as it comes: the columns of `with_reasons`, and
    `captions.NAMES`.

    Args:
        read: the columns of `plain_posts.SCHEMA`.
        config: the rules.
        now: Unix seconds.
        keep: persists a frame for as long as the result is used.
    """
    both = keep(read)
    others = keep(others_checked(both.where(F.col(UNREAD).isNotNull()), config, now=now))
    return plain_checked(both.where(F.col(UNREAD).isNull())).unionByName(others)


def plain_checked(read: DataFrame) -> DataFrame:
    """As `checked`, of plain posts alone."""
    return _with_resolutions(read).select(
        "source_file",
        "record",
        F.lit(None).cast("string").alias("raw"),
        *(F.array().cast("array<string>").alias(name) for name in ("reasons", "notes")),
        *FIELDS,
        *captions.NAMES,
    )


def others_checked(read: DataFrame, config: IngestConfig, *, now: int) -> DataFrame:
    """As `checked`, of the records that are no plain posts."""
    raw = read.select("source_file", "record", f"{UNREAD}.*", *captions.NAMES)
    return with_reasons(raw, config, now=now)


def with_reasons(records: DataFrame, config: IngestConfig, *, now: int) -> DataFrame:
    """Raw records, typed, each with the codes of the rules it breaks.

    Grain: one row for each record, as it comes: `source_file`, `record`, `raw` (null for a good
    record: nobody will ask), `reasons` (empty for a good one), `notes` on what was read though it
    could be more exact, and the typed fields of a post, which mean something for good records only.
    What is read in captions stays, if it is there.
    """
    told = (
        rules.reasons(config, now=now).alias("reasons"),
        rules.notes(config).alias("notes"),
    )
    of_captions = [name for name in captions.NAMES if name in records.columns]
    typed = rules.with_values(records, config).select(
        "source_file", "record", "raw", *told, *_typed(), *of_captions
    )
    return typed.withColumn("raw", F.when(F.size("reasons") > 0, F.col("raw")))


def good(records: DataFrame) -> DataFrame:
    """The columns of a post, of the records that break no rule."""
    columns = (name for name in records.columns if name not in _OF_RECORDS)
    return records.where(F.size("reasons") == 0).select(*columns)


def quarantined(records: DataFrame) -> DataFrame:
    """The records that break a rule; grain: one row for each."""
    return records.where(F.size("reasons") > 0).select("source_file", "record", "raw", "reasons")


def by_reasons(records: DataFrame) -> list[Row]:
    """How many records each file has with each set of reasons, and of notes.

    Grain: `source_file`, `reasons`, `notes`; with `records`, their number, and of these `lossy`,
    whose caption has two question marks in a row, `with_emoji`, and `dated`, whose crawl's time is
    known, with the `earliest` and the `latest` of these, in Unix microseconds.
    """
    at = F.unix_micros("crawled_at")
    emoji = F.col("emoji_count") if "emoji_count" in records.columns else F.lit(0)
    counted = records.groupBy("source_file", "reasons", "notes").agg(
        F.count("*").alias("records"),
        F.count_if(F.contains("caption", F.lit("??"))).alias("lossy"),
        F.count_if(emoji > 0).alias("with_emoji"),
        F.count("crawled_at").alias("dated"),
        F.min(at).alias("earliest"),
        F.max(at).alias("latest"),
    )
    return counted.collect()


def counts(found: Sequence[Row], surplus: Surplus) -> Rows:
    """How many records were read, and where they go: read = posts + quarantined + duplicates.

    Posts are those of these records, whether the table knows them already or not. `by_reason`
    counts a record once for each of its reasons.

    Args:
        found: as `by_reasons` gives it.
        surplus: of the good records.
    """
    by_reason: Counter[str] = Counter()
    for row in found:
        by_reason.update(dict.fromkeys(row["reasons"], row["records"]))
    read = sum(row["records"] for row in found)
    quarantined = sum(row["records"] for row in found if row["reasons"])
    duplicates = surplus.repeated + surplus.observations
    return Rows(
        read=read,
        posts=read - quarantined - duplicates,
        quarantined=quarantined,
        duplicates=duplicates,
        repeated=surplus.repeated,
        observations=surplus.observations,
        undated=sum(row["records"] - row["dated"] for row in found if not row["reasons"]),
        by_reason=dict(sorted(by_reason.items())),
    )


def number_of_good(found: Sequence[Row]) -> int:
    """How many records break no rule; of rows as of `by_reasons`."""
    return sum(row["records"] for row in found if not row["reasons"])


def are_dated(found: Sequence[Row]) -> bool:
    """Whether the time of its crawl is known of any good record; of rows as of `by_reasons`."""
    return any(row["dated"] for row in found if not row["reasons"])


def times(found: Sequence[Row], *others: Times | None) -> Times | None:
    """The earliest and the latest time of a crawl; None if none is known.

    Args:
        found: as `by_reasons` gives it; good records count.
        others: further such times.
    """
    known = [other for other in others if other is not None]
    for row in found:
        if row["dated"] and not row["reasons"]:
            known.append((moment_of(row["earliest"]), moment_of(row["latest"])))
    if not known:
        return None
    return min(least for least, _ in known), max(most for _, most in known)


def moment_of(micros: int) -> datetime:
    """The time of Unix microseconds."""
    return _EPOCH + timedelta(microseconds=micros)


def micros_of(moment: datetime) -> int:
    """A time in Unix microseconds."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def with_forgotten(numbers: Rows, left_out: int) -> Rows:
    """What `counts` counted, with the records of forgotten accounts that were left out before."""
    if not left_out:
        return numbers
    return replace(numbers, read=(numbers.read or 0) + left_out, forgotten=left_out)


def as_of_now(store: Store) -> DataFrame | None:
    """The table posts as it is before a run writes it, with all columns; None before it is written.

    In a table of an earlier version captions are read first.
    """
    held = store.snapshot(POSTS)
    if held is None or not lacks_columns(held):
        return held
    progress.say("table posts is of an earlier version: its captions are read again")
    store.write(with_captions_read(held), POSTS)
    return store.snapshot(POSTS)


def held(store: Store) -> Tables:
    """What the tables hold, of all files that were ever read."""
    quarantine = store.read(QUARANTINE)
    return Tables(
        posts=PostsTable(store.read(POSTS).count()),
        quarantine=QuarantineTable(quarantine.count(), _by_reason(quarantine)),
    )


def held_of(numbers: Rows) -> Tables:
    """As `held`, of tables that hold what `counts` counted and nothing else: nothing is read."""
    return Tables(
        posts=PostsTable(numbers.posts),
        quarantine=QuarantineTable(numbers.quarantined, numbers.by_reason),
    )


def _by_reason(records: DataFrame) -> dict[str, int]:
    found = records.select(F.explode("reasons").alias("reason")).groupBy("reason").count()
    return {row["reason"]: row["count"] for row in found.sort("reason").collect()}


def remarks(numbers: Rows) -> list[str]:
    """What is worth saying of the counts, a line each."""
    lines = [
        f"read {numbers.read:,} records: {numbers.posts:,} posts, "
        f"{numbers.quarantined:,} in quarantine, {_duplicates(numbers)}"
    ]
    if numbers.forgotten:
        lines.append(f"{numbers.forgotten:,} records of forgotten accounts left out")
    if numbers.by_reason:
        told = ", ".join(f"{reason} {count:,}" for reason, count in numbers.by_reason.items())
        lines.append(f"quarantined for {told}")
    return lines


def _duplicates(numbers: Rows) -> str:
    if not numbers.observations:
        return f"{numbers.duplicates:,} duplicates"
    return f"{numbers.observations:,} further observations, {numbers.repeated:,} duplicates"


def note_remarks(found: Sequence[Row]) -> list[str]:
    """A line on what was read of posts though it could be more exact, or is of another file.

    Args:
        found: as `by_reasons` gives it.
    """
    noted: Counter[str] = Counter()
    for row in found:
        if not row["reasons"]:
            noted.update(dict.fromkeys(row["notes"], row["records"]))
    told = ", ".join(f"{note} {count:,}" for note, count in sorted(noted.items()))
    return [f"of the records that are used: {told}"] if told else []


def require_some(numbers: Rows, empty: Sequence[str], *, output: str) -> None:
    """Refuse an input without a post.

    Args:
        numbers: what `counts` counted.
        empty: lines on files without records (see `sources.without_records`).
        output: the folder of the run.

    Raises:
        UserError: no record was read, or none is a usable post.
    """
    if numbers.read == 0:
        raise UserError(f"{empty[0]}: is it the right file?")
    if numbers.posts == 0:
        raise UserError(
            f"no usable post among {numbers.read} records: see the reasons in the table "
            f"quarantine below {output}"
        )


def latest(posts: DataFrame, *, replacing: Sequence[str] = ()) -> DataFrame:
    """One row for each shortcode: the latest crawl of it.

    The crawl's own time decides where the file gives it; then the higher counts, which only grow
    while a post is up; then every other column, and of equal crawls the first file by name. The
    order is total, so the order of rows and files never matters.

    Args:
        posts: the fields of posts, and `source_file`.
        replacing: files whose crawls go before all others.
    """
    newest_first = Window.partitionBy("shortcode").orderBy(
        F.desc("precedence"), F.asc("source_file")
    )
    replaces = F.col("source_file").isin(*replacing)
    return (
        posts.withColumn("precedence", F.struct(replaces, precedence()))
        .withColumn("place", F.row_number().over(newest_first))
        .where(F.col("place") == 1)
        .drop("place", "precedence")
    )


def precedence() -> Column:
    """A column that orders crawls of the same post from earliest to latest; nulls come first."""
    return F.struct(*_PRECEDENCE)


def wins(source: str, target: str, *, read: Sequence[str], replacing: Sequence[str] = ()) -> str:
    """SQL that tells whether the crawl in `source` takes the place of the one in `target`.

    It does if it is later; if it is the same in a file that comes earlier by name; if its file
    replaces what others say; and if that in `target` is of a file that was read again, and does not
    say so any more.

    Args:
        source: the alias of the crawls that were read.
        target: the alias of those in the table.
        read: the files that were read.
        replacing: those of them that replace what others say.
    """
    one, other = (
        f"struct({', '.join(f'{side}.{name}' for name in _PRECEDENCE)})"
        for side in (source, target)
    )
    earlier_name = f"{source}.source_file < {target}.source_file"
    given_up = f"{target}.source_file IN ({_literals(read)})"
    if replacing:
        given_up += f" OR {source}.source_file IN ({_literals(replacing)})"
    return (
        f"{one} > {other} OR ({one} <=> {other} AND {earlier_name}) "
        f"OR (({given_up}) AND NOT ({one} <=> {other}))"
    )


def quarantine(store: Store, records: DataFrame, *, read: Sequence[str], about: int) -> None:
    """Put records into the table quarantine; what is mended in a file that is read again leaves it.

    Args:
        store: of the output.
        records: the columns of the table.
        read: the files that were read.
        about: how many records there are.
    """
    few = about <= store.config.storage.driver_rows
    held = store.read_if_exists(QUARANTINE)
    if held is None or held.where(F.col("source_file").isin(*read)).isEmpty():
        # Files that are read for the first time, or had nothing there: nothing to merge with.
        if about or held is None:
            store.append(records, QUARANTINE, few=few)
        return
    store.merge(
        records, QUARANTINE, keys=QUARANTINE.key,
        update_when="source.raw != target.raw OR source.reasons != target.reasons",
        replaces=("source_file", read),
    )  # fmt: skip


def _literals(texts: Sequence[str]) -> str:
    return ", ".join(literal(text) for text in texts)


def with_captions_read(posts: DataFrame) -> DataFrame:
    """The columns of the table: the fields of posts with what is read in their captions."""
    fields = _with_resolutions(posts).select(*FIELDS, "source_file")
    return captions.with_columns(fields).select(*POSTS.schema.fieldNames())


def _with_resolutions(posts: DataFrame) -> DataFrame:
    """Posts of which all counts have all of their digits, where nothing else is said."""
    unknown = F.lit(None).cast("bigint")
    return posts.withColumns({name: unknown for name in RESOLUTIONS if name not in posts.columns})


def lacks_columns(held: DataFrame) -> bool:
    """Whether a table posts is of an earlier version, that had not all columns yet."""
    return not set(POSTS.schema.fieldNames()) <= set(held.columns)


def _typed() -> list[Column]:
    """The fields of a post, out of the values of a record."""
    special = {
        **{field: F.nullif(rules.value(field), F.lit(-1)) for field in ("likes", "comments")},
        **{field: timestamp(rules.value(field)) for field in ("created_at", "crawled_at")},
    }
    special |= {name: F.col(name) for name in RESOLUTIONS}
    return [
        (special[name] if name in special else rules.value(name)).alias(name) for name in FIELDS
    ]


def timestamp(seconds: Column) -> Column:
    """A moment of Unix seconds; null beyond the year 9999."""
    # Beyond the year 9999 a timestamp overflows, which ANSI mode makes an error.
    # The smallest bigint has no absolute value.
    sure = seconds.between(-253_402_300_800, 253_402_300_799)
    return F.when(sure, F.timestamp_seconds(seconds))
