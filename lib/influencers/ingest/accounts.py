"""Followers of accounts from files of their own: scrapers write profiles and posts apart.

A profile names its account by `owner_id` or by its handle, and says how many followed it, and when.
Posts take from it what their own files do not have.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.config import Config, IngestConfig
from influencers.errors import UserError
from influencers.ingest import rules, sources
from influencers.ingest.exports import PROFILES
from influencers.ingest.posts import Times, moment_of, quarantined, timestamp
from influencers.ingest.source import Source, files_of
from influencers.ingest.values import is_given
from influencers.run.persisted import Keep
from influencers.storage.forgotten import Forgotten
from influencers.storage.input_files import FileStatus

# The note of a post whose followers are those of a profile.
FROM_PROFILE = "from_accounts:followers"
_FIELDS = ("owner_id", "followers", "following", "crawled_at")
_TAKEN = ("followers", "following", "followers_resolution", "following_resolution")
# To each executor go so many profiles: 50 MB.
_MOST_EVERYWHERE = 500_000
# Further from any time than any other.
_NO_TIME = 1 << 62


@dataclass(frozen=True)
class Profiles:
    """The profiles in files; without files, none.

    Attributes:
        records: a row for each: `owner_id`, `handle` in lower case, `followers`, `following`, the
            steps they are rounded to, `at` in Unix seconds, and `source_file`, `record`, `raw`,
            `reasons` as the table quarantine has them. None without files.
        number: how many there are.
        refused: how many of them cannot be used.
        sources: the files they are in.
        times: the earliest and the latest at which they were read; None if none is known.
    """

    records: DataFrame | None = None
    number: int = 0
    refused: int = 0
    sources: tuple[Source, ...] = ()
    times: Times | None = None

    @property
    def files(self) -> list[FileStatus]:
        """Their files."""
        return files_of(self.sources)

    @property
    def uris(self) -> list[str]:
        """The addresses of their files."""
        return [file.uri for file in self.files]

    def given_to(self, posts: DataFrame) -> DataFrame:
        """Posts, with followers and following where their own records have none.

        Of several profiles of an account that one is taken which was read nearest to the crawl of
        the post, the later of two as near; without the time of a crawl, the latest.

        Args:
            posts: a frame from `posts.checked`. Their `notes` say what was taken.
        """
        if self.records is None:
            return posts
        joined = posts.withColumn("handle", _handle(F.col("owner_username")))
        for key in ("owner_id", "handle"):
            seen = _seen(self.records, key)
            few = self.number <= _MOST_EVERYWHERE
            joined = joined.join(F.broadcast(seen) if few else seen, key, "left")
        either = F.coalesce("by_owner_id", "by_handle")
        with_profile = joined.withColumn("profile", _nearest(either, F.unix_seconds("crawled_at")))
        taken = F.col("followers").isNull() & F.col("profile.followers").isNotNull()
        noted = F.array_append("notes", F.lit(FROM_PROFILE))
        changed = {
            **{name: _own_or_profile(name) for name in _TAKEN},
            "notes": F.when(taken, noted).otherwise(F.col("notes")),
        }
        columns = (changed.get(name, F.col(name)).alias(name) for name in posts.columns)
        return with_profile.select(*columns)

    def without_theirs(self, posts: DataFrame) -> DataFrame:
        """Posts as `given_to` has them, without what is of profiles: those are of other times."""
        if self.records is None:
            return posts
        taken = F.array_contains("notes", FROM_PROFILE)
        unknown = {name: F.when(~taken, F.col(name)) for name in _TAKEN}
        return posts.withColumns(unknown)

    def seen(self) -> DataFrame:
        """What usable profiles with an id say of accounts, and when: as a post says it.

        Columns `owner_id`, `crawled_at`, `owner_username`, `username`, followers, following, the
        steps these are rounded to, and `source_file`; no rows without files.
        """
        assert self.records is not None
        usable = self.records.where((F.size("reasons") == 0) & F.col("owner_id").isNotNull())
        return usable.select(
            "owner_id",
            timestamp(F.col("at")).alias("crawled_at"),
            F.col("handle").alias("owner_username"),
            F.lit(None).cast("string").alias("username"),
            *_TAKEN,
            "source_file",
        )

    def with_quarantined(self, records: DataFrame) -> DataFrame:
        """Quarantined records, and those profiles that cannot be used."""
        return records if self.records is None else records.union(quarantined(self.records))

    def remarks(self) -> list[str]:
        """A line on how many there are."""
        if self.records is None:
            return []
        return [f"read {self.number:,} profiles of accounts: {self.refused:,} in quarantine"]


def read(
    spark: SparkSession, config: Config, forgotten: Forgotten, *, now: int, keep: Keep
) -> Profiles:
    """The profiles in the files that `ingest.accounts` names.

    Args:
        spark: the session.
        config: the files, how they are read, and the output, which is no input.
        forgotten: accounts whose profiles are left out.
        now: Unix seconds; a profile of later is quarantined.
        keep: persists a frame for as long as the result is used.

    Raises:
        UserError: a file is not there, or has no columns for an account and its followers.
    """
    if not config.ingest.accounts:
        return Profiles()
    reading = replace(config.ingest, export=PROFILES.name, columns=(), accounts=())
    found = sources.find(spark, config.ingest.accounts, reading, output=config.paths.output)
    for source in found:
        _require_account(source)
    records = rules.with_values(sources.read_records(spark, found, reading), reading)
    reasons = rules.codes(_rules(reading, now=now))
    typed = records.select(
        "source_file",
        "record",
        F.when(F.size(reasons) > 0, F.col("raw")).alias("raw"),
        reasons.alias("reasons"),
        rules.value("owner_id").alias("owner_id"),
        _handle(F.col("owner_username")).alias("handle"),
        *(rules.value(name).alias(name) for name in ("followers", "following")),
        "followers_resolution",
        "following_resolution",
        rules.value("crawled_at").alias("at"),
    )
    kept, _ = forgotten.split(keep(typed))
    usable, at = F.size("reasons") == 0, timestamp(F.col("at"))
    micros = F.when(usable, F.unix_micros(at))
    number, refused, *ends = kept.agg(
        F.count("*"), F.count_if(~usable), F.min(micros), F.max(micros)
    ).head()  # type: ignore[misc]
    times = None if None in ends else (moment_of(ends[0]), moment_of(ends[1]))
    return Profiles(kept, number, refused, found, times)


def _require_account(source: Source) -> None:
    if not {"owner_id", "owner_username"} & set(source.header.places):
        raise UserError(
            f"{source.file.uri}: no column owner_id or username: whose followers are these?"
        )


def _rules(config: IngestConfig, *, now: int) -> list[rules.Rule]:
    nobody = ~is_given(F.col("owner_id")) & _handle(F.col("owner_username")).isNull()
    of_profiles = [
        rule
        for rule in rules.rules(config, now=now)
        if rule.field in _FIELDS and not rule.code.startswith("missing:")
    ]
    return [rules.Rule("missing:account", nobody), *of_profiles]


def _seen(profiles: DataFrame, key: str) -> DataFrame:
    """The profiles of each account: `key`, and `by_KEY`, a list of them."""
    usable = (F.size("reasons") == 0) & F.col("followers").isNotNull() & F.col(key).isNotNull()
    profile = F.struct(*_TAKEN, "at")
    return profiles.where(usable).groupBy(key).agg(F.array_agg(profile).alias(f"by_{key}"))


def _nearest(seen: Column, crawl: Column) -> Column:
    """Of profiles the one that was read nearest to a time; null where there is none."""

    def ranked(profile: Column) -> Column:
        apart = F.coalesce(F.abs(profile["at"] - crawl), F.lit(_NO_TIME))
        return F.struct(apart, -F.coalesce(profile["at"], F.lit(0)), profile.alias("profile"))

    return F.array_min(F.transform(seen, ranked))["profile"]


def _own_or_profile(name: str) -> Column:
    """A count, or the step it is rounded to: the post's own, or else that of the profile."""
    own = F.col(name.removesuffix("_resolution")).isNotNull()
    return F.when(own, F.col(name)).otherwise(F.col(f"profile.{name}"))


def _handle(name: Column) -> Column:
    """A handle as it is compared: in lower case, without `@`; null for an empty one."""
    return F.nullif(F.lower(F.regexp_replace(F.trim(name), "^@", "")), F.lit(""))
