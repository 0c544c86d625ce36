"""The columns of Parquet files: what their footers say, and how their values are read as text.

Spark is asked for the fields alone, each file by its own names and types: files of one set may
spell a column differently, or hold a number as another type, and columns that are no field may be
of types that Spark does not know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
from pyarrow import parquet
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_type
from pyspark.sql.types import (
    BinaryType,
    DataType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegerType,
    LongType,
    ShortType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from influencers.errors import UserError
from influencers.ingest.columns import FIELDS, Header
from influencers.ingest.csv_records import KEPT_CHARS, NUL_CHARACTER, RECORD_TOO_LONG, UNDECODABLE

MAGIC = b"PAR1"
# Spark has no unsigned types: the next larger ones.
_UNSIGNED: dict[pa.DataType, DataType] = {
    pa.uint8(): ShortType(),
    pa.uint16(): IntegerType(),
    pa.uint32(): LongType(),
    pa.uint64(): DecimalType(20, 0),
}
# Up to where a type holds every whole number, and the digits that it is sure of beyond.
_EXACT: tuple[tuple[type[DataType], int, int], ...] = (
    (FloatType, 2**24, 6),
    (DoubleType, 2**53, 15),
)


@dataclass(frozen=True)
class ParquetColumn:
    """A column that holds a field.

    Attributes:
        kind: the type that Spark reads it as; None where it holds nothing but nulls.
        nanoseconds: whether it is a time, which Spark reads as a number of nanoseconds.
    """

    field: str
    name: str
    kind: DataType | None
    nanoseconds: bool


def read_footer(footer: bytes, uri: str) -> parquet.ParquetFile:
    """What the end of a Parquet file says of its columns.

    Args:
        footer: the end of the file, from the metadata on.
        uri: names the file in messages.

    Raises:
        UserError: it says nothing.
    """
    try:
        return parquet.ParquetFile(pa.BufferReader(MAGIC + footer))
    except (pa.ArrowException, OSError):
        raise UserError(
            f"{uri} is no Parquet file, or damaged or cut off: fetch it again"
        ) from None


def columns_of(file: parquet.ParquetFile, header: Header, uri: str) -> tuple[ParquetColumn, ...]:
    """The columns that hold fields, in the order of the fields.

    Raises:
        UserError: one is of a type that cannot be read.
    """
    physical = {leaf.path: leaf.physical_type for leaf in map(file.schema.column, _leaves(file))}
    columns = []
    for field in FIELDS:
        if field not in header.places:
            continue
        column = file.schema_arrow.field(header.places[field])
        is_int96 = physical.get(column.name) == "INT96"
        is_nanos = pa.types.is_timestamp(column.type) and column.type.unit == "ns" and not is_int96
        if is_int96:
            kind: DataType | None = TimestampType()
        else:
            kind = LongType() if is_nanos else _spark_type(column, uri)
        columns.append(ParquetColumn(field, column.name, kind, is_nanos))
    return tuple(columns)


def schema_of(columns: Sequence[ParquetColumn]) -> StructType:
    """What Spark is asked for."""
    return StructType([StructField(column.name, column.kind) for column in columns if column.kind])


def from_columns(
    frame: DataFrame, columns: Sequence[ParquetColumn], *, max_bytes: int
) -> DataFrame:
    """Raw records from the columns of Parquet files; the columns of `records.RECORDS_SCHEMA`.

    The text of a record is its fields as JSON.

    Args:
        frame: the columns under their own names, and `source_file` and `record`.
        columns: which of them holds which field.
        max_bytes: a record of more bytes is too long.
    """
    read = [column for column in columns if column.kind]
    raw = F.to_json(F.struct(*(_column(column) for column in read))) if read else F.lit("{}")
    named = frame.select(
        "source_file",
        F.col("record").cast("bigint").alias("record"),
        raw.alias("raw"),
        *(_as_text(column).alias(column.field) for column in read),
    )
    texts = [column.field for column in read if isinstance(column.kind, StringType | BinaryType)]
    checked = named.withColumn("problem", _problem(texts, max_bytes))
    is_long = F.col("problem") == RECORD_TOO_LONG
    cells = {
        column.field: F.when(F.col("problem").isNull(), F.col(column.field)) for column in read
    }
    return checked.select(
        "source_file",
        "record",
        F.when(is_long, F.left("raw", F.lit(KEPT_CHARS))).otherwise(F.col("raw")).alias("raw"),
        "problem",
        *(cells.get(field, F.lit(None).cast("string")).alias(field) for field in FIELDS),
    )


def _problem(texts: Sequence[str], max_bytes: int) -> Column:
    problem = F.when(F.octet_length("raw") > max_bytes, RECORD_TOO_LONG)
    for field in texts:
        problem = problem.when(~F.is_valid_utf8(field), UNDECODABLE)
    for field in texts:
        problem = problem.when(F.contains(F.col(field), F.lit("\0")), NUL_CHARACTER)
    return problem


def _leaves(file: parquet.ParquetFile) -> range:
    return range(len(file.schema))


def _spark_type(column: pa.Field, uri: str) -> DataType | None:
    kind = _stored(column.type)
    if pa.types.is_null(kind):
        return None
    try:
        if _is_readable(kind):
            return _UNSIGNED.get(kind) or from_arrow_type(kind, prefer_timestamp_ntz=True)
    except PySparkException:
        pass
    raise UserError(
        f"{uri}: column {column.name} is of type {kind}, which is not read: write it as text, "
        "a number or a timestamp"
    )


def _stored(kind: pa.DataType) -> pa.DataType:
    """The type without what matters to Arrow alone."""
    if pa.types.is_dictionary(kind):
        return _stored(kind.value_type)
    if isinstance(kind, pa.BaseExtensionType):
        return _stored(kind.storage_type)
    if pa.types.is_date64(kind):
        return pa.date32()
    return pa.string() if pa.types.is_string_view(kind) else kind


def _is_readable(kind: pa.DataType) -> bool:
    """Whether Spark reads it from a file; within others, a time in nanoseconds is none."""
    if pa.types.is_time(kind) or pa.types.is_duration(kind) or pa.types.is_decimal256(kind):
        return False
    inner = [kind.field(place).type for place in range(kind.num_fields)]
    return all(
        _is_readable(child) and not (pa.types.is_timestamp(child) and child.unit == "ns")
        for child in inner
    )


def _column(column: ParquetColumn) -> Column:
    return F.col("`" + column.name.replace("`", "``") + "`")


def _as_text(source: ParquetColumn) -> Column:
    column = _column(source)
    if source.nanoseconds:
        return F.floor(column.cast("decimal(20,0)") / 1_000_000_000).cast("string")
    if isinstance(source.kind, TimestampType):
        return F.unix_seconds(column).cast("string")
    text = F.nullif(column.cast("string"), F.lit(""))
    for kind, exact_below, digits in _EXACT:
        if isinstance(source.kind, kind):
            # As whole numbers are written; beyond, no more digits than are true.
            sure = F.format_string(f"%.{digits - 1}E", column.cast("double"))
            whole = F.when(F.abs(column) <= exact_below, column.cast("bigint").cast("string"))
            return F.when(column == F.rint(column), whole.otherwise(sure)).otherwise(text)
    return text
