"""Counts that are rounded where they are shown: their value, and the step they are rounded to.

`1.2K` and `3,4 mln` are abbreviated; `1.23E+6` is how a spreadsheet writes a wide number. The step
is that of the last digit: 100, 100,000 and 10,000.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.ingest.values import scientific

COUNTS = ("likes", "comments", "followers", "following")
# Of counts, in the table posts.
RESOLUTIONS = tuple(f"{count}_resolution" for count in COUNTS)

# By power of ten, the words and abbreviations of Instagram's languages, in lower case.
_UNITS = {
    3: "k|tsd|tys|rb|mil|thousand|\u0442\u044b\u0441|\u5343|\ucc9c",
    4: "\u4e07|\u842c|\ub9cc",
    5: "lakh",
    6: "m|mi|mio|mln|mn|jt|million|\u043c\u043b\u043d",
    7: "crore",
    8: "\u4ebf|\u5104|\uc5b5",
    9: "bn|mrd|billion|\u043c\u043b\u0440\u0434",
}
_ANY_UNIT = "|".join(_UNITS.values())
# Billions in English, thousands in Turkish.
_UNSURE_UNIT = "b"
_SPACE = "[ \u00a0\u202f]?"
_START = r"(?iu)^\s*\+?(\d{1,9})"
# One mark with three digits behind it may group them.
_BEHIND_ANY = r"(?:[.,](\d{0,9}))?"
_BEHIND = r"(?:[.,](\d{0,2}|\d{4,9}))?"
_ENDS_IN_LETTERS = rf"\d{_SPACE}\p{{L}}+\.?\s*$"


def with_exponent(cell: Column, *, decimal: str = "") -> Column:
    """An abbreviated count with an exponent in place of the abbreviation; other cells as they are.

    `1.2K` becomes `1.2E+3`, which has the same value and the same last digit.

    Args:
        cell: the text.
        decimal: the decimal mark, `.` or `,`; empty: either.
    """
    text = F.replace(cell, F.lit("," if decimal == "." else "."), F.lit("")) if decimal else cell
    pattern = _pattern(_BEHIND_ANY if decimal else _BEHIND, _ANY_UNIT)
    unit = F.regexp_extract(F.lower(text), pattern, 3)
    mantissa = F.regexp_replace(text, pattern, "$1.$2E+")
    # Few cells are such counts, and looking for all of them takes long.
    power = F.when(cell.rlike(_ENDS_IN_LETTERS), _powers()[unit])
    return F.coalesce(F.concat(mantissa, power), cell)


def is_ambiguous(cell: Column, *, decimal: str = "") -> Column:
    """Whether an abbreviated count may be two numbers, as `1.234K` and `1.5B`; never null."""
    patterns = [_pattern(_BEHIND_ANY, _UNSURE_UNIT)]
    if not decimal:
        patterns.append(_pattern(r"[.,]\d{3}", _ANY_UNIT))
    return F.coalesce(cell.rlike("|".join(patterns)), F.lit(False))


def resolution(cell: Column) -> Column:
    """The step to which a number is rounded, as a bigint; null for one with all of its digits.

    Args:
        cell: the text, as `with_exponent` makes it.
    """
    behind, exponent = scientific(cell)
    zeros = exponent - F.length(behind)
    step = F.concat(F.lit("1"), F.repeat(F.lit("0"), zeros)).try_cast("bigint")
    return F.when(zeros > 0, step)


def _pattern(behind: str, units: str) -> str:
    return rf"{_START}{behind}{_SPACE}({units})\.?\s*$"


def _powers() -> Column:
    """By unit, its power of ten."""
    powers = [(unit, str(power)) for power, units in _UNITS.items() for unit in units.split("|")]
    return F.create_map(*(F.lit(text) for pair in powers for text in pair))


def with_counts_written(posts: DataFrame) -> DataFrame:
    """Posts with their counts as texts that are read again with their resolution: `1.2E+3`."""
    return posts.withColumns(
        {name: _written(F.col(name), F.col(f"{name}_resolution")) for name in COUNTS}
    )


def _written(value: Column, step: Column) -> Column:
    lost = F.length(step.cast("string")) - 1
    digits = ((value - value % step) / step).cast("bigint").cast("string")
    behind = F.substring(digits, F.lit(2), F.length(digits))
    mantissa = F.concat_ws(".", F.substring(digits, 1, 1), F.nullif(behind, F.lit("")))
    exponent = (lost + F.length(behind)).cast("string")
    rounded = F.concat(mantissa, F.lit("E+"), exponent)
    return F.coalesce(rounded, value.cast("string"))
