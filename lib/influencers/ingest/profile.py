"""A profile of input files: what each field holds, and what would be quarantined.

Nothing is written. Of a sample, the numbers are those of the records that were looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.config import IngestConfig
from influencers.ingest import captions, posts, rules, sources, text_files
from influencers.ingest.columns import FIELDS
from influencers.ingest.source import PARQUET, Source
from influencers.run import persisted

# Files, and records of Parquet files, that are looked at for a sample.
SAMPLE_FILES, _SAMPLE_RECORDS = 20, 10_000
_SHOWN_CHARS = 120
# Of the number of different values, the usual error: to count them exactly would sort each column.
_PRECISION = 0.01


@dataclass(frozen=True)
class FieldProfile:
    """What a field holds.

    Attributes:
        known: records with a value that can be read; None for a field without a column.
        distinct: different values among them, within a percent or so.
        least, greatest: of them, as texts; of texts, in the order of their characters.
        example: the first cell as it stands in the input.
    """

    name: str
    known: int
    distinct: int
    least: str | None
    greatest: str | None
    example: str | None


@dataclass(frozen=True)
class Reason:
    """Why records would be quarantined, and the first of them."""

    code: str
    records: int
    source_file: str
    record: int
    raw: str


@dataclass(frozen=True)
class Profile:
    """What is known of the input.

    Attributes:
        records: how many were looked at.
        usable: those that break no rule.
        repeated: posts that come more than once among the usable ones.
        with_hashtags: usable records whose caption has a hashtag.
        is_sample: whether there may be more.
    """

    records: int
    usable: int
    repeated: int
    with_hashtags: int
    fields: Sequence[FieldProfile]
    reasons: Sequence[Reason]
    is_sample: bool

    @property
    def known(self) -> Mapping[str, int]:
        """By field, the usable records that know it."""
        return {field.name: field.known for field in self.fields}


def profile(
    spark: SparkSession,
    found: Sequence[Source],
    config: IngestConfig,
    *,
    now: int,
    every_record: bool,
) -> Profile:
    """Look at the records of files.

    Args:
        spark: the session.
        found: the files.
        config: how they are read.
        now: Unix seconds.
        every_record: whether all are looked at; else those at the start of the first files.
    """
    read = (
        sources.read_records(spark, found, config) if every_record else sample(spark, found, config)
    )
    with persisted.frames() as keep:
        records = keep(read)
        checked = keep(captions.with_columns(posts.with_reasons(records, config, now=now)))
        reasons = _reasons(checked)
        usable = checked.where(F.size("reasons") == 0)
        counts = usable.agg(
            F.count("*").alias("usable"),
            F.count_if(F.size("hashtags") > 0).alias("with_hashtags"),
            F.count_distinct("shortcode").alias("posts"),
        ).first()
        assert counts is not None
        return Profile(
            records=records.count(),
            usable=counts["usable"],
            repeated=counts["usable"] - counts["posts"],
            with_hashtags=counts["with_hashtags"],
            fields=_fields(records, config),
            reasons=reasons,
            is_sample=not every_record,
        )


def sample(spark: SparkSession, found: Sequence[Source], config: IngestConfig) -> DataFrame:
    """The records at the start of the first files: the columns of `records.RECORDS_SCHEMA`."""
    first = found[:SAMPLE_FILES]
    texts = [source for source in first if source.format != PARQUET]
    others = [source for source in first if source.format == PARQUET]
    frames = [text_files.sample(spark, texts, config)] if texts else []
    if others:
        frames.append(sources.read_records(spark, others, config).limit(_SAMPLE_RECORDS))
    return reduce(DataFrame.unionByName, frames)


def _fields(records: DataFrame, config: IngestConfig) -> list[FieldProfile]:
    """Each field in one query over all of them."""
    values = rules.with_values(records, config)
    place = F.struct("source_file", "record")
    structs = []
    for name in FIELDS:
        value, cell = rules.value(name), F.col(name)
        known = value.isNotNull()
        structs.append(
            F.struct(
                F.count_if(known).alias("known"),
                F.approx_count_distinct(value, _PRECISION).alias("distinct"),
                _text(name, F.min(value)).alias("least"),
                _text(name, F.max(value)).alias("greatest"),
                F.min_by(cell, F.when(known, place)).alias("example"),
            ).alias(name)
        )
    row = values.agg(*structs).first()
    assert row is not None
    return [
        FieldProfile(
            name,
            known=row[name]["known"],
            distinct=row[name]["distinct"],
            least=_short(row[name]["least"]),
            greatest=_short(row[name]["greatest"]),
            example=_short(row[name]["example"]),
        )
        for name in FIELDS
    ]


def _text(name: str, value: Column) -> Column:
    if name in ("created_at", "crawled_at"):
        return posts.timestamp(value).cast("string")
    return value.cast("string")


def _short(text: str | None) -> str | None:
    if text is None:
        return None
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN_CHARS else f"{line[:_SHOWN_CHARS]}\u2026"


def _reasons(checked: DataFrame) -> list[Reason]:
    """The most frequent first, each with the first record that has it."""
    place = F.struct("source_file", "record")
    each = checked.select("source_file", "record", "raw", F.explode("reasons").alias("code"))
    first = F.min_by(F.struct("source_file", "record", "raw"), place).alias("first")
    rows = each.groupBy("code").agg(F.count("*").alias("records"), first).collect()
    return [
        Reason(row["code"], row["records"], row["first"]["source_file"], row["first"]["record"],
               _short(row["first"]["raw"]) or "")
        for row in sorted(rows, key=lambda row: (-row["records"], row["code"]))
    ]  # fmt: skip
