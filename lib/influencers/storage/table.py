"""What a table is: what its rows are, what identifies them, which job makes it, and its columns.

A package declares its tables in its module `tables`, each once: the schema that frames are held
against, the job that a message names and the description in docs/tables.md all come from there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import (
    ArrayType,
    BinaryType,
    BooleanType,
    DataType,
    DoubleType,
    IntegerType,
    LongType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

# Units that many tables share. An engagement rate is no share: it may be above 1.
FRACTION = "fraction 0..1"
PER_FOLLOWER = "engagement per follower"
UTC = "UTC"


@dataclass(frozen=True)
class Column:
    """A column of a table, or a field of a struct in one.

    Attributes:
        meaning: one or two sentences for a reader who knows the field, without a final stop.
        unit: of the values; empty where there is none, as for texts and counts.
        null: what null means; empty where no value is null.
        fields: of the structs of an array.

    Raises:
        ValueError: there is no meaning.
    """

    name: str
    type: DataType
    meaning: str
    unit: str = ""
    null: str = ""
    fields: tuple[Column, ...] = ()

    def __post_init__(self) -> None:
        if not self.meaning.strip():
            raise ValueError(f"column {self.name} has no meaning")


def string(name: str, meaning: str, *, unit: str = "", null: str = "") -> Column:
    """A column of texts."""
    return Column(name, StringType(), meaning, unit, null)


def strings(name: str, meaning: str, *, null: str = "") -> Column:
    """A column of arrays of texts."""
    return Column(name, ArrayType(StringType()), meaning, "", null)


def bigint(name: str, meaning: str, *, unit: str = "", null: str = "") -> Column:
    """A column of whole numbers of 64 bits: ids and counts."""
    return Column(name, LongType(), meaning, unit, null)


def integer(name: str, meaning: str, *, unit: str = "", null: str = "") -> Column:
    """A column of whole numbers of 32 bits."""
    return Column(name, IntegerType(), meaning, unit, null)


def double(name: str, meaning: str, *, unit: str = "", null: str = "") -> Column:
    """A column of floating-point numbers."""
    return Column(name, DoubleType(), meaning, unit, null)


def boolean(name: str, meaning: str, *, null: str = "") -> Column:
    """A column of yes and no."""
    return Column(name, BooleanType(), meaning, "", null)


def timestamp(name: str, meaning: str, *, null: str = "") -> Column:
    """A column of moments."""
    return Column(name, TimestampType(), meaning, UTC, null)


def binary(name: str, meaning: str, *, null: str = "") -> Column:
    """A column of bytes."""
    return Column(name, BinaryType(), meaning, "", null)


def structs(name: str, meaning: str, *fields: Column, null: str = "") -> Column:
    """A column of arrays of structs."""
    return Column(name, ArrayType(schema_of(fields)), meaning, "", null, fields)


def schema_of(columns: Iterable[Column]) -> StructType:
    """The columns as Spark has them, in their order."""
    return StructType([StructField(column.name, column.type) for column in columns])


@dataclass(frozen=True)
class Table:
    """A table of an output.

    >>> tags = Table(
    ...     "tags",
    ...     grain="a hashtag",
    ...     key=("hashtag",),
    ...     job="features",
    ...     columns=(
    ...         string("hashtag", "the hashtag in lower case, without `#`"),
    ...         double("share", "accounts that use it, among all accounts", unit=FRACTION),
    ...     ),
    ... )
    >>> tags.schema.simpleString()
    'struct<hashtag:string,share:double>'
    >>> Table("tags", grain="a hashtag", key=("tag",), job="features", columns=tags.columns)
    Traceback (most recent call last):
    ValueError: table tags has no column tag, which its key names

    Attributes:
        name: of its folder below OUTPUT/tables.
        grain: what a row is.
        key: the columns that identify a row together; two nulls are equal.
        job: that makes it, by its name on the command line.
        columns: in the order of the schema.
        partition: the columns by whose values its files lie in folders; few values each.

    Raises:
        ValueError: grain or job is empty, a column is declared twice, or one of the key or of the
            partition is not declared.
    """

    name: str
    grain: str
    key: tuple[str, ...]
    job: str
    columns: tuple[Column, ...]
    partition: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (self.grain.strip() and self.job and self.key):
            raise ValueError(f"table {self.name} must say its grain, its key and its job")
        names = Counter(column.name for column in self.columns)
        for name, count in names.items():
            if count > 1:
                raise ValueError(f"table {self.name} declares column {name} {count} times")
        for what, named in (("key", self.key), ("partition", self.partition)):
            for name in named:
                if name not in names:
                    raise ValueError(
                        f"table {self.name} has no column {name}, which its {what} names"
                    )

    @property
    def schema(self) -> StructType:
        """The columns as Spark has them."""
        return schema_of(self.columns)

    @property
    def arrow_schema(self) -> pa.Schema:
        """The columns as Arrow has them; times in UTC."""
        return to_arrow_schema(self.schema, timezone="UTC")

    def described(self) -> Iterator[tuple[str, Column]]:
        """Each column, and after it the fields of its structs, by the path that names it.

        >>> colors = structs("colors", "main colours", string("hex", "sRGB as `#rrggbb`"))
        >>> table = Table("images", "an image", ("colors",), "images", (colors,))
        >>> [path for path, _ in table.described()]
        ['colors', 'colors[].hex']
        """
        for column in self.columns:
            yield column.name, column
            for field in column.fields:
                yield f"{column.name}[].{field.name}", field


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


def rows_with(schema: pa.Schema, columns: Mapping[str, pa.Array]) -> pa.RecordBatch:
    """Rows with some of the columns of a schema, and nothing in the others.

    Args:
        schema: of the rows.
        columns: at least one, by name, all of one length; those that the schema lacks are left out.
    """
    size = len(next(iter(columns.values())))
    return pa.RecordBatch.from_arrays(
        [
            columns[field.name].cast(field.type)
            if field.name in columns
            else pa.nulls(size, field.type)
            for field in schema
        ],
        schema=schema,
    )


def _plain(schema: StructType) -> dict[str, str]:
    return {field.name: field.dataType.simpleString() for field in schema}
