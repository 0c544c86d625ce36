"""Placeholders: the same bytes for many different images of a host, where real ones should be.

Hosts that turn a crawler away, or have lost an image, may answer with a grey tile or a logo, status
200. One such answer looks like any image; only all answers of a host together tell. But images are
reposted, and then the same bytes under many addresses are what there is. So bytes are taken for a
placeholder only if reposts do not explain them:

1. **Many accounts.** They came for different files of at least `least` accounts, and of at least
   1 % of the accounts whose images the site served: a repost that goes viral may reach a hundred
   accounts, but not so large a share of all that there are.
2. **Few accounts.** They came for different files of at least `least` posts that differ in account
   or caption, and make up a quarter of all images of the site. Whoever posts one image again and
   again does so under the same caption, or among other images.
3. **Dots.** No side is longer than 16 pixels, which no post's image is, and they came for at least
   three different files.

A site is a mirrored domain, else a host. Counts are over the whole ledger, so they do not depend on
how images fell into runs. What was told by mistake is not lost: placeholders are asked for again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.images import keys, statuses
from influencers.images.measure.measures import COLUMNS
from influencers.images.schedule.retry import RetryPolicy
from influencers.images.tables import IMAGES

_SHARE_OF_ACCOUNTS = 0.01
_SHARE_OF_IMAGES = 0.25
_DOT_PIXELS, _DOT_FILES = 16, 3
# Of the digests that tasks are sent: a site has one or two, and nothing that is sent may grow.
_MOST_KNOWN = 1_000

_BYTES = ("site", "sha256")


@dataclass(frozen=True)
class Rule:
    """When bytes are a placeholder.

    Attributes:
        least: accounts, or else posts, that they came for; 0: never.
        mirrors: as `keys.image_key` has them.
    """

    least: int
    mirrors: Sequence[str]


def known(ledger: DataFrame) -> list[str]:
    """SHA-256 of the files that were told to be placeholders, the most frequent ones first.

    Args:
        ledger: the table images.
    """
    rows = (
        ledger.where((F.col("status") == statuses.PLACEHOLDER) & F.col("sha256").isNotNull())
        .groupBy("sha256")
        .agg(F.count("*").alias("images"))
        .sort(F.desc("images"), "sha256")
        .limit(_MOST_KNOWN)
        .collect()
    )
    return [row["sha256"] for row in rows]


def suspects(ledger: DataFrame, rule: Rule) -> DataFrame:
    """Bytes that came for so many files of a site that they may be a placeholder; mostly none.

    Grain: `site`, `sha256`; `files`, how many different ones, and `is_dot`.

    Args:
        ledger: the table images.
        rule: when bytes are a placeholder.
    """
    side = F.max(F.greatest("width", "height"))
    counted = (
        _answers(ledger, rule)
        .groupBy(*_BYTES)
        .agg(
            F.count_distinct("file").alias("files"),
            F.coalesce(side <= _DOT_PIXELS, F.lit(False)).alias("is_dot"),
        )
    )
    enough = (F.col("files") >= rule.least) | (F.col("is_dot") & (F.col("files") >= _DOT_FILES))
    return counted.where(F.lit(rule.least > 0) & enough)


def found(
    ledger: DataFrame, suspects: DataFrame, post_images: DataFrame, posts: DataFrame, rule: Rule
) -> DataFrame:
    """The placeholders among the suspects: grain `site`, `sha256`.

    Args:
        ledger: the table images.
        suspects: what `suspects` makes of it.
        post_images: the table of that name.
        posts: `shortcode`, `owner_id`, `caption`.
        rule: when bytes are a placeholder.
    """
    # An image that many posts show is one witness, not many.
    witness = F.min(F.struct("owner_id", "caption")).alias("post")
    shown = post_images.join(
        posts.select("shortcode", "owner_id", "caption"), on="shortcode", how="inner"
    )
    answers = (
        _answers(ledger, rule)
        .join(shown, on="image_key", how="inner")
        .groupBy("image_key", *_BYTES)
        .agg(witness)
        .select(*_BYTES, "post", F.col("post.owner_id").alias("owner_id"))
    )
    of_site = answers.groupBy("site").agg(
        F.count_distinct("owner_id").alias("site_accounts"), F.count("*").alias("site_images")
    )
    evidence = (
        answers.join(suspects, on=[*_BYTES], how="inner")
        .groupBy(*_BYTES, "files", "is_dot")
        .agg(
            F.count_distinct("owner_id").alias("accounts"),
            F.count_distinct("post").alias("posts"),
            F.count("*").alias("images"),
        )
        .join(of_site, on="site", how="inner")
    )
    return evidence.where(F.col("is_dot") | _is_placeholder(rule.least)).select(*_BYTES)


def _is_placeholder(least: int) -> Column:
    many_accounts = (F.col("accounts") >= least) & (
        F.col("accounts") >= F.col("site_accounts") * _SHARE_OF_ACCOUNTS
    )
    few_accounts = (F.col("posts") >= least) & (
        F.col("images") >= F.col("site_images") * _SHARE_OF_IMAGES
    )
    return (F.col("files") >= least) & (many_accounts | few_accounts)


def rows(
    ledger: DataFrame, placeholders: DataFrame, rule: Rule, policy: RetryPolicy, *, now: float
) -> DataFrame:
    """Ledger rows for the images that were taken for real ones; what was measured of them goes.

    Args:
        ledger: the table images.
        placeholders: what `found` makes.
        rule: when bytes are a placeholder.
        policy: when they are asked for again.
        now: Unix seconds.
    """
    entered = {
        "status": F.lit(statuses.PLACEHOLDER),
        "next_attempt_at": F.timestamp_seconds(F.lit(now) + _seconds_to_wait(policy)),
        "fetched_at": F.timestamp_seconds(F.lit(now)),
        **dict.fromkeys(COLUMNS, F.lit(None)),
    }
    taken = ledger.where(F.col("status") == statuses.OK).withColumn("site", _site(rule))
    return taken.join(placeholders, on=[*_BYTES], how="left_semi").select(
        *(
            entered.get(field.name, F.col(field.name)).cast(field.dataType).alias(field.name)
            for field in IMAGES.schema
        )
    )


def _answers(ledger: DataFrame, rule: Rule) -> DataFrame:
    """Files that hosts gave as images: `image_key`, `site`, `sha256`, `file`, `width`, `height`."""
    given = F.col("status").isin(statuses.OK, statuses.PLACEHOLDER)
    return ledger.where(given & F.col("sha256").isNotNull()).select(
        "image_key",
        _site(rule).alias("site"),
        "sha256",
        keys.file_of(F.col("url")).alias("file"),
        "width",
        "height",
    )


def _site(rule: Rule) -> Column:
    return keys.site(F.col("url"), mirrors=rule.mirrors)


def _seconds_to_wait(policy: RetryPolicy) -> Column:
    """As `retry.next_step` has it after the last attempt of a run."""
    grown = policy.retry_after_seconds * F.pow(F.lit(2.0), F.greatest("attempts", F.lit(1)) - 1)
    longest = F.lit(policy.later_cap_seconds)
    is_spent = F.col("attempts") >= policy.max_attempts_total
    return F.when(is_spent, longest).otherwise(F.least(grown, longest))
