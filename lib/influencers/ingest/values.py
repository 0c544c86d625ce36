"""Cells as values: the spellings that real files use, and nothing that is guessed.

Each function takes a string column and gives the value, or null where the cell does not hold one;
`is_given` tells an unreadable cell from an empty one.
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

# What exports write for "no value" into cells that are not text.
_NOTHING = ("", "nan", "null", "none", "na", "n/a", "\\n")
_TRUE = ("true", "t", "yes", "y", "1", "1.0")
_FALSE = ("false", "f", "no", "n", "0", "0.0")


def is_given(cell: Column) -> Column:
    """Whether a cell that is no text says anything at all; never null."""
    return F.coalesce(~F.lower(F.trim(cell)).isin(*_NOTHING), F.lit(False))


def whole_number(cell: Column) -> Column:
    """A bigint: `12`, `12.0` and `1.2E+1` alike; null for anything else, fractions included."""
    text = F.trim(cell)
    exact = text.try_cast("decimal(38,9)")
    scientific = F.when(exact == F.floor(exact), exact.try_cast("bigint"))
    return F.coalesce(text.try_cast("bigint"), scientific)


def truth(cell: Column) -> Column:
    """A boolean from any usual spelling, in any case."""
    text = F.lower(F.trim(cell))
    return F.when(text.isin(*_TRUE), True).when(text.isin(*_FALSE), False)


def seconds(cell: Column) -> Column:
    """Unix seconds as a bigint, from a whole number or an ISO 8601 time (UTC unless it says)."""
    text = F.trim(cell)
    iso = F.when(text.rlike(r"^\d{4}-\d{2}-\d{2}"), text.try_cast("timestamp"))
    return F.coalesce(whole_number(cell), F.unix_seconds(iso))


def text(cell: Column) -> Column:
    """The text without spaces around it; null when nothing is left."""
    return F.nullif(F.trim(cell), F.lit(""))


def address(cell: Column) -> Column:
    """The URL in a cell; the first of a list that was written into one cell."""
    listed = F.regexp_extract(cell, r"https?://[^\s'\",\]]+", 0)
    return F.when(F.trim(cell).startswith("["), F.nullif(listed, F.lit(""))).otherwise(text(cell))


def as_it_is(cell: Column) -> Column:
    """The cell, spaces and all."""
    return cell
