"""The `part` column of a figure's table: what is drawn, and what is left out and why.

A row whose part is `shown` is drawn; any other part is the reason why its posts or accounts are
not, in the words of the caption.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from influencers.explore.bins import Ints
from influencers.explore.rows import Flags

SHOWN = "shown"


def first_of(*reasons: Flags) -> Ints:
    """The number of the first reason that leaves a row out, from 1; 0 where none does."""
    numbers = np.arange(1, len(reasons) + 1)
    return np.select(list(reasons), list(numbers), 0)


def named(part: pd.Series[int], reasons: Sequence[str]) -> list[str]:
    """The parts of rows by their numbers: `shown` is 0, the reasons are others."""
    return [reasons[number] for number in part]


def rows_shown(table: pd.DataFrame, *order: str) -> pd.DataFrame:
    """The rows to draw, in order; a figure may rely on neither the rows' order nor their being."""
    return table[table["part"] == SHOWN].sort_values(list(order), ignore_index=True)


def left_out(table: pd.DataFrame, things: str) -> list[tuple[str, int]]:
    """Reason and number of what is not drawn, the commonest first.

    Args:
        table: a figure's table.
        things: the column that counts, such as `posts`.
    """
    rest = table[table["part"] != SHOWN].groupby("part")[things].sum()
    counted = [(str(why), int(number)) for why, number in rest.items()]
    return sorted(counted, key=lambda pair: (-pair[1], pair[0]))
