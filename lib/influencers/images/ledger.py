"""The table `images` as a ledger: what is due, and what came of it.

A row for each image that was ever wanted, with the outcome of the last attempt. Whoever wants to
know what to fetch asks the ledger, so that a run that was killed goes on where it was.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.images import statuses
from influencers.images.tables import IMAGES
from influencers.measured.images import Images

# What became of one address says nothing about a newer one of the same image: neither a refusal
# nor a host that was down for as long as it was asked.
_ABOUT_THE_ADDRESS = (
    *sorted(statuses.RETRYABLE), statuses.EXPIRED, statuses.FORBIDDEN, statuses.NOT_FOUND,
    statuses.HTTP_ERROR, statuses.TLS_ERROR, statuses.BLOCKED_ADDRESS, statuses.BAD_URL,
    statuses.TOO_MANY_REDIRECTS, statuses.NOT_AN_IMAGE,
)  # fmt: skip


def due(wanted: DataFrame, ledger: DataFrame, *, now: float) -> DataFrame:
    """The images to see to: new ones, those whose next attempt is due, those with a new address.

    A new address is asked at once where nothing more was to come of the old one, else when that
    would have been asked again, as a host may have wished to be left alone. Attempts at it are
    counted anew.

    Grain: one row for each `image_key` that is due: `url`, `host`, `attempts` so far at the address
    and `expired`, whether it has run out: such an image is entered in the ledger, not asked for.

    Args:
        wanted: what `keys.distinct_images` makes.
        ledger: the table images.
        now: Unix seconds.
    """
    moment = F.lit(now)
    expired = F.coalesce(F.col("expires_at") <= moment, F.lit(False))
    entry = ledger.select(
        "image_key",
        F.col("url").alias("asked_url"),
        "status",
        F.col("attempts").alias("asked"),
        "next_attempt_at",
    )
    known = wanted.join(entry, on="image_key", how="left")
    about_the_address = F.col("status").isin(*_ABOUT_THE_ADDRESS)
    moved = F.coalesce(about_the_address & (F.col("asked_url") != F.col("url")), F.lit(False))
    renewed = moved & F.col("next_attempt_at").isNull() & ~expired
    waited = F.coalesce(F.unix_micros("next_attempt_at") <= moment * 1e6, F.lit(False))
    is_due = F.col("status").isNull() | waited | renewed
    attempts = F.when(moved, 0).otherwise(F.coalesce("asked", F.lit(0)))
    return known.where(is_due).select(
        "image_key", "url", "host", attempts.cast("int").alias("attempts"), expired.alias("expired")
    )


def hopeless() -> Column:
    """Whether a row of `due` is entered in the ledger without a request: no host could answer."""
    return F.col("expired") | F.col("host").isNull()


def count_due(due: DataFrame) -> tuple[int, int]:
    """How many images are due, and how many of them are asked for."""
    count, asked = due.agg(F.count("*"), F.count_if(~hopeless())).head()  # type: ignore[misc]
    return count, asked


def without_asking(rows: DataFrame, status: str | Column, *, now: float) -> DataFrame:
    """Ledger rows for images that are settled without a request.

    Args:
        rows: of `due`.
        status: what to enter.
        now: Unix seconds.
    """
    known = {
        "image_key": F.col("image_key"),
        "url": F.col("url"),
        "host": F.col("host"),
        "status": F.lit(status),
        "attempts": F.col("attempts"),
        "fetched_at": F.timestamp_seconds(F.lit(now)),
    }
    return rows.select(
        *(
            known.get(field.name, F.lit(None)).cast(field.dataType).alias(field.name)
            for field in IMAGES.schema
        )
    )


def newer(source: str, target: str) -> str:
    """SQL that tells whether the entry in `source` is of a later attempt than that in `target`."""
    return f"{source}.fetched_at > {target}.fetched_at"


def coverage(wanted: DataFrame, ledger: DataFrame) -> Images:
    """How many of the wanted images have been fetched, and what became of the others.

    Returns:
        All but `due` and `asked`.
    """
    counted = (
        wanted.select("image_key")
        .join(ledger, on="image_key", how="left")
        .groupBy(F.coalesce("status", F.lit("not_asked")).alias("status"))
        .agg(F.count(F.lit(1)).alias("images"), F.count("next_attempt_at").alias("waiting"))
        .sort("status")
        .collect()
    )
    by_status = {row["status"]: row["images"] for row in counted}
    return Images(
        wanted=sum(by_status.values()),
        ok=by_status.get(statuses.OK, 0),
        waiting=sum(row["waiting"] for row in counted),
        by_status=by_status,
    )


def remarks(numbers: Images) -> list[str]:
    """What is worth saying of the counts of `coverage`, a line each."""
    others = [
        f"{status} {count:,}"
        for status, count in sorted(numbers.by_status.items(), key=lambda item: -item[1])
        if status != statuses.OK
    ]
    line = f"images: {numbers.ok:,} of {numbers.wanted:,} fetched"
    lines = [f"{line}; {', '.join(others)}" if others else line]
    blocked = sum(numbers.by_status.get(status, 0) for status in statuses.SOFT_BLOCKS)
    if blocked:
        lines.append(
            f"for {blocked:,} of them a host sent a page, a message, nothing or a placeholder: it "
            "may be turning you away, see images.requests_per_second"
        )
    if numbers.waiting:
        lines.append(f"{numbers.waiting:,} of them are to be asked for again by a later run")
    return lines
