"""Cells as values: the spellings that real files use, and nothing that is guessed.

Each function takes a string column and gives the value, or null where the cell does not hold one;
`is_given` tells an unreadable cell from an empty one.
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

# What pandas, R, SQL and spreadsheets write for "no value" into cells that are not text.
_NOTHING = ("", "nan", "null", "none", "na", "n/a", "\\n", "<na>", "nat", "#n/a")
# What is around a text and no part of it: spreadsheets and pages leave tabs and no-break spaces.
SPACES = " \t\r\n\u00a0\ufeff"
_TRUE = ("true", "t", "yes", "y", "1", "1.0")
_FALSE = ("false", "f", "no", "n", "0", "0.0")


# A mantissa, its digits behind the point, and the exponent.
_SCIENTIFIC = r"^[+-]?\d+(?:\.(\d*))?[eE]\+?(\d{1,3})$"
# Seconds since 1970 stay below this until the year 5138; milliseconds passed it in 1973. Each finer
# unit is a thousand times as much, so that a time in use can be meant in one unit alone.
_MILLISECONDS = 100_000_000_000
# What a spreadsheet makes of a shortcode: an error (#NAME?, #REF!, ####), a number with an exponent
# (1.5E+10), or a day.
MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_SPOILT = (
    r"(?i)^(?:#.*|[+-]?\d+(?:[.,]\d+E[+-]?\d+|E\+\d+)"
    r"|\d{4}-\d{2}-\d{2}(?:[ t]\d.*)?|\d{1,2}/\d{1,2}(?:/\d{2,4})?|\d{1,2}\.\d{1,2}\.\d{2,4}"
    rf"|\d{{1,2}}[- ]{MONTH}(?:[- ]\d{{2,4}})?|{MONTH}[- ]\d{{2,4}})$"
)


def is_given(cell: Column) -> Column:
    """Whether a cell that is no text says anything at all; never null."""
    return F.coalesce(~F.lower(_trimmed(cell)).isin(*_NOTHING), F.lit(False))


def whole_number(cell: Column) -> Column:
    """A bigint: `12`, `12.0` and `1.2E+1` alike; null for anything else, fractions included."""
    text = _trimmed(cell)
    exact = text.try_cast("decimal(38,9)")
    scientific = F.when(exact == F.floor(exact), exact.try_cast("bigint"))
    return F.coalesce(text.try_cast("bigint"), scientific)


def is_rounded(cell: Column) -> Column:
    """Whether a number has an exponent that is larger than the digits it is written with; not null.

    `1.23456789E+8` names each digit, `1.23E+8` has lost some: as an id it may stand for many.
    """
    digits = F.length(F.regexp_extract(_trimmed(cell), _SCIENTIFIC, 1))
    exponent = F.regexp_extract(_trimmed(cell), _SCIENTIFIC, 2).try_cast("int")
    return F.coalesce(digits < exponent, F.lit(False))


def is_spoilt_key(cell: Column) -> Column:
    """Whether a shortcode is what a spreadsheet makes of one; never null.

    Shortcodes are of letters, digits, `-` and `_`, most of them eleven: `1E10` may be one.
    """
    return F.coalesce(_trimmed(cell).rlike(_SPOILT), F.lit(False))


def truth(cell: Column) -> Column:
    """A boolean from any usual spelling, in any case."""
    text = F.lower(_trimmed(cell))
    return F.when(text.isin(*_TRUE), True).when(text.isin(*_FALSE), False)


def seconds(cell: Column) -> Column:
    """Unix seconds as a bigint, from a whole number or an ISO 8601 time (UTC unless it says).

    A number from 10^11 on is of milliseconds, from 10^14 of microseconds, from 10^17 of
    nanoseconds, if each of its digits is there.
    """
    text = _trimmed(cell)
    iso = F.when(text.rlike(r"^\d{4}-\d{2}-\d{2}"), text.try_cast("timestamp"))
    number = whole_number(cell)
    scaled = F.when(number < _MILLISECONDS, number)
    for power in (1, 2, 3):
        unit = _in_unit(number, 1000**power)
        below = _MILLISECONDS * 1000**power
        scaled = scaled.when(number < below, unit) if power < 3 else scaled.otherwise(unit)
    sure = (number > 0) & ~is_rounded(cell)
    return F.coalesce(F.when(sure, scaled).otherwise(number), F.unix_seconds(iso))


def _in_unit(number: Column, size: int) -> Column:
    """How often `size` goes into a positive bigint; exact, as a division of doubles is not."""
    return ((number - number % size).cast("decimal(20,0)") / size).cast("bigint")


def text(cell: Column) -> Column:
    """The text without spaces around it; null when nothing is left."""
    return F.nullif(_trimmed(cell), F.lit(""))


def key(cell: Column) -> Column:
    """The text without spaces around it; null when it says nothing, as `null` and `NA` do."""
    return F.when(is_given(cell), _trimmed(cell))


def address(cell: Column) -> Column:
    """The URL in a cell; the first of a list that was written into one cell."""
    listed = F.regexp_extract(cell, r"https?://[^\s'\",\]]+", 0)
    return F.when(_trimmed(cell).startswith("["), F.nullif(listed, F.lit(""))).otherwise(key(cell))


def as_it_is(cell: Column) -> Column:
    """The cell, spaces and all."""
    return cell


def _trimmed(cell: Column) -> Column:
    return F.btrim(cell, F.lit(SPACES))
