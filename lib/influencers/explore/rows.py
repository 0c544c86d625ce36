"""Rows of an Arrow table by numpy columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from influencers.explore.bins import Floats, Ints

Flags = npt.NDArray[np.bool_]


class Rows:
    """Rows whose columns are read as numpy arrays, each once.

    Args:
        table: the rows.
    """

    def __init__(self, table: pa.Table) -> None:
        self._table = table.combine_chunks()
        self._floats: dict[str, Floats] = {}

    def __len__(self) -> int:
        return len(self._table)

    def where(self, kept: Flags) -> Rows:
        """Those of them that are kept."""
        return Rows(self._table.filter(pa.array(kept)))

    def at(self, places: Ints) -> Rows:
        """Those at these places, in this order."""
        return Rows(self._table.take(pa.array(places)))

    def followed_by(self, others: Rows) -> Rows:
        """These rows and others."""
        return Rows(pa.concat_tables([self._table, others._table]))

    def batches(self) -> list[pa.RecordBatch]:
        """All rows, as Arrow has them."""
        batches: list[pa.RecordBatch] = self._table.to_batches()
        return batches

    def without(self, *names: str) -> Rows:
        """The same rows without some of their columns."""
        return Rows(self._table.drop_columns(list(names)))

    def with_columns(self, **columns: pa.Array | npt.NDArray[np.generic]) -> Rows:
        """The same rows with other columns of these names, or with further ones."""
        table = self._table.drop_columns([n for n in columns if n in self._table.column_names])
        for name, column in columns.items():
            table = table.append_column(name, pa.array(column))
        return Rows(table)

    def column(self, name: str) -> pa.Array:
        """A column as Arrow has it."""
        chunks = self._table.column(name).chunks
        return chunks[0] if chunks else pa.array([], self._table.schema.field(name).type)

    def floats(self, name: str) -> Floats:
        """Numbers; NaN where they are null."""
        if name not in self._floats:
            self._floats[name] = floats(self.column(name))
        return self._floats[name]

    def ints(self, name: str, null: int = 0) -> Ints:
        """Whole numbers; `null` where they are null."""
        column = self.column(name).cast(pa.int64()).fill_null(null)
        return np.asarray(column.to_numpy(zero_copy_only=False), np.int64)

    def is_true(self, name: str) -> Flags:
        """Where a yes or no is yes."""
        column = self.column(name).fill_null(False)
        return np.asarray(column.to_numpy(zero_copy_only=False), np.bool_)

    def is_null(self, name: str) -> Flags:
        """Where a column has nothing."""
        return np.asarray(self.column(name).is_null().to_numpy(zero_copy_only=False), np.bool_)

    def places(self, name: str, names: Sequence[str]) -> Ints:
        """Where each text stands among the names, from 0; -1 where it does not."""
        return places(self.column(name), names)


def floats(column: pa.Array | pa.ChunkedArray) -> Floats:
    """A column of numbers; NaN where they are null."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))


def places(texts: pa.Array, names: Sequence[str]) -> Ints:
    """Where each text stands among the names, from 0; -1 where it does not."""
    found = pc.index_in(texts, pa.array(names, pa.string())).fill_null(-1)
    return np.asarray(found.to_numpy(zero_copy_only=False), np.int64)


def starts(*columns: npt.NDArray[np.generic]) -> Ints:
    """The places whose row differs from the one before it; the first place is one.

    >>> starts(np.array([5, 5, 7]), np.array([1, 1, 1])).tolist()
    [0, 2]
    """
    differs = np.zeros(len(columns[0]), np.bool_)
    differs[:1] = True
    for column in columns:
        differs[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(differs)


def added_from(numbers: Ints, first: Ints) -> Ints:
    """The sums of numbers from each place to before the next.

    >>> added_from(np.array([1, 2, 3]), np.array([0, 2])).tolist()
    [3, 3]
    """
    return np.add.reduceat(numbers, first) if len(first) else numbers[:0]
