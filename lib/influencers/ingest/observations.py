"""What each crawl saw of posts and accounts: kept for ever, by the time of the crawl.

The table posts has the latest crawl of a post. An observation is never replaced by one of another
time. A record without a time makes none: a time is not invented.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from influencers.ingest import posts
from influencers.ingest.accounts import Profiles
from influencers.ingest.disputes import Settled
from influencers.ingest.rounded import RESOLUTIONS
from influencers.ingest.tables import ACCOUNT_OBSERVATIONS, POST_OBSERVATIONS
from influencers.storage.store import Store, literal
from influencers.storage.table import Table

_POSTS_COUNTS = ("likes", "comments")
_ACCOUNTS_COUNTS = ("followers", "following")
_STEPS = tuple(name for name in RESOLUTIONS if name in ACCOUNT_OBSERVATIONS.schema.names)
_NAMES = ("owner_username", "username")
_OF_BOTH = ("owner_id", "crawled_at", "source_file")
OF_POSTS = ("shortcode", *_OF_BOTH, *_POSTS_COUNTS)
OF_ACCOUNTS = (*_OF_BOTH, *_ACCOUNTS_COUNTS, *_STEPS, *_NAMES)
# Behind every count that is known.
_LAST = (1 << 63) - 1


def keep(
    store: Store,
    settled: Settled,
    profiles: Profiles,
    *,
    found: Sequence[Row],
    written: DataFrame | None,
    read: Sequence[str],
    replacing: Sequence[str] = (),
) -> None:
    """Put what a run has read into the tables of observations.

    What a file says when it is read again takes the place of what it has said of the same time.

    Args:
        store: of the output.
        settled: the records.
        profiles: of accounts, which are observations of their own.
        found: how many records are dated, and their times, as `posts.by_reasons` has them.
        written: the posts of which `settled` has no record any more: they are written; None: it
            has all.
        read: the files that were read.
        replacing: those of them that replace what others say.
    """
    if not (posts.are_dated(found) or profiles.times):
        for table in (POST_OBSERVATIONS, ACCOUNT_OBSERVATIONS):
            if not store.exists(table):
                store.write_rows(table.arrow_schema.empty_table(), table)
        return
    records = posts.good(profiles.without_theirs(settled.records))
    seen = records.select(*OF_ACCOUNTS)
    if written is None:
        of_posts = best(records.select(*OF_POSTS), POST_OBSERVATIONS, replacing=replacing)
    else:
        # Where there is one record of a post, it is not moved.
        several, single = settled.repeats.of(records), settled.repeats.others(written)
        of_posts = _observed(single.select(*OF_POSTS), POST_OBSERVATIONS).unionByName(
            best(several.select(*OF_POSTS), POST_OBSERVATIONS, replacing=replacing)
        )
        seen = seen.unionByName(written.select(*OF_ACCOUNTS))
    if profiles.records is not None:
        seen = seen.unionByName(profiles.seen().select(*OF_ACCOUNTS))
    of_accounts = best(seen, ACCOUNT_OBSERVATIONS, replacing=replacing)
    times = None if written is not None else posts.times(found, profiles.times)
    few = sum(row["dated"] for row in found) + profiles.number <= store.config.storage.driver_rows
    for observed, table in ((of_posts, POST_OBSERVATIONS), (of_accounts, ACCOUNT_OBSERVATIONS)):
        # A crawl is of a time of its own: as a rule there is nothing to hold it against.
        if not store.exists(table) or (
            times is not None and not store.may_hold(table, "observed_at", *times)
        ):
            store.append(observed, table, few=few)
            continue
        store.merge(
            observed,
            table,
            keys=table.key,
            update_when=_wins(table, read=read, replacing=replacing),
            within="" if times is None else _within(*times),
        )


def _within(least: datetime, most: datetime) -> str:
    """SQL that holds for observations between two times; files without them are not read."""
    ends = [f"timestamp_micros({posts.micros_of(moment)})" for moment in (least, most)]
    return (
        f"target.month BETWEEN '{least:%Y-%m}' AND '{most:%Y-%m}' "
        f"AND target.observed_at BETWEEN {ends[0]} AND {ends[1]}"
    )


def best(records: DataFrame, table: Table, *, replacing: Sequence[str] = ()) -> DataFrame:
    """What records say at each time; the columns and the grain of the table.

    Of several records of a key that of a file in `replacing` counts, then that of the higher
    counts, then that of the first file by name.

    Args:
        records: `OF_POSTS` or `OF_ACCOUNTS`; those without `crawled_at` are left out.
        table: POST_OBSERVATIONS or ACCOUNT_OBSERVATIONS.
        replacing: files whose records go before all others.
    """
    named = _observed(records, table)
    others = [name for name in table.schema.names if name not in table.key]
    # An aggregate, as the posts of an account say the same of it: tasks see that before any row
    # is moved.
    ordered = F.struct(
        ~F.col("source_file").isin(*replacing),
        *map(F.expr, _order(table)),
        F.struct(*others).alias("best"),
    )
    found = named.groupBy(*table.key).agg(F.min(ordered)["best"].alias("best"))
    return found.select(*table.key, "best.*").select(*table.schema.names)


def _observed(records: DataFrame, table: Table) -> DataFrame:
    """Records as the table has them; those without a time are left out."""
    dated = records.where("crawled_at IS NOT NULL AND owner_id IS NOT NULL")
    at = F.col("crawled_at").alias("observed_at")
    month = F.date_format("crawled_at", "yyyy-MM").alias("month")
    return dated.select("*", at, month).select(*table.schema.names)


def _order(table: Table, side: str = "") -> list[str]:
    """SQL by which the best of several observations of a key comes first: its values, its file."""

    def counts(names: Iterable[str]) -> list[str]:
        return [f"coalesce(-{side}{name}, {_LAST}L)" for name in names]

    if table is POST_OBSERVATIONS:
        return [*counts(_POSTS_COUNTS), f"{side}source_file"]
    steps = [f"coalesce({side}{name}, 0L)" for name in _STEPS]
    names = [part for name in _NAMES for part in (f"{side}{name} IS NULL", f"{side}{name}")]
    return [*counts(_ACCOUNTS_COUNTS), *steps, *names, f"{side}source_file"]


def _wins(table: Table, *, read: Sequence[str], replacing: Sequence[str]) -> str:
    """SQL that tells whether an observation takes the place of the one with its key."""
    one, other = (_order(table, f"{side}.") for side in ("source", "target"))
    values, held = (f"struct({', '.join(order[:-1])})" for order in (one, other))
    given_up = f"target.source_file IN ({', '.join(map(literal, read))})"
    if replacing:
        given_up += f" OR source.source_file IN ({', '.join(map(literal, replacing))})"
    return (
        f"struct({', '.join(one)}) < struct({', '.join(other)}) "
        f"OR (({given_up}) AND NOT ({values} <=> {held}))"
    )
