"""Cells as values: the spellings that real files use, and nothing that is guessed.

Each function takes a string column and gives the value, or null where the cell does not hold one;
`is_given` tells an unreadable cell from an empty one.
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

# What pandas, R, SQL and spreadsheets write for "no value" into cells that are not text.
_NOTHING = (
    "", "nan", "null", "none", "na", "n/a", "\\n", "<na>", "nat", "#n/a", "-", "--",
    "\u2013", "\u2014",
)  # fmt: skip
# What is around a text and no part of it: spreadsheets and pages leave tabs and no-break spaces.
SPACES = " \t\r\n\u00a0\ufeff"
_TRUE = ("true", "t", "yes", "y", "1", "1.0")
_FALSE = ("false", "f", "no", "n", "0", "0.0")


# Digits are grouped by these, and by what `_groups` adds: spaces, no-break ones too, apostrophes.
_GROUPING = ("[ \u00a0\u202f]", "['\u2019]")
# A single group behind a point; one whose digits are no zeros, so that it is no fraction.
_POINT_GROUP = r"^[+-]?[1-9]\d{0,2}\.\d{3}$"
_SURE_POINT_GROUP = r"^[+-]?[1-9]\d{0,2}\.(?!000)\d{3}$"
# A whole number with a decimal comma.
_COMMA_ZEROS = r"^([+-]?\d+),0{1,2}$"
# A mantissa, its digits behind the point, and the exponent.
_SCIENTIFIC = r"^[+-]?\d+(?:\.(\d*))?[eE]\+?(\d{1,3})$"
# Seconds since 1970 stay below this until the year 5138; milliseconds passed it in 1973. Each finer
# unit is a thousand times as much, so that a time in use can be meant in one unit alone.
_MILLISECONDS = 100_000_000_000
# What stands between two addresses of a list.
BETWEEN_ADDRESSES = r"[\s,;|]+https?://"
# Dates by day, month, year in some order, with a time behind them.
_CLOCK = r"(\d{4})(?:,? +(\d{1,2}):(\d{2})(?::(\d{2}))? ?([AaPp][Mm])?)?$"
_SLASHED = rf"^(\d{{1,2}})/(\d{{1,2}})/{_CLOCK}"
_DOTTED = rf"^(\d{{1,2}})\.(\d{{1,2}})\.{_CLOCK}"
_BRACKETS = r"(?:Z|[+-]\d{2}:?\d{2})?\[([A-Za-z]+/[A-Za-z_/]+)\]$"
_HAS_ZONE = r"(?:[ 0-9](?:Z|UTC|GMT.*|[A-Z][A-Za-z]+/[A-Za-z_/]+)|\d{2}:\d{2}.*[+-]\d{2}:?\d{2})$"
# Abbreviations of zones that exports write, winter and summer apart, as Java does not keep them.
_ZONES = {
    "EST": "-05:00", "EDT": "-04:00", "CST": "-06:00", "CDT": "-05:00", "MST": "-07:00",
    "MDT": "-06:00", "PST": "-08:00", "PDT": "-07:00", "BST": "+01:00", "CET": "+01:00",
    "CEST": "+02:00", "EET": "+02:00", "EEST": "+03:00", "JST": "+09:00", "UTC": "Z", "GMT": "Z",
}  # fmt: skip
_ABBREVIATION = " ([A-Z]{3,4})$"
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
    return F.coalesce(~F.lower(trimmed(cell)).isin(*_NOTHING), F.lit(False))


def whole_number(cell: Column, *, decimal: str = "") -> Column:
    """A bigint: `12`, `12.0`, `1.2E+1`, `1,234` and `1 234` alike; null for fractions and all else.

    Digits are grouped by commas, points, spaces or apostrophes. Of a single group behind a point,
    as in `12.000`, `decimal` has to say whether the point groups: see `is_ambiguous_number`.

    Args:
        cell: the text.
        decimal: the decimal mark, `.` or `,`; empty: it is not known.
    """
    text = trimmed(cell)
    # A point that may group is no decimal mark unless that is said.
    alone = text if decimal == "." else F.when(~text.rlike(_POINT_GROUP), text)
    if decimal != ".":
        mark, point = (",", ".") if decimal == "," else (_COMMA_ZEROS, "$1")
        alone = F.regexp_replace(alone, mark, point)
    exact = alone.try_cast("decimal(38,9)")
    whole = F.when(exact == F.floor(exact), exact.try_cast("bigint"))
    digits = F.regexp_replace(text, r"[^0-9+-]", "")
    grouped = F.when(text.rlike("|".join(_groups(decimal))), digits).try_cast("bigint")
    return F.coalesce(whole, grouped)


def _groups(decimal: str) -> list[str]:
    """What grouped digits look like, where `decimal` is the decimal mark."""
    patterns = [rf"^[+-]?\d{{1,3}}(?:{mark}\d{{3}})+$" for mark in _GROUPING]
    if decimal != ",":
        patterns.append(r"^[+-]?\d{1,3}(?:,\d{2,3})*,\d{3}$")  # India groups by two
    if decimal == ",":
        patterns.append(r"^[+-]?\d{1,3}(?:\.\d{3})+$")
    elif decimal == "":
        patterns += [r"^[+-]?\d{1,3}(?:\.\d{3}){2,}$", _SURE_POINT_GROUP]
    return patterns


def is_ambiguous_number(cell: Column, *, decimal: str = "") -> Column:
    """Whether a number is one thing with a decimal point, and another with one that groups.

    `12.000` may be twelve or twelve thousand. `12.500` is no whole number with a decimal point, and
    so twelve and a half thousand.
    """
    found = trimmed(cell).rlike(_POINT_GROUP) & ~trimmed(cell).rlike(_SURE_POINT_GROUP)
    return F.coalesce(found, F.lit(False)) if decimal == "" else F.lit(False)


def is_rounded(cell: Column) -> Column:
    """Whether a number has an exponent that is larger than the digits it is written with; not null.

    `1.23456789E+8` names each digit, `1.23E+8` has lost some: as an id it may stand for many.
    """
    behind, exponent = scientific(cell)
    return F.coalesce(F.length(behind) < exponent, F.lit(False))


def scientific(cell: Column) -> tuple[Column, Column]:
    """The digits behind the point, and the exponent, of a number with one; its exponent is null."""
    behind, exponent = (F.regexp_extract(trimmed(cell), _SCIENTIFIC, place) for place in (1, 2))
    return behind, exponent.try_cast("int")


def is_spoilt_key(cell: Column) -> Column:
    """Whether a shortcode is what a spreadsheet makes of one; never null.

    Shortcodes are of letters, digits, `-` and `_`, most of them eleven: `1E10` may be one.
    """
    return F.coalesce(trimmed(cell).rlike(_SPOILT), F.lit(False))


def truth(cell: Column) -> Column:
    """A boolean from any usual spelling, in any case."""
    text = F.lower(trimmed(cell))
    return F.when(text.isin(*_TRUE), True).when(text.isin(*_FALSE), False)


def seconds(
    cell: Column,
    *,
    number: Column | None = None,
    iso: Column | None = None,
    timezone: str = "UTC",
    date_order: str = "",
) -> Column:
    """Unix seconds as a bigint, from a whole number, an ISO 8601 time, or a date by day and month.

    A number from 10^11 on is of milliseconds, from 10^14 of microseconds, from 10^17 of
    nanoseconds, if each of its digits is there. `13.05.2024 15:45` begins with the day, of
    `05/13/2024 3:45 PM` `date_order` says it.

    Args:
        cell: the text.
        number: it as a whole number, if that is at hand: it is looked at many times.
        iso: as `iso_time` has it, likewise.
        timezone: of times that name no zone.
        date_order: `dmy` or `mdy`, of dates with slashes; empty: such a date is none.
    """
    number = whole_number(cell, decimal=".") if number is None else number
    iso = iso_time(cell, date_order) if iso is None else iso
    scaled = F.when(number < _MILLISECONDS, number)
    for power in (1, 2, 3):
        unit = _in_unit(number, 1000**power)
        below = _MILLISECONDS * 1000**power
        scaled = scaled.when(number < below, unit) if power < 3 else scaled.otherwise(unit)
    sure = (number > 0) & ~is_rounded(cell)
    from_number = F.when(sure, scaled).otherwise(number)
    return F.coalesce(from_number, F.unix_seconds(_moment(iso, timezone)))


def is_ambiguous_date(cell: Column, *, date_order: str = "") -> Column:
    """Whether a date has day and month in an order that nothing says; never null."""
    text = trimmed(cell)
    return F.coalesce(text.rlike(_SLASHED), F.lit(False)) if not date_order else F.lit(False)


def is_ambiguous_hour(iso: Column, *, timezone: str) -> Column:
    """Whether a time without a zone is of an hour that came twice, as clocks were put back.

    `seconds` takes the first. Null for a time with a zone, and for none.

    Args:
        iso: as `iso_time` has it.
        timezone: of times that name no zone.
    """
    local = F.when(~iso.rlike(_HAS_ZONE), iso.try_cast("timestamp_ntz"))
    zone, utc = F.lit(timezone), F.lit("UTC")
    later = F.convert_timezone(zone, utc, local) + F.expr("INTERVAL 1 HOUR")
    return F.convert_timezone(utc, zone, later) == local


def iso_time(cell: Column, date_order: str = "") -> Column:
    """A time as ISO 8601 has it; null where it is none that is known."""
    text = trimmed(cell)
    zoned = F.regexp_replace(text, _BRACKETS, " $1")
    offsets = F.create_map(*(F.lit(one) for pair in _ZONES.items() for one in pair))
    offset = offsets[F.regexp_extract(zoned, _ABBREVIATION, 1)]
    zoned = F.coalesce(F.regexp_replace(zoned, _ABBREVIATION, offset), zoned)
    slashed = F.regexp_replace(zoned, r"^(\d{4})/(\d{1,2})/", "$1-$2-")
    iso = F.when(slashed.rlike(r"^\d{4}-\d{1,2}-\d{1,2}"), slashed)
    dotted = _of_parts(text, _DOTTED, "dmy")
    if not date_order:
        return F.coalesce(iso, dotted)
    return F.coalesce(iso, dotted, _of_parts(text, _SLASHED, date_order))


def _of_parts(text: Column, pattern: str, order: str) -> Column:
    """The ISO time of a date of day, month and year, and the time behind it."""
    first, second, year, hour, minute, second_, half = (
        F.regexp_extract(text, pattern, place) for place in range(1, 8)
    )
    day, month = (first, second) if order == "dmy" else (second, first)
    whole = F.when(hour == "", F.lit(0)).otherwise(hour.try_cast("int"))
    of_day = (
        F.when(half == "", whole).when(F.lower(half) == "pm", whole % 12 + 12).otherwise(whole % 12)
    )
    date = F.concat_ws("-", year, month, day)
    clock = F.concat_ws(
        ":", of_day.cast("string"), *(_or_zeros(part) for part in (minute, second_))
    )
    return F.when(text.rlike(pattern), F.concat_ws(" ", date, clock))


def _or_zeros(part: Column) -> Column:
    return F.when(part == "", "00").otherwise(part)


def _moment(iso: Column, timezone: str) -> Column:
    if timezone == "UTC":
        return iso.try_cast("timestamp")
    local = F.convert_timezone(F.lit(timezone), F.lit("UTC"), iso.try_cast("timestamp_ntz"))
    return F.when(iso.rlike(_HAS_ZONE), iso.try_cast("timestamp")).otherwise(
        local.cast("timestamp")
    )


def _in_unit(number: Column, size: int) -> Column:
    """How often `size` goes into a positive bigint; exact, as a division of doubles is not."""
    return ((number - number % size).cast("decimal(20,0)") / size).cast("bigint")


def text(cell: Column) -> Column:
    """The text without spaces around it; null when nothing is left."""
    return F.nullif(trimmed(cell), F.lit(""))


def key(cell: Column) -> Column:
    """The text without spaces around it; null when it says nothing, as `null` and `NA` do."""
    return F.when(is_given(cell), trimmed(cell))


def address(cell: Column) -> Column:
    """The URL in a cell; the first of a list that was written into one cell.

    A list is in brackets, as JSON and Python have it, or addresses stand one behind the other.
    Commas, brackets and quotes within an address stay.
    """
    text = trimmed(cell)
    quoted = F.regexp_extract(text, r"""^\[\s*(["'])(https?://.*?)\1\s*(?:,|\]$)""", 2)
    bare = F.regexp_extract(text, rf"^\[\s*(https?://.*?)\s*(?:{BETWEEN_ADDRESSES}.*)?\]$", 1)
    in_brackets = F.when(quoted != "", quoted).otherwise(bare)
    several = F.regexp_extract(text, rf"^(https?://.*?){BETWEEN_ADDRESSES}", 1)
    return (
        F.when(text.startswith("["), F.nullif(in_brackets, F.lit("")))
        .when(several != "", several)
        .otherwise(key(cell))
    )


def trimmed(cell: Column) -> Column:
    """The text without spaces around it."""
    return F.btrim(cell, F.lit(SPACES))
