"""The tables of an output: Delta below OUTPUT/tables, checked against their declarations.

A table is given by its declaration. Where rows are taken as they are, its name alone will do: an
output may have tables that a newer version has written and this one does not know.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, DataFrameWriter, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from influencers.config import Config
from influencers.errors import UserError
from influencers.storage import claim, data_files, files, local_tables
from influencers.storage.data_files import DataFile, Target
from influencers.storage.table import Table, conform

# A version in a table's log; old ones are merged into checkpoints.
_DIGITS = 20
# Of Parquet that is brought to the driver to be read: thumbnails are many bytes in few rows.
_FEW_BYTES = 32 << 20
# Of rows that go through Spark into data files, what one task writes.
_ROWS_OF_PART = 250_000
# Files of a table that Spark reads without asking Delta: it lists more by a job.
_FEW_FILES = 32
_VERSION = re.compile(rf"\d{{{_DIGITS}}}\.(json|checkpoint\b.*parquet)$")


@dataclass(frozen=True)
class Store:
    """The tables of one output, to be read and written in one session.

    Before a write it looks whether this run still has the output that it claimed (`claim`), and
    raises UserError where another run has taken it.

    Attributes:
        spark: the session.
        config: says where the output is, and how long old versions stay. Whoever needs a setting
            of anything else is given it beside the store.
    """

    spark: SparkSession
    config: Config

    @property
    def output(self) -> str:
        """The URI of the output."""
        return self.config.paths.output

    def location(self, table: Table | str) -> str:
        """The URI of a table."""
        return files.join(self.output, "tables", _name(table))

    def exists(self, table: Table | str) -> bool:
        """Whether the table has been written at least once."""
        return is_table(self.spark, self.location(table))

    def written(self) -> list[str]:
        """The names of all tables in the output, also of those that this version does not know."""
        folder = files.join(self.output, "tables")
        return sorted(name for name in files.names(self.spark, folder) if self.exists(name))

    def version(self, table: Table | str) -> int:
        """The number of the table's latest version."""
        # What Delta does, too; asking its history takes half a second of Spark jobs.
        return max(_versions(self.spark, self.location(table)))

    def read(self, table: Table | str) -> DataFrame:
        """The table as it stands.

        Raises:
            UserError: nobody has written it yet.
        """
        frame = self.read_if_exists(table)
        if frame is None:
            job = table.job if isinstance(table, Table) else "pipeline"
            raise UserError(
                f"no table {_name(table)} below {self.output}: run `spark-submit.sh {job} "
                f"--output {self.output}` first"
            )
        return frame

    def read_complete(self, table: Table) -> DataFrame:
        """The table as it stands, with every column that it is declared with.

        Raises:
            UserError: nobody has written it yet, or an earlier version has, with fewer columns.
        """
        frame = self.read(table)
        missing = [name for name in table.schema.names if name not in frame.columns]
        if missing:
            raise UserError(
                f"the table {table.name} below {self.output} is of an earlier version, without "
                f"{', '.join(missing)}: run `spark-submit.sh {table.job} --output {self.output}` "
                "first"
            )
        return frame

    def read_if_exists(self, table: Table | str) -> DataFrame | None:
        """The table as it stands; None before it is written."""
        if not self.exists(table):
            return None
        frame = self._without_delta(table)
        return self._delta(table) if frame is None else frame

    def _without_delta(self, table: Table | str) -> DataFrame | None:
        """A table of few rows or files, in a folder of this machine; None else.

        Of a table that Delta reads, each query reads the log first, by two queries of its own.
        """
        folder, storage = self._local_folder(table), self.config.storage
        if folder is None or not (storage.driver_rows or storage.direct):
            return None
        log = local_tables.log_of(folder)
        if storage.driver_rows:
            rows = local_tables.read_few(log, most_rows=storage.driver_rows, most_bytes=_FEW_BYTES)
            if rows is not None:
                return self.spark.createDataFrame(rows)
        found = local_tables.few_files(log, most=_FEW_FILES) if storage.direct else None
        if found is None:
            return None
        schema = StructType.fromJson(json.loads(found.schema))
        reader = self.spark.read.schema(schema).option("__globPaths__", "false")
        return reader.parquet(*found.uris)

    def files(self, table: Table | str) -> list[str]:
        """The names of the data files of the table's latest version."""
        return [file.rpartition("/")[2] for file in self._delta(table).inputFiles()]

    def _delta(self, table: Table | str) -> DataFrame:
        return self.spark.read.format("delta").load(self.location(table))

    def read_or_empty(self, table: Table) -> DataFrame:
        """The table as it stands; no rows before it is written."""
        frame = self.read_if_exists(table)
        return self.spark.createDataFrame([], table.schema) if frame is None else frame

    def snapshot(self, table: Table) -> DataFrame | None:
        """The table at its latest version, whatever is written later; None before it is written."""
        if not self.exists(table):
            return None
        frame = self._without_delta(table)
        if frame is not None:
            return frame
        # Without a version, Delta reads what is there when the frame is used.
        reader = self.spark.read.format("delta").option("versionAsOf", self.version(table))
        return reader.load(self.location(table))

    def has_few(self, table: Table, *, most: int | None = None) -> bool:
        """Whether a table in a local folder has at most so many rows, as its log says.

        Args:
            table: the table.
            most: the number; None: `storage.driver_rows`.
        """
        most = self.config.storage.driver_rows if most is None else most
        folder = self._local_folder(table)
        if folder is None or not self.exists(table):
            return False
        count = local_tables.row_count(folder)
        return count is not None and count <= most

    def write(self, frame: DataFrame, table: Table, *, few: bool = False) -> None:
        """Replace the table in one atomic step; a writer that dies leaves the old one.

        Args:
            frame: its rows.
            table: where they go.
            few: whether `frame` is expected to have few rows, as what it is made of has. They are
                brought here first, and written by Spark, which computes `frame` again, only if
                they are more than `storage.driver_rows`.
        """
        most = self.config.storage.driver_rows
        # What columns say of themselves would be lost on the way.
        says_more = any(field.metadata for field in frame.schema)
        if few and most and not says_more and self._local_folder(table):
            rows = conform(frame, table).limit(most + 1).toArrow()
            if rows.num_rows <= most:
                self.write_rows(rows, table)
                return
        writer = self._writer(frame, table).mode("overwrite").option("overwriteSchema", "true")
        writer.save(self.location(table))

    def write_rows(self, rows: pa.Table, table: Table) -> None:
        """As `write`, of rows in the driver's memory: for tables that stay small.

        Args:
            rows: the declared columns, in any order.
            table: where they go.
        """
        folder = self._local_folder(table)
        if folder is None or rows.num_rows > self.config.storage.driver_rows:
            self.write(self.spark.createDataFrame(rows, table.schema), table)
            return
        claim.check(self.config)
        columns = table.arrow_schema
        local_tables.write(
            rows.select(columns.names).cast(columns),
            folder,
            statistics=table.key,
            partition=table.partition,
        )

    def target(self, table: Table) -> Target | None:
        """Where tasks can write data files of a table themselves; None if they cannot."""
        folder = self._local_folder(table) if self.config.storage.direct else None
        return None if folder is None else Target(str(folder), table.arrow_schema, table.key)

    def write_parts(
        self, frame: DataFrame, table: Table, target: Target, *, about: int
    ) -> list[DataFile]:
        """Write rows into data files of a table, which are not of it before `commit`.

        Args:
            frame: the rows.
            table: what they are of.
            target: the table's, from `target`.
            about: how many they are, roughly; 0: none.
        """
        if not about:
            return []
        claim.check(self.config)

        def write(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for file in target.write(batches):
                yield data_files.row_of(file)

        few = conform(frame, table).coalesce(about // _ROWS_OF_PART + 1)
        return data_files.collected(few.mapInArrow(write, data_files.SCHEMA))

    def commit(self, written: Sequence[DataFile], table: Table, *, replace: bool) -> None:
        """Make a table of data files that tasks have written, in one atomic step.

        Args:
            written: all of them.
            table: what they are of.
            replace: whether they replace the rows that are there; else none may be there.
        """
        claim.check(self.config)
        folder = self._local_folder(table)
        assert folder is not None
        data_files.commit(folder, written, table.arrow_schema, key=table.key, replace=replace)

    def create(self, frame: DataFrame, table: Table) -> None:
        """Write the first version of a table in one atomic step; fails if there is one."""
        self._writer(frame, table).mode("errorifexists").save(self.location(table))

    def write_and_read(self, frame: DataFrame, table: Table, *, few: bool = False) -> DataFrame:
        """Replace the table as `write` does, and read it: what made `frame` does not run again."""
        self.write(frame, table, few=few)
        return self.read(table)

    def merge(
        self,
        source: DataFrame,
        table: Table,
        *,
        keys: Sequence[str],
        update_when: str,
        replaces: tuple[str, Sequence[str]] | None = None,
        within: str = "",
    ) -> None:
        """Insert the rows of `source` that are new, and update those that are better.

        Args:
            source: at most one row a key.
            table: where they go; it is created if need be.
            keys: the columns that identify a row; never null.
            update_when: SQL over `source` and `target`: when a row that is there gives way.
            replaces: a column and values: rows with one of them that are not in `source` go; None
                keeps them all.
            within: SQL over `target` that holds for each row of the table with a key of `source`:
                files for which it cannot hold are not read. Empty: there is nothing to say.
        """
        if not self.exists(table):
            self.create(source, table)
            return
        claim.check(self.config)
        # Views are of one session, and the rows of files come from others than the store's.
        spark = source.sparkSession
        frame = conform(source, table)
        view = f"merge_into_{table.name}"
        frame.createOrReplaceTempView(view)
        matched = " AND ".join(
            [*(f"target.{key} = source.{key}" for key in keys), *([within] if within else [])]
        )
        deletion = ""
        if replaces:
            column, values = replaces
            among = f"target.{column} IN ({', '.join(map(literal, values))})"
            deletion = f"WHEN NOT MATCHED BY SOURCE AND {among} THEN DELETE"
        # SQL, as `DataFrame.mergeInto` gives the target no alias, and `update_when` names it.
        # Delta's builder does, but comes with a Python package that nothing else needs.
        try:
            spark.sql(
                f"MERGE INTO {self._identifier(table)} AS target "
                f"USING {view} AS source ON {matched} "
                f"WHEN MATCHED AND ({update_when}) THEN UPDATE SET * "
                f"WHEN NOT MATCHED THEN INSERT * {deletion}"
            )
        finally:
            spark.catalog.dropTempView(view)

    def replace_rows(self, frame: DataFrame, table: Table, *, column: str, value: str) -> None:
        """Put `frame` in the place of the rows that have a value in a column, in one atomic step.

        Columns that an older table lacks are added to it.

        Args:
            frame: all its rows have that value.
            table: where they go; it is created if need be.
            column: a column of the table.
            value: a text.
        """
        writer = self._writer(frame, table).mode("overwrite")
        if self.exists(table):
            only = f"{column} = {literal(value)}"
            writer = writer.option("replaceWhere", only).option("mergeSchema", "true")
        writer.save(self.location(table))

    def append(self, frame: DataFrame, table: Table, *, few: bool = False) -> None:
        """Add rows whose keys the table does not have, or make it of them, in one atomic step.

        Args:
            frame: the rows.
            table: where they go.
            few: as `write` has it.
        """
        folder, most = self._local_folder(table), self.config.storage.driver_rows
        if few and most and folder is not None:
            rows = conform(frame, table).limit(most + 1).toArrow()
            if rows.num_rows <= most:
                claim.check(self.config)
                local_tables.write(
                    rows.cast(table.arrow_schema), folder, statistics=table.key,
                    partition=table.partition, append=True,
                )  # fmt: skip
                return
        self._writer(frame, table).mode("append").save(self.location(table))

    def may_hold(self, table: Table, column: str, least: datetime, most: datetime) -> bool:
        """Whether a table may have a row with a time between two: if not, it has none.

        Args:
            table: that has been written.
            column: of its key, of times.
            least: of the times that are asked for, with their zone.
            most: likewise.
        """
        folder = self._local_folder(table)
        if folder is not None:
            return local_tables.may_hold(folder, column, least, most)
        between = F.col(column).between(F.lit(least), F.lit(most))
        return not self.read(table).where(between).isEmpty()

    def rewrite(
        self, frame: DataFrame, table: Table | str, *, partition: Sequence[str] = ()
    ) -> None:
        """Make the table anew, without its old versions and its log.

        For a moment there is none: whoever calls this has the rows somewhere else, and comes again
        if it dies.
        """
        files.delete(self.spark, self.location(table))
        # Delta remembers tables by their place.
        self.spark._jvm.org.apache.spark.sql.delta.DeltaLog.clearCache()  # type: ignore[union-attr]
        writer = frame.write.format("delta").mode("errorifexists").partitionBy(*partition)
        writer.save(self.location(table))

    def vacuum(self, table: Table | str, *, hours: int) -> None:
        """Remove the files that no version names which was current in the last hours."""
        claim.check(self.config)
        self.spark.sql(f"VACUUM {self._identifier(table)} RETAIN {hours} HOURS").collect()

    def _writer(self, frame: DataFrame, table: Table) -> DataFrameWriter:
        rows = conform(frame, table)
        claim.check(self.config)
        # Of a new table: the least and greatest values of its key alone. Nobody looks for a
        # caption or a score by these, and finding them looks at every value once more.
        statistics = ",".join(table.key)
        writer = rows.write.format("delta").option("delta.dataSkippingStatsColumns", statistics)
        return writer.partitionBy(*table.partition) if table.partition else writer

    def _local_folder(self, table: Table | str) -> Path | None:
        """The folder of a table, if it is one of this machine."""
        return files.local_path(self.spark, self.location(table))

    def _identifier(self, table: Table | str) -> str:
        uri = files.absolute(self.spark, self.location(table))
        return f"delta.`{uri.replace('`', '``')}`"


def is_table(spark: SparkSession, uri: str) -> bool:
    """Whether there is a Delta table at `uri`.

    A writer that died in its first version leaves a log without one: that is no table yet.
    """
    return bool(_versions(spark, uri))


def partition_of(spark: SparkSession, uri: str) -> list[str]:
    """The columns by whose values the files of the Delta table at `uri` lie in folders."""
    # What DESCRIBE DETAIL says, too, by a query; of whichever version: it stays as it is.
    log = spark._jvm.org.apache.spark.sql.delta.DeltaLog  # type: ignore[union-attr]
    snapshot = log.forTable(spark._jsparkSession, uri).unsafeVolatileSnapshot()
    names = str(snapshot.metadata().partitionColumns().mkString("/"))
    return names.split("/") if names else []


def _versions(spark: SparkSession, uri: str) -> list[int]:
    """The versions that a table's log names."""
    names = files.names(spark, files.join(uri, "_delta_log"))
    return [int(name[:_DIGITS]) for name in names if _VERSION.match(name)]


def literal(text: str) -> str:
    """A text as SQL writes it."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _name(table: Table | str) -> str:
    return table.name if isinstance(table, Table) else table
