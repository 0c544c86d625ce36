"""Posts of which there are several words: the few that have to be put in order.

A word is what one record says of a post, or what the table posts holds of it from files that are
not read now: what it holds from a file that is read again gives way to what the file says now.
Words of different crawls are observations, not a dispute: they are of several words where those of
one time differ. Most posts have one word, and pass through ingest without being moved.

Of the table, ids and times of the posts that are read now are looked at, and no more: what a new
crawl costs does not grow with what earlier ones have left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.ingest.posts import FIELDS, Surplus, latest
from influencers.run.persisted import Keep

# Of so many posts the keys go to every executor: 30 MB.
MOST_EVERYWHERE = 500_000
_OBSERVED = ("shortcode", "crawled_at")
# Stands for the time of a crawl that is not known.
_NO_TIME = -(1 << 63)


@dataclass(frozen=True)
class Known:
    """What the table posts knows of posts that are read.

    Attributes:
        words: those of files that are not read: `shortcode`, `owner_id`, `crawled_at`, and whether
            a record is of the same time, `at_same_time`; of unknown times, all are one.
        of_times: how many are.
    """

    words: DataFrame
    of_times: int


@dataclass(frozen=True)
class Words:
    """What is said of posts.

    Attributes:
        records: a row for each good record: the fields of a post, `source_file` and `held`, which
            is false.
        held: the table posts; None before it is written.
        read: the files that are read now.
        about: how many good records there are.
        keep: persists a frame for as long as the result is used.
    """

    records: DataFrame
    held: DataFrame | None
    read: Sequence[str]
    about: int
    keep: Keep

    @cached_property
    def known(self) -> Known | None:
        """What the table knows of the posts that are read; None if it knows none of them."""
        if self.held is None:
            return None
        times = self.records.groupBy("shortcode").agg(
            F.collect_set(F.coalesce(F.unix_micros("crawled_at"), F.lit(_NO_TIME))).alias("times")
        )
        few = self.about <= MOST_EVERYWHERE
        again = F.col("source_file").isin(*self.read)
        at = F.coalesce(F.unix_micros("crawled_at"), F.lit(_NO_TIME))
        ids = self.held.select("shortcode", "owner_id", "crawled_at", again.alias("again"))
        found = ids.join(F.broadcast(times) if few else times, "shortcode").withColumn(
            "at_same_time", F.array_contains("times", at)
        )
        words = self.keep(found.drop("times"))
        number, of_times = words.agg(
            F.count("*"), F.count_if(F.expr("at_same_time AND NOT again"))
        ).head()  # type: ignore[misc]
        return Known(words.where("NOT again"), of_times) if number else None

    def all_of(self, posts: DataFrame) -> DataFrame:
        """All words on some posts, with all fields; goes through all of the table.

        Args:
            posts: their `shortcode`, each once.
        """
        return self._all.join(posts.select("shortcode"), "shortcode", "left_semi")

    def identified(self) -> DataFrame:
        """All words: `shortcode`, `owner_id`, `crawled_at`, `held`, `content`.

        `content` is a hash of all fields; null for words of the table whose time no record has.
        """
        content = F.xxhash64(*FIELDS).alias("content")
        ids = ("shortcode", "owner_id", "crawled_at", "held")
        records = self.records.select(*ids, content)
        if self.known is None:
            return records
        no_content = F.lit(None).cast("bigint").alias("content")
        others = self.known.words.withColumn("held", F.lit(True))
        apart = others.where("NOT at_same_time").select(*ids, no_content)
        if not self.known.of_times:
            return records.unionByName(apart)
        same = self.all_of(others.where("at_same_time")).where("held").select(*ids, content)
        return records.unionByName(apart).unionByName(same)

    @property
    def _all(self) -> DataFrame:
        if self.held is None:
            return self.records
        others = self.held.where(~F.col("source_file").isin(*self.read))
        return self.records.unionByName(
            others.select(*FIELDS, "source_file", F.lit(True).alias("held"))
        )


@dataclass(frozen=True)
class Repeats:
    """The posts of which there are several words.

    Attributes:
        posts: a row for each: `shortcode`; whether they are of `several_owners`; whether they are
            `contested`: words of one time differ, or owners; how many words are in `records`.
        number: of how many there are several records.
        surplus: their records beyond the first of each post.
        contested: how many are contested.
        several_owners: how many are of several owners.
    """

    posts: DataFrame
    number: int
    surplus: Surplus
    contested: int
    several_owners: int

    def of(self, posts: DataFrame) -> DataFrame:
        """Those rows, by `shortcode`, of which there are several records."""
        return posts.join(self._keys(), "shortcode", "left_semi")

    def others(self, posts: DataFrame) -> DataFrame:
        """Those rows, by `shortcode`, of which there is at most one record."""
        return posts.join(self._keys(), "shortcode", "left_anti") if self.number else posts

    def latest(self, posts: DataFrame, *, replacing: Sequence[str]) -> DataFrame:
        """As `posts.latest`; rows of which there is one record are not moved."""
        if self.number == 0:
            return posts
        if self.number > MOST_EVERYWHERE:
            return latest(posts, replacing=replacing)
        return self.others(posts).unionByName(latest(self.of(posts), replacing=replacing))

    def surplus_of(self, posts: DataFrame) -> Surplus:
        """The rows beyond the first of their post, by `shortcode` and `crawled_at`."""
        of_times = self.of(posts).groupBy(*_OBSERVED).agg(F.count("*").alias("rows"))
        rows, observed, distinct = of_times.agg(
            F.coalesce(F.sum("rows"), F.lit(0)), F.count("*"), F.count_distinct("shortcode")
        ).head()  # type: ignore[misc]
        return Surplus(rows - observed, observed - distinct)

    def _keys(self) -> DataFrame:
        keys = self.posts.where("records > 1").select("shortcode")
        return F.broadcast(keys) if self.number <= MOST_EVERYWHERE else keys


def repeats(words: Words) -> Repeats:
    """Find the posts of which there are several words."""
    # Together by post first: of one time and of all times, all are in one place.
    of_times = (
        words.identified()
        .repartition("shortcode")
        .groupBy(*_OBSERVED)
        .agg(
            F.count("*").alias("words"),
            F.min("owner_id").alias("least_owner"),
            F.max("owner_id").alias("most_owner"),
            (F.min("content") != F.max("content")).alias("differs"),
            F.count_if(~F.col("held")).alias("records"),
        )
    )
    found = words.keep(
        of_times.groupBy("shortcode")
        .agg(
            F.sum("words").alias("words"),
            (F.min("least_owner") != F.max("most_owner")).alias("several_owners"),
            F.max(F.coalesce("differs", F.lit(False))).alias("differs"),
            F.sum("records").alias("records"),
            F.count_if(F.col("records") > 0).alias("times"),
        )
        .where("words > 1")
        .withColumn("contested", F.expr("differs OR coalesce(several_owners, false)"))
        .drop("words", "differs")
    )
    numbers = found.agg(
        F.count_if(F.col("records") > 1),
        F.coalesce(F.sum(F.col("records") - F.col("times")), F.lit(0)),
        F.coalesce(F.sum(F.col("times") - 1), F.lit(0)),
        F.count_if("contested"),
        F.count_if(F.coalesce("several_owners", F.lit(False))),
    ).first()
    assert numbers is not None
    several, repeated, observations, contested, owners = map(int, numbers)
    return Repeats(found, several, Surplus(repeated, observations), contested, owners)
