"""Tables for a spreadsheet: flat, and with nothing in them that it would run."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import BinaryType, DataType, StringType, TimestampType

# A cell that starts so is a formula to one spreadsheet or another, after spaces too.
_FORMULA = r"^[\s\p{Z}]*[=+\-@＝＋－＠]|^[\t\r\n]"


def for_spreadsheets(frame: DataFrame) -> DataFrame:
    """The rows with every column as a number, a boolean or a text that is no formula.

    Lists and structures become JSON, times ISO 8601 in UTC, bytes hexadecimal. Unknown stays null.
    """
    return frame.select(
        *(_cell(field.name, field.dataType).alias(field.name) for field in frame.schema)
    )


def defused(text: Column) -> Column:
    """The text, with an apostrophe before what a spreadsheet would take for a formula.

    Spreadsheets show the apostrophe's cell as text; a text that has none to fear stays as it is.
    """
    return F.when(text.rlike(_FORMULA), F.concat(F.lit("'"), text)).otherwise(text)


def _cell(name: str, kind: DataType) -> Column:
    column = F.col(f"`{name}`")
    if isinstance(kind, StringType):
        return defused(column)
    if isinstance(kind, TimestampType):
        return F.date_format(column, "yyyy-MM-dd'T'HH:mm:ss'Z'")
    if isinstance(kind, BinaryType):
        return F.hex(column)
    # JSON starts with a bracket.
    return F.to_json(column) if kind.typeName() in ("array", "struct", "map") else column
