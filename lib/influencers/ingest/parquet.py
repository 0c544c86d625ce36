"""The columns of Parquet files: what their footers say.

Spark is asked for the fields alone, each file by its own names and types: files of one set may
spell a column differently, or hold a number as another type, and columns that are no field may be
of types that Spark does not know.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pyarrow as pa
from pyarrow import parquet
from pyspark.errors import PySparkException
from pyspark.sql.pandas.types import from_arrow_type
from pyspark.sql.types import (
    BinaryType,
    DataType,
    DecimalType,
    IntegerType,
    LongType,
    ShortType,
    StructField,
    StructType,
    TimestampType,
)

from influencers.errors import UserError
from influencers.ingest.columns import FIELDS, Header

MAGIC = b"PAR1"
_ENCRYPTED = b"PARE"
# What signs the metadata of a file whose columns are encrypted.
_SIGNATURE_BYTES = 28
# What Spark cannot unpack.
_UNREAD_CODECS = ("BROTLI", "LZO")
# Spark has no unsigned types: the next larger ones.
_UNSIGNED: dict[pa.DataType, DataType] = {
    pa.uint8(): ShortType(),
    pa.uint16(): IntegerType(),
    pa.uint32(): LongType(),
    pa.uint64(): DecimalType(20, 0),
}
# Of a decimal of Spark.
_MOST_DIGITS = 38
# What Spark has no type for, and reads as another: times in nanoseconds as numbers, floats of two
# bytes as these.
NANOSECONDS, LOCAL_NANOSECONDS, HALF_FLOAT = "nanoseconds", "local nanoseconds", "half float"


@dataclass(frozen=True)
class ParquetColumn:
    """A column that holds a field.

    Attributes:
        path: its name; of one within a struct, the names on the way to it.
        kind: the type that Spark reads it as; None where it holds nothing but nulls.
        meaning: what it is, if Spark has no type for that; else empty.
    """

    field: str
    path: tuple[str, ...]
    kind: DataType | None
    meaning: str = ""


def read_footer(footer: bytes, uri: str) -> parquet.ParquetFile:
    """What the end of a Parquet file says of its columns.

    Args:
        footer: the end of the file, from the metadata on.
        uri: names the file in messages.

    Raises:
        UserError: it says nothing, or of a file that cannot be read.
    """
    if footer.endswith(_ENCRYPTED):
        raise UserError(f"{uri} is encrypted: write it as Parquet without encryption")
    try:
        file = parquet.ParquetFile(pa.BufferReader(MAGIC + footer))
    except (pa.ArrowException, OSError):
        raise UserError(
            f"{uri} is no Parquet file, or damaged or cut off: fetch it again"
        ) from None
    # To look at a column whose metadata is encrypted ends the process.
    if len(footer) - 8 - file.metadata.serialized_size == _SIGNATURE_BYTES:
        raise UserError(f"{uri} has encrypted columns: write it as Parquet without encryption")
    if file.metadata.num_row_groups:
        group = file.metadata.row_group(0)
        codecs = {group.column(place).compression for place in range(group.num_columns)}
        for codec in codecs.intersection(_UNREAD_CODECS):
            raise UserError(f"{uri} is compressed with {codec}: write it with zstd or snappy")
    return file


def columns_in(
    file: parquet.ParquetFile, wanted: Collection[str]
) -> list[tuple[tuple[str, ...], pa.Field]]:
    """The columns of a file by their paths, and those within structs that are wanted.

    Args:
        file: from `read_footer`.
        wanted: paths, their names joined by points.
    """
    columns: list[tuple[tuple[str, ...], pa.Field]] = []
    columns += [((column.name,), column) for column in file.schema_arrow]
    names = set(file.schema_arrow.names)
    for path in wanted:
        steps = tuple(path.split("."))
        column = None if path in names else _within(file.schema_arrow, steps)
        if column is not None:
            columns.append((steps, column))
    return columns


def _within(schema: pa.Schema, steps: Sequence[str]) -> pa.Field | None:
    inside: pa.Schema | pa.DataType = schema
    column = None
    for step in steps:
        is_open = isinstance(inside, pa.Schema | pa.StructType)
        place = inside.get_field_index(step) if is_open else -1
        if place < 0:
            return None
        column = inside.field(place)
        inside = column.type
    return column


def columns_of(
    file: parquet.ParquetFile,
    columns: Sequence[tuple[tuple[str, ...], pa.Field]],
    header: Header,
    uri: str,
) -> tuple[ParquetColumn, ...]:
    """The columns that hold fields, in the order of the fields.

    Args:
        file: from `read_footer`.
        columns: as `columns_in` has them.
        header: which of them holds which field.
        uri: names the file in messages.

    Raises:
        UserError: one is of a type that cannot be read.
    """
    leaves = map(file.schema.column, range(len(file.schema)))
    int96 = {leaf.path for leaf in leaves if leaf.physical_type == "INT96"}
    found = []
    for field in (field for field in FIELDS if field in header.places):
        path, column = columns[header.places[field]]
        if ".".join(path) in int96:
            found.append(ParquetColumn(field, path, TimestampType()))
        elif pa.types.is_timestamp(column.type) and column.type.unit == "ns":
            meaning = NANOSECONDS if column.type.tz else LOCAL_NANOSECONDS
            found.append(ParquetColumn(field, path, LongType(), meaning))
        elif pa.types.is_float16(column.type):
            found.append(ParquetColumn(field, path, BinaryType(), HALF_FLOAT))
        else:
            found.append(ParquetColumn(field, path, _spark_type(column, uri)))
    return tuple(found)


def schema_of(columns: Sequence[ParquetColumn]) -> StructType:
    """What Spark is asked for."""
    return _struct([(column.path, column.kind) for column in columns if column.kind])


def _struct(leaves: Sequence[tuple[tuple[str, ...], DataType]]) -> StructType:
    below: dict[str, list[tuple[tuple[str, ...], DataType]]] = {}
    for (name, *rest), kind in leaves:
        below.setdefault(name, []).append((tuple(rest), kind))
    whole = {name: kind for (name, *rest), kind in leaves if not rest}
    return StructType(
        [StructField(name, whole.get(name) or _struct(inner)) for name, inner in below.items()]
    )


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
    if pa.types.is_decimal256(kind) and kind.precision <= _MOST_DIGITS:
        return pa.decimal128(kind.precision, kind.scale)
    if pa.types.is_binary_view(kind):
        return pa.binary()
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
