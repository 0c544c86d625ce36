"""Raw records from the columns of Parquet files: how their values are read as text."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import (
    ArrayType,
    BinaryType,
    DataType,
    DecimalType,
    DoubleType,
    FloatType,
    MapType,
    StringType,
    StructType,
    TimestampType,
)

from influencers.ingest.columns import FIELDS
from influencers.ingest.csv_records import KEPT_CHARS, NUL_CHARACTER, RECORD_TOO_LONG, UNDECODABLE
from influencers.ingest.parquet import HALF_FLOAT, NANOSECONDS, ParquetColumn

# Up to where a type holds every whole number, and the digits that it is sure of beyond.
_Precision = tuple[int, int]
_HALF: _Precision = (2**11, 3)
_EXACT: tuple[tuple[type[DataType], _Precision], ...] = (
    (FloatType, (2**24, 6)),
    (DoubleType, (2**53, 15)),
)


def from_columns(
    frame: DataFrame, columns: Sequence[ParquetColumn], *, max_bytes: int
) -> DataFrame:
    """Raw records from the columns of Parquet files; the columns of `records.RECORDS_SCHEMA`.

    The text of a record is its fields as JSON.

    Args:
        frame: the columns under their own names in `cells`, and `source_file` and `record`.
        columns: which of them holds which field.
        max_bytes: a record of more bytes is too long.
    """
    read = [column for column in columns if column.kind]
    named = [_column(column).alias(".".join(column.path)) for column in read]
    raw = F.to_json(F.struct(*named)) if read else F.lit("{}")
    records = frame.select(
        "source_file",
        F.col("record").cast("bigint").alias("record"),
        raw.alias("raw"),
        *(_as_text(column).alias(column.field) for column in read),
    )
    texts = [
        column.field for column in read
        if isinstance(column.kind, StringType | BinaryType) and not column.meaning
    ]  # fmt: skip
    checked = records.withColumn("problem", _problem(texts, max_bytes))
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


def _column(column: ParquetColumn) -> Column:
    cell = F.col("cells")
    for name in column.path:
        cell = cell.getField(name)
    return cell


def _as_text(source: ParquetColumn) -> Column:
    """The text that would stand in a CSV file."""
    column = _column(source)
    if source.meaning == HALF_FLOAT:
        return _number_text(_half_float(column), *_HALF)
    if source.meaning:
        seconds = F.floor(column.cast("decimal(20,0)") / 1_000_000_000)
        # The session's zone is UTC, so that a time without a zone stays as it is.
        moment = seconds if source.meaning == NANOSECONDS else F.timestamp_seconds(seconds)
        return moment.cast("string")
    if isinstance(source.kind, TimestampType):
        return F.unix_seconds(column).cast("string")
    if isinstance(source.kind, StructType | ArrayType | MapType):
        return F.to_json(column)
    if isinstance(source.kind, DecimalType) and source.kind.scale > 0:
        whole = F.when(column == F.floor(column), F.floor(column).cast("string"))
        return F.coalesce(whole, _fraction_text(column))
    for kind, precision in _EXACT:
        if isinstance(source.kind, kind):
            return _number_text(column, *precision)
    return F.nullif(column.cast("string"), F.lit(""))


def _number_text(column: Column, exact_below: int, digits: int) -> Column:
    """A float as whole numbers are written, if it is one; beyond, no more digits than are true."""
    sure = F.format_string(f"%.{digits - 1}E", column.cast("double"))
    whole = F.when(F.abs(column) <= exact_below, column.cast("bigint").cast("string"))
    is_whole = (F.abs(column) < float("inf")) & (column == F.rint(column))
    return F.when(is_whole, whole.otherwise(sure)).otherwise(_fraction_text(column))


def _fraction_text(column: Column) -> Column:
    """A fraction, so that its point cannot be taken for one that groups digits."""
    return F.regexp_replace(column.cast("string"), r"(\.\d{3})$", "$10")


def _half_float(column: Column) -> Column:
    """The number in two bytes, the lower one first: a sign, 5 bits of exponent, 10 of fraction."""
    hexed = F.hex(column)
    bits = F.conv(F.concat(F.substring(hexed, 3, 2), F.substring(hexed, 1, 2)), 16, 10).cast("int")
    exponent, fraction = F.shiftright(bits, 10) % 32, (bits % 1024).cast("double")
    size = (
        F.when(exponent == 0, fraction * 2.0**-24)
        .when(exponent < 31, (fraction + 1024) * F.pow(F.lit(2.0), exponent - 25))
        .when(fraction == 0, float("inf"))
        .otherwise(float("nan"))
    )
    return F.when(bits < 2**15, size).when(bits >= 2**15, -size)
