"""Tables for a spreadsheet: flat, and with nothing in them that it would run."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import BinaryType, DataType, StringType, TimestampType

# A cell that starts so is a formula to one spreadsheet or another, after spaces too.
_FORMULA = r"(?:[\s\p{Z}]*[=+\-@＝＋－＠]|[\t\r\n])"
# What got an apostrophe; a text that had some before gets one more, so that it can be taken back.
_DEFUSED = rf"^'('*{_FORMULA})"


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
    is_formula = text.rlike(rf"^'*{_FORMULA}")
    return F.when(is_formula, F.concat(F.lit("'"), text)).otherwise(text)


def restored(texts: pa.Array) -> pa.Array:
    """Texts as they were before `defused`."""
    return pc.replace_substring_regex(texts, _DEFUSED, r"\1")


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
