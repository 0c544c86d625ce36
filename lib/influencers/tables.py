"""Read and write the tables: Delta below OUTPUT/tables, checked against their schemas."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from influencers import claim, files
from influencers.config import Config
from influencers.errors import UserError
from influencers.schemas import SCHEMAS

# Which job makes a table, for the message when it is missing; a job's in the order of its writes.
_MADE_BY = {
    "posts": "ingest",
    "quarantine": "ingest",
    "post_features": "features",
    "accounts": "features",
    "images_fetched": "images",
    "images": "images",
    "duplicate_pairs": "duplicates",
    "duplicate_groups": "duplicates",
    "hashtag_edges": "communities",
    "communities": "communities",
    "account_communities": "communities",
    "community_profiles": "communities",
    "community_growth": "communities",
    "predictions_influence": "train",
    "predictions_virality": "train",
    "figure_follower_distribution": "explore",
    "figure_engagement_vs_followers": "explore",
    "figure_likes_distribution": "explore",
    "figure_likes_vs_comments": "explore",
    "figure_engagement_by_hashtags": "explore",
    "figure_engagement_by_content_type": "explore",
    "analysis_influence": "explore",
    "analysis_tiers": "explore",
    "analysis_virality": "explore",
    "analysis_content": "explore",
}

# A version in a table's log; old ones are merged into checkpoints.
_VERSION = re.compile(r"\d{20}\.(json|checkpoint\b.*parquet)$")


def location(config: Config, name: str) -> str:
    """The URI of a table."""
    return files.join(config.paths.output, "tables", name)


def exists(spark: SparkSession, config: Config, name: str) -> bool:
    """Whether the table has been written at least once."""
    return is_table(spark, location(config, name))


def is_table(spark: SparkSession, uri: str) -> bool:
    """Whether there is a Delta table at `uri`.

    A writer that died in its first version leaves a log without one: that is no table yet.
    """
    log = files.names(spark, files.join(uri, "_delta_log"))
    return any(_VERSION.match(one) for one in log)


def read(spark: SparkSession, config: Config, name: str) -> DataFrame:
    """The table as it stands.

    Raises:
        UserError: nobody has written it yet.
    """
    if not exists(spark, config, name):
        job = _MADE_BY.get(name, "pipeline")
        raise UserError(
            f"no table {name} below {config.paths.output}: run `spark-submit.sh {job} "
            f"--output {config.paths.output}` first"
        )
    return spark.read.format("delta").load(location(config, name))


def read_or_empty(spark: SparkSession, config: Config, name: str) -> DataFrame:
    """The table as it stands; no rows before it is written."""
    if exists(spark, config, name):
        return read(spark, config, name)
    return spark.createDataFrame([], SCHEMAS[name])


def at_latest_version(spark: SparkSession, config: Config, name: str) -> DataFrame | None:
    """The table at its latest version, whatever is written later; None before it is written."""
    if not exists(spark, config, name):
        return None
    # Without a version, Delta reads what is there when the frame is used.
    latest = version(spark, config, name)
    reader = spark.read.format("delta").option("versionAsOf", latest)
    return reader.load(location(config, name))


def write(frame: DataFrame, config: Config, name: str) -> None:
    """Replace the table in one atomic step; a writer that dies leaves the old one."""
    _write(conform(frame, name), config, name, mode="overwrite")


def create(frame: DataFrame, config: Config, name: str) -> None:
    """Write the first version of a table in one atomic step; fails if there is one."""
    _write(conform(frame, name), config, name, mode="errorifexists")


def write_and_read(frame: DataFrame, config: Config, name: str) -> DataFrame:
    """Replace the table as `write` does; gives it as it stands, so that nothing is made twice."""
    write(frame, config, name)
    return read(frame.sparkSession, config, name)


def version(spark: SparkSession, config: Config, name: str) -> int:
    """The number of the table's latest version."""
    history = spark.sql(f"DESCRIBE HISTORY {_identifier(spark, config, name)} LIMIT 1")
    return int(history.select("version").head()[0])  # type: ignore[index]


def written(spark: SparkSession, config: Config) -> list[str]:
    """The names of all tables in the output, also of those that this version does not know."""
    folder = files.join(config.paths.output, "tables")
    return sorted(one for one in files.names(spark, folder) if exists(spark, config, one))


