"""Read and write the tables: Delta below OUTPUT/tables, checked against their declarations.

A table is given by its declaration. Where rows are taken as they are, its name alone will do: an
output may have tables that a newer version has written and this one does not know.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from influencers.config import Config
from influencers.errors import UserError
from influencers.storage import claim, files
from influencers.storage.table import Table

# A version in a table's log; old ones are merged into checkpoints.
_VERSION = re.compile(r"\d{20}\.(json|checkpoint\b.*parquet)$")


def location(config: Config, table: Table | str) -> str:
    """The URI of a table."""
    return files.join(config.paths.output, "tables", _name(table))


def exists(spark: SparkSession, config: Config, table: Table | str) -> bool:
    """Whether the table has been written at least once."""
    return is_table(spark, location(config, table))


def is_table(spark: SparkSession, uri: str) -> bool:
    """Whether there is a Delta table at `uri`.

    A writer that died in its first version leaves a log without one: that is no table yet.
    """
    log = files.names(spark, files.join(uri, "_delta_log"))
    return any(_VERSION.match(name) for name in log)


def read(spark: SparkSession, config: Config, table: Table | str) -> DataFrame:
    """The table as it stands.

    Raises:
        UserError: nobody has written it yet.
    """
    if not exists(spark, config, table):
        job = table.job if isinstance(table, Table) else "pipeline"
        raise UserError(
            f"no table {_name(table)} below {config.paths.output}: run `spark-submit.sh {job} "
            f"--output {config.paths.output}` first"
        )
    return spark.read.format("delta").load(location(config, table))


def read_or_empty(spark: SparkSession, config: Config, table: Table) -> DataFrame:
    """The table as it stands; no rows before it is written."""
    if exists(spark, config, table):
        return read(spark, config, table)
    return spark.createDataFrame([], table.schema)


def at_latest_version(spark: SparkSession, config: Config, table: Table) -> DataFrame | None:
    """The table at its latest version, whatever is written later; None before it is written."""
    if not exists(spark, config, table):
        return None
    # Without a version, Delta reads what is there when the frame is used.
    latest = version(spark, config, table)
    reader = spark.read.format("delta").option("versionAsOf", latest)
    return reader.load(location(config, table))


def write(frame: DataFrame, config: Config, table: Table) -> None:
    """Replace the table in one atomic step; a writer that dies leaves the old one."""
    _write(conform(frame, table), config, table, mode="overwrite")


def create(frame: DataFrame, config: Config, table: Table) -> None:
    """Write the first version of a table in one atomic step; fails if there is one."""
    _write(conform(frame, table), config, table, mode="errorifexists")


def write_and_read(frame: DataFrame, config: Config, table: Table) -> DataFrame:
    """Replace the table as `write` does; gives it as it stands, so that nothing is made twice."""
    write(frame, config, table)
    return read(frame.sparkSession, config, table)


def version(spark: SparkSession, config: Config, table: Table | str) -> int:
    """The number of the table's latest version."""
    history = spark.sql(f"DESCRIBE HISTORY {_identifier(spark, config, table)} LIMIT 1")
    return int(history.select("version").head()[0])  # type: ignore[index]


def written(spark: SparkSession, config: Config) -> list[str]:
    """The names of all tables in the output, also of those that this version does not know."""
    folder = files.join(config.paths.output, "tables")
    return sorted(name for name in files.names(spark, folder) if exists(spark, config, name))


def vacuum(spark: SparkSession, config: Config, table: Table | str, *, hours: int) -> None:
    """Remove the files that no version names which was current in the last hours."""
    claim.check(config)
    spark.sql(f"VACUUM {_identifier(spark, config, table)} RETAIN {hours} HOURS").collect()


def rewrite(frame: DataFrame, config: Config, table: Table | str) -> None:
    """Make the table anew, without its old versions and its log.

    For a moment there is none: whoever calls this has the rows somewhere else, and comes again if
    it dies.
    """
    spark = frame.sparkSession
    files.delete(spark, location(config, table))
    # Delta remembers tables by their place.
    spark._jvm.org.apache.spark.sql.delta.DeltaLog.clearCache()  # type: ignore[union-attr]
    frame.write.format("delta").mode("errorifexists").save(location(config, table))


def merge(
    source: DataFrame,
    config: Config,
    table: Table,
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
    if not exists(spark, config, table):
        create(source, config, table)
        return
    claim.check(config)
    frame = conform(source, table)
    view = f"merge_into_{table.name}"
    frame.createOrReplaceTempView(view)
    matched = " AND ".join(f"target.{key} = source.{key}" for key in keys)
    deletion = ""
    if replaces:
        among = ", ".join(literal(value) for value in replaces[1])
        deletion = f"WHEN NOT MATCHED BY SOURCE AND target.{replaces[0]} IN ({among}) THEN DELETE"
    # SQL, as `DataFrame.mergeInto` gives the target no alias, and `update_when` names it. Delta's
    # builder does, but comes with a Python package that nothing else needs.
    try:
        spark.sql(
            f"MERGE INTO {_identifier(spark, config, table)} AS target "
            f"USING {view} AS source ON {matched} "
            f"WHEN MATCHED AND ({update_when}) THEN UPDATE SET * "
            f"WHEN NOT MATCHED THEN INSERT * {deletion}"
        )
    finally:
        spark.catalog.dropTempView(view)


def replace_rows(
    frame: DataFrame, config: Config, table: Table, *, column: str, value: str
) -> None:
    """Put `frame` in the place of the rows that have a value in a column, in one atomic step.

    Columns that an older table lacks are added to it.

    Args:
        frame: all its rows have that value.
        column: a column of the table.
        value: a text.
    """
    claim.check(config)
    writer = conform(frame, table).write.format("delta").mode("overwrite")
    if exists(frame.sparkSession, config, table):
        only = f"{column} = {literal(value)}"
        writer = writer.option("replaceWhere", only).option("mergeSchema", "true")
    writer.save(location(config, table))


def conform(frame: DataFrame, table: Table) -> DataFrame:
    """`frame` with the declared columns in the declared order.

    Raises:
        TypeError: a column is missing, extra, or of another type: a mistake in the code.
    """
    wanted = _plain(table.schema)
    present = _plain(frame.schema)
    if wanted != present:
        missing = [f"{column} {kind}" for column, kind in wanted.items() if column not in present]
        extra = [f"{column} {kind}" for column, kind in present.items() if column not in wanted]
        differs = [
            f"{column} {present[column]} instead of {kind}"
            for column, kind in wanted.items()
            if column in present and present[column] != kind
        ]
        raise TypeError(f"table {table.name}: missing {missing}, extra {extra}, types {differs}")
    return frame.select(*wanted)


def _name(table: Table | str) -> str:
    return table.name if isinstance(table, Table) else table


def _plain(schema: StructType) -> dict[str, str]:
    return {field.name: field.dataType.simpleString() for field in schema}


def _identifier(spark: SparkSession, config: Config, table: Table | str) -> str:
    return f"delta.`{files.absolute(spark, location(config, table)).replace('`', '``')}`"


def literal(text: str) -> str:
    """A text as SQL writes it."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _write(frame: DataFrame, config: Config, table: Table, *, mode: str) -> None:
    claim.check(config)
    writer = frame.write.format("delta").mode(mode)
    if mode == "overwrite":
        writer = writer.option("overwriteSchema", "true")
    writer.save(location(config, table))
