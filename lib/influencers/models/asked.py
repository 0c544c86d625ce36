"""What a saved model is asked about: a record gets a prediction, or a reason why it has none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from influencers.config import IngestConfig
from influencers.errors import UserError
from influencers.ingest import posts
from influencers.ingest.tables import POSTS
from influencers.models.declaration import INFLUENCE, KEYS
from influencers.models.explain.contributions import REASONS

# The status of a row with a probability, and of a record whose post another record describes.
PREDICTED, DUPLICATE = "ok", "duplicate"

SCORED = "scored"

# A post's own success is never a feature: where it cannot be read, it is unknown.
_OUTCOMES = ("likes", "comments")
# The last second that a timestamp can have: a post may be planned.
_LATEST = 253_402_300_799


@dataclass(frozen=True)
class Asked:
    """Records that were read to be scored.

    Attributes:
        posts: those to predict, as the table posts has them; one for each shortcode.
        origins: `shortcode`, `source_file`, `record`: where each of them was read.
        left_out: the other records: `source_file`, `record`, `shortcode`, `owner_id`, `status`.
    """

    posts: DataFrame
    origins: DataFrame
    left_out: DataFrame


def asked(records: DataFrame, config: IngestConfig, *, now: int) -> Asked:
    """Raw records, parted into posts to predict and records that cannot be.

    A record is left out for the reasons that put it into quarantine, but for two: a post may lie
    in the future, and its own likes and comments need not be readable. Of several records of one
    post the latest crawl is predicted, as `posts.latest` has it; the others are duplicates.

    Args:
        records: as `sources.read_records` makes them.
        config: the rules of the ingest.
        now: Unix seconds.
    """
    checked = posts.with_reasons(records, replace(config, latest_time=_LATEST), now=now)
    checked = checked.withColumns({name: _known(F.col(name)) for name in _OUTCOMES}).withColumn(
        "reasons", F.filter("reasons", _counts)
    )
    best = Window.partitionBy("shortcode").orderBy(
        F.desc("precedence"), F.asc("source_file"), F.asc("record")
    )
    good = (
        checked.where(F.size("reasons") == 0)
        .withColumn("precedence", posts.precedence())
        .withColumn("place", F.row_number().over(best))
    )
    chosen, repeated = good.where("place = 1"), good.where("place > 1")
    bad = checked.where(F.size("reasons") > 0)
    return Asked(
        posts.with_captions_read(chosen),
        chosen.select("shortcode", "source_file", "record"),
        _left_out(bad, F.array_join("reasons", ", ")).unionByName(
            _left_out(repeated, F.lit(DUPLICATE))
        ),
    )


def is_posts(table: DataFrame) -> bool:
    """Whether a table has the columns of the table posts."""
    return set(POSTS.schema.fieldNames()) <= set(table.columns)


def asked_of_table(table: DataFrame) -> Asked:
    """A table of posts: all of them are predicted, and none was read from a record."""
    rows = table.select(*POSTS.schema.fieldNames())
    origins = rows.select("shortcode", "source_file", F.lit(None).cast("bigint").alias("record"))
    nobody = _left_out(
        rows.withColumn("record", F.lit(None).cast("bigint")).where(F.lit(False)), F.lit("")
    )
    return Asked(rows, origins, nobody)


def with_left_out(predictions: DataFrame, asked_posts: Asked, *, model: str) -> DataFrame:
    """Predictions, each with the record it is of, and the records that have none.

    Of an account, which several records describe, no single record is named, and a record that is
    a duplicate has its account's prediction.

    Args:
        predictions: what `scoring.score` makes of the posts.
        asked_posts: the posts, and what is left out.
        model: influence or virality.
    """
    left_out = asked_posts.left_out
    if model == INFLUENCE:
        left_out = left_out.where(F.col("status") != DUPLICATE)
    else:
        predictions = predictions.drop("source_file", "record").join(
            asked_posts.origins, on="shortcode", how="left"
        )
    unknown = F.lit(None).cast("double")
    return predictions.unionByName(
        left_out.select(
            *dict.fromkeys((KEYS[model], "owner_id")),
            unknown.alias("label"),
            unknown.alias("probability"),
            F.lit(SCORED).alias("split"),
            F.lit(None).cast(REASONS).alias("reasons"),
            "status",
            "source_file",
            "record",
        )
    )


def predicted() -> list[Column]:
    """The columns of a row that has a probability and was not read from a record."""
    return [
        F.lit(PREDICTED).alias("status"),
        F.lit(None).cast("string").alias("source_file"),
        F.lit(None).cast("bigint").alias("record"),
    ]


def remark(counts: Mapping[str, int], *, model: str) -> str:
    """How many rows have a prediction, and why the others have none, in a line.

    Args:
        counts: how many rows there are of each status.
        model: influence or virality.
    """
    what = "accounts" if model == INFLUENCE else "posts"
    others = {status: count for status, count in sorted(counts.items()) if status != PREDICTED}
    reasons = ", ".join(f"{status} {count:,}" for status, count in others.items())
    line = f"scored {counts.get(PREDICTED, 0):,} {what}"
    return f"{line}; left out {sum(others.values()):,} records: {reasons}" if others else line


def outcome(scored: DataFrame, *, model: str, where: str, output: str) -> str:
    """How many rows have a prediction, and why the others have none, in a line.

    Args:
        scored: `status`, of all rows that were scored.
        model: influence or virality.
        where: what to call the input in a complaint.
        output: the folder of the run.

    Raises:
        UserError: none has.
    """
    counts = {row["status"]: row["count"] for row in scored.groupBy("status").count().collect()}
    line = remark(counts, model=model)
    if counts and PREDICTED not in counts:
        raise UserError(
            f"{where}: {line}; see the column status of the table predictions_{model} below "
            f"{output}"
        )
    return line


def _known(count: Column) -> Column:
    return F.when(count >= 0, count)


def _counts(code: Column) -> Column:
    """Whether a reason keeps a record from being scored."""
    return ~F.substring_index(code, ":", -1).isin(*_OUTCOMES)


def _left_out(records: DataFrame, status: Column) -> DataFrame:
    return records.select("source_file", "record", "shortcode", "owner_id", status.alias("status"))
