"""Posts of which several records, or a record and the tables, say different things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame, Row, Window
from pyspark.sql import functions as F

from influencers.ingest.posts import FIELDS, Surplus, good, latest
from influencers.ingest.repeats import MOST_EVERYWHERE, Repeats, Words, repeats
from influencers.run.persisted import Keep

CONFLICTING_OWNER = "conflicting_owner"


@dataclass(frozen=True)
class Settled:
    """Records after disputes.

    Attributes:
        records: those that give a post to an owner it is not of have the reason
            `conflicting_owner`.
        repeats: the posts of which there are several words.
        surplus: the good records beyond the first of each post.
        standing: whose word stands for how many posts: the rows of `standing`.
        is_new: whether the table knows none of the posts.
    """

    records: DataFrame
    repeats: Repeats
    surplus: Surplus
    standing: Sequence[Row]
    is_new: bool


def settled(
    records: DataFrame,
    held: DataFrame | None,
    *,
    read: Sequence[str],
    replacing: Sequence[str],
    about: int,
    keep: Keep,
) -> Settled:
    """Find the posts that are told in several ways, and settle whose they are.

    Args:
        records: a frame from `posts.with_reasons`; gone through several times.
        held: the table posts as it is before it is written; None before there is one.
        read: the files that are read now.
        replacing: those of them that replace what others say.
        about: how many good records there are.
        keep: persists a frame for as long as the result is used.
    """
    said = good(records).select(*FIELDS, "source_file", F.lit(False).alias("held"))
    words = Words(said, held, read, about, keep)
    repeated = repeats(words)
    is_new = words.known is None
    if repeated.contested == 0:
        return Settled(records, repeated, repeated.surplus, [], is_new)
    if repeated.several_owners == 0 and held is None and len(read) == 1:
        # All words are of one file.
        only = [Row(source_file=read[0], posts=repeated.contested)]
        return Settled(records, repeated, repeated.surplus, only, is_new)
    contested = repeated.posts.where("contested")
    few = words.all_of(contested)
    if repeated.contested <= MOST_EVERYWHERE:
        few = keep(few)
    rightful = keep(owners(few, contested, replacing=replacing))
    stands = standing(few, contested, rightful, replacing=replacing).collect()
    # As a rule nobody's word is set aside, and records stay as they are.
    if repeated.several_owners == 0:
        return Settled(records, repeated, repeated.surplus, stands, is_new)
    changed = with_conflicts(records, rightful)
    surplus = repeated.surplus_of(good(changed))
    return Settled(changed, repeated, surplus, stands, is_new)


def owners(said: DataFrame, disputed: DataFrame, *, replacing: Sequence[str]) -> DataFrame:
    """Whose a post is that comes under several owners: `shortcode`, `owner`.

    The owner in a file that replaces, else the one in the tables, else the one of the latest crawl.
    """
    contested = disputed.where("several_owners").select("shortcode")
    strength = F.struct(F.col("source_file").isin(*replacing), F.col("held"))
    of_post = Window.partitionBy("shortcode").rowsBetween(
        Window.unboundedPreceding, Window.unboundedFollowing
    )
    strongest = (
        said.join(contested, "shortcode", "left_semi")
        .withColumn("strength", strength)
        .withColumn("most", F.max("strength").over(of_post))
        .where(F.col("strength") == F.col("most"))
    )
    return latest(strongest).select("shortcode", F.col("owner_id").alias("owner"))


def with_conflicts(records: DataFrame, owners: DataFrame) -> DataFrame:
    """Records, where those that give a post to another owner have the reason `conflicting_owner`.

    Their text is their fields as JSON: the text of a good record is not kept.
    """
    others = (F.size("reasons") == 0) & (F.col("owner_id") != F.col("owner"))
    conflicts = F.coalesce(others, F.lit(False))
    reason = F.array(F.lit(CONFLICTING_OWNER))
    changed = {
        "raw": F.when(conflicts, F.to_json(F.struct(*FIELDS))).otherwise(F.col("raw")),
        "reasons": F.when(conflicts, reason).otherwise(F.col("reasons")),
    }
    joined = records.join(owners, "shortcode", "left")
    return joined.select(*(changed.get(name, F.col(name)).alias(name) for name in records.columns))


def standing(
    said: DataFrame, disputed: DataFrame, owners: DataFrame, *, replacing: Sequence[str]
) -> DataFrame:
    """For how many of the posts that are told in several ways a file's word stands.

    Grain: one row for each file, `source_file` and `posts`; the file of most posts first.
    """
    rightful = (
        said.join(disputed.select("shortcode"), "shortcode", "left_semi")
        .join(owners, "shortcode", "left")
        .where(F.coalesce(F.col("owner_id") == F.col("owner"), F.lit(True)))
    )
    return (
        latest(rightful, replacing=replacing)
        .groupBy("source_file")
        .agg(F.count("*").alias("posts"))
        .sort(F.desc("posts"), "source_file")
    )


def remarks(standing: Sequence[Row]) -> list[str]:
    """A line on whose word stands, if there is a dispute; of the rows of `standing`."""
    if not standing:
        return []
    posts = sum(row["posts"] for row in standing)
    told = ", ".join(f"{row['source_file']} {row['posts']:,}" for row in standing[:5])
    more = f", and {len(standing) - 5} more files" if len(standing) > 5 else ""
    return [
        f"{posts:,} posts are told in several ways (the latest crawl stands, --replace FILE lets a "
        f"file win); whose word stands: {told}{more}"
    ]
