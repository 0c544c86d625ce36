"""Posts of which there are several words: the few that have to be put in order.

A word is what one record says of a post, or what the table posts holds of it from files that are
not read now: what it holds from a file that is read again gives way to what the file says now.
Most posts have one word, and pass through ingest without being moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.ingest.posts import FIELDS, good, latest
from influencers.run.persisted import Keep

# Of `Repeats.posts`: those of which something has to be settled now.
CONTESTED = "several_words AND NOT held"
# Of so many posts the keys go to every executor: 30 MB.
MOST_EVERYWHERE = 500_000


@dataclass(frozen=True)
class Repeats:
    """The posts of which there are several words.

    Attributes:
        posts: a row for each: `shortcode`; whether they name `several_owners` and are
            `several_words`; whether all are `held` by the table; how many words are in `records`.
        number: how many there are.
        surplus: by how much their records outnumber them.
        contested: how many are told in several ways, and not by the table alone.
        several_owners: how many of those come under several owners.
    """

    posts: DataFrame
    number: int
    surplus: int
    contested: int
    several_owners: int

    def of(self, posts: DataFrame) -> DataFrame:
        """Those rows, by `shortcode`, of which there are several words."""
        return posts.join(self._keys(), "shortcode", "left_semi")

    def others(self, posts: DataFrame) -> DataFrame:
        """Those rows, by `shortcode`, of which there is one word."""
        return posts.join(self._keys(), "shortcode", "left_anti") if self.number else posts

    def latest(self, posts: DataFrame, *, replacing: Sequence[str]) -> DataFrame:
        """As `posts.latest`; rows of which there is one word are not moved."""
        if self.number == 0:
            return posts
        if self.number > MOST_EVERYWHERE:
            return latest(posts, replacing=replacing)
        return self.others(posts).unionByName(latest(self.of(posts), replacing=replacing))

    def few(self, posts: DataFrame, *, keep: Keep) -> DataFrame:
        """As `of`, kept for several uses; all rows as they are, if they are not few."""
        return keep(self.of(posts)) if self.number <= MOST_EVERYWHERE else posts

    def surplus_of(self, posts: DataFrame) -> int:
        """By how much rows outnumber the posts that they are of, by `shortcode`."""
        rows, distinct = (
            self.of(posts).agg(F.count("*"), F.count_distinct("shortcode")).head()  # type: ignore[misc]
        )
        return int(rows - distinct)

    def _keys(self) -> DataFrame:
        keys = self.posts.select("shortcode")
        return F.broadcast(keys) if self.number <= MOST_EVERYWHERE else keys


def repeats(said: DataFrame, *, keep: Keep) -> Repeats:
    """Find the posts of which there are several words.

    Args:
        said: as `words` makes them.
        keep: persists a frame for as long as the result is used.
    """
    content = F.xxhash64(*FIELDS)
    found = keep(
        said.select("shortcode", "owner_id", "held", content.alias("content"))
        .groupBy("shortcode")
        .agg(
            F.count("*").alias("words"),
            (F.min("owner_id") != F.max("owner_id")).alias("several_owners"),
            (F.min("content") != F.max("content")).alias("several_words"),
            F.min("held").alias("held"),
            F.count_if(~F.col("held")).alias("records"),
        )
        .where("words > 1")
        .drop("words")
    )
    contested = F.expr(CONTESTED)
    beyond = F.sum(F.greatest(F.col("records") - 1, F.lit(0)))
    numbers = found.agg(
        F.count("*"),
        F.coalesce(beyond, F.lit(0)),
        F.count_if(contested),
        F.count_if(contested & F.coalesce("several_owners", F.lit(False))),
    ).first()
    assert numbers is not None
    return Repeats(found, *map(int, numbers))


def words(records: DataFrame, held: DataFrame | None, *, read: Sequence[str]) -> DataFrame:
    """All words; grain: one row for each good record, and one for each post of other files.

    Args:
        records: a frame from `posts.with_reasons`.
        held: the table posts; None before it is written.
        read: the files that are read now.
    """
    said = good(records).select(*FIELDS, "source_file", F.lit(False).alias("held"))
    if held is None:
        return said
    others = held.where(~F.col("source_file").isin(*read))
    return said.unionByName(others.select(*FIELDS, "source_file", F.lit(True).alias("held")))