def vacuum(spark: SparkSession, config: Config, name: str, *, hours: int) -> None:
    """Remove the files that no version names which was current in the last hours."""
    claim.check(config)
    spark.sql(f"VACUUM {_identifier(spark, config, name)} RETAIN {hours} HOURS").collect()


def rewrite(frame: DataFrame, config: Config, name: str) -> None:
    """Make the table anew, without its old versions and its log.

    For a moment there is none: whoever calls this has the rows somewhere else, and comes again if
    it dies.
    """
    spark = frame.sparkSession
    files.delete(spark, location(config, name))
    # Delta remembers tables by their place.
    spark._jvm.org.apache.spark.sql.delta.DeltaLog.clearCache()  # type: ignore[union-attr]
    frame.write.format("delta").mode("errorifexists").save(location(config, name))


def merge(
    source: DataFrame,
    config: Config,
    name: str,
    *,
    keys: Sequence[str],
    update_when: str,
    replaces: tuple[str, Sequence[str]] | None = None,
) -> None:
    """Insert the rows of `source` that are new, and update those that are better.

    Args:
        source: at most one row a key.
        keys: the columns that identify a row; never null.
        update_when: SQL over `source` and `target`: when a row that is there gives way.
        replaces: a column and values: rows with one of them that are not in `source` go; None
            keeps them all.
    """
    spark = source.sparkSession
    if not exists(spark, config, name):
        create(source, config, name)
        return
    claim.check(config)
    frame = conform(source, name)
    view = f"merge_into_{name}"
    frame.createOrReplaceTempView(view)
    matched = " AND ".join(f"target.{key} = source.{key}" for key in keys)
    deletion = ""
    if replaces:
        among = ", ".join(literal(value) for value in replaces[1])
        deletion = f"WHEN NOT MATCHED BY SOURCE AND target.{replaces[0]} IN ({among}) THEN DELETE"
    try:
        spark.sql(
            f"MERGE INTO {_identifier(spark, config, name)} AS target "
            f"USING {view} AS source ON {matched} "
            f"WHEN MATCHED AND ({update_when}) THEN UPDATE SET * "
            f"WHEN NOT MATCHED THEN INSERT * {deletion}"
        )
    finally:
        spark.catalog.dropTempView(view)


def replace_rows(frame: DataFrame, config: Config, name: str, *, column: str, value: str) -> None:
    """Put `frame` in the place of the rows that have a value in a column, in one atomic step.

    Columns that an older table lacks are added to it.

    Args:
        frame: all its rows have that value.
        column: a column of the table.
        value: a text.
    """
    claim.check(config)
    writer = conform(frame, name).write.format("delta").mode("overwrite")
    if exists(frame.sparkSession, config, name):
        only = f"{column} = {literal(value)}"
        writer = writer.option("replaceWhere", only).option("mergeSchema", "true")
    writer.save(location(config, name))


def conform(frame: DataFrame, name: str) -> DataFrame:
    """`frame` with the declared columns in the declared order.

    Raises:
        TypeError: a column is missing, extra, or of another type: a mistake in the code.
    """
    wanted = _plain(SCHEMAS[name])
    found = _plain(frame.schema)
    if wanted != found:
        missing = [f"{column} {kind}" for column, kind in wanted.items() if column not in found]
        extra = [f"{column} {kind}" for column, kind in found.items() if column not in wanted]
        differs = [
            f"{column} {found[column]} instead of {kind}"
            for column, kind in wanted.items()
            if column in found and found[column] != kind
        ]
        raise TypeError(f"table {name}: missing {missing}, extra {extra}, types {differs}")
    return frame.select(*wanted)


def _plain(schema: StructType) -> dict[str, str]:
    return {field.name: field.dataType.simpleString() for field in schema}


def _identifier(spark: SparkSession, config: Config, name: str) -> str:
    return f"delta.`{files.absolute(spark, location(config, name)).replace('`', '``')}`"


def literal(text: str) -> str:
    """A text as SQL writes it."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _write(frame: DataFrame, config: Config, name: str, *, mode: str) -> None:
    claim.check(config)
    writer = frame.write.format("delta").mode(mode)
    if mode == "overwrite":
        writer = writer.option("overwriteSchema", "true")
    writer.save(location(config, name))
