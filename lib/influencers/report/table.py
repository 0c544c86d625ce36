"""A table of the report, and numbers as people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Table:
    """A table as it is shown: texts throughout; numeric columns are set to the right.

    Attributes:
        note: how to read the rows; not shown where there are none.
        empty: what is said in place of the rows where there are none.
        thumbnails: a JPEG for each row, or none for any; None where one is missing.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()
    note: str = ""
    empty: str = "None."
    thumbnails: tuple[bytes | None, ...] = ()


def count(value: object) -> str:
    """`12,345`; a dash for what is unknown."""
    return "–" if unknown(value) else f"{int(float(str(value))):,}"


def decimal(value: object, places: int = 3) -> str:
    """`0.123`; a dash for what is unknown."""
    return "–" if unknown(value) else f"{float(str(value)):.{places}f}"


def percent(value: object) -> str:
    """`12.3 %` of a fraction, with as many digits as it takes; a dash for what is unknown."""
    if unknown(value):
        return "–"
    hundredths = 100 * float(str(value))
    return f"{hundredths:.2f} %" if abs(hundredths) < 1 else f"{hundredths:,.1f} %"


def plain(name: str) -> str:
    """A key as words."""
    return name.replace("_", " ")


def noun(number: object, things: str) -> str:
    """The word for a number of things: `posts`, but `post` of one.

    >>> noun(1, "posts"), noun(0, "posts"), noun(1, "records in quarantine")
    ('post', 'posts', 'record in quarantine')
    >>> noun(1, "communities")
    'community'
    """
    if number != 1:
        return things
    first, *rest = things.split(" ")
    one = f"{first[:-3]}y" if first.endswith("ies") else first.removesuffix("s")
    return " ".join((one, *rest))


def unknown(value: object) -> bool:
    """Whether there is no value: None or NaN."""
    return value is None or value != value  # NaN alone differs from itself


def rows_of(frame: pd.DataFrame) -> Sequence[Mapping[str, Any]]:
    """The rows of a frame, as values by column."""
    records: list[dict[str, Any]] = [
        {str(name): value for name, value in row.items()} for row in frame.to_dict("records")
    ]
    return records
