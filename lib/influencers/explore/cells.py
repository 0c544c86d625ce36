"""Posts and accounts counted by small keys: what figures and medians are made of.

A task counts what it has by tally, reason or group, and log bins, and how many of each group have
which rounded value. The groups of all tasks are put together, and exact quantiles taken of their
values. What is left of any number of posts are the groups.

All keys of a row, and its value, are one whole number of 64 bits: rows are counted and put in
order by that alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import (
    ArrayType,
    DoubleType,
    IntegerType,
    LongType,
    StringType,
    StructField,
    StructType,
)

from influencers.explore.bins import Floats, Ints, interpolated, rounded_code, rounded_value
from influencers.explore.rows import added_from, starts

_TALLY, _KEY, _NUMBER = "tally", "key", "number"
_SUMS = (_NUMBER, "likes_only", "accounts", "posts")
# Of a group with values these are numbered (see `bins.rounded_code`) and rise; `counts` has how
# many rows have each.
_CODES, _COUNTS = "codes", "counts"
SCHEMA = StructType(
    [
        StructField(_TALLY, StringType()),
        *(StructField(name, LongType()) for name in (_KEY, *_SUMS)),
        StructField(_CODES, ArrayType(IntegerType())),
        StructField(_COUNTS, ArrayType(LongType())),
    ]
)
# The keys, and of how many bits each is; a value stands where y does.
_KEYS = {"part": 8, "x": 20, "y": 32}
_LAST = _KEYS["y"]
_QUANTILES = {"p25": 0.25, "median": 0.5, "p75": 0.75, "p90": 0.9}
_GROUPS = StructType(
    [
        StructField(_TALLY, StringType()),
        *(StructField(name, IntegerType()) for name in _KEYS),
        *(StructField(name, LongType()) for name in _SUMS),
        *(StructField(name, DoubleType()) for name in _QUANTILES),
    ]
)
GROUPS = to_arrow_schema(_GROUPS)
# So many cells of a tally are added up before more are taken.
_MANY = 500_000

Numbers = npt.NDArray[Any]


class Cells:
    """Counts rows by tally, keys and value."""

    def __init__(self) -> None:
        self._plain: dict[str, list[pa.Table]] = defaultdict(list)
        self._valued: dict[str, list[pa.Table]] = defaultdict(list)

    def count(
        self,
        tally: str,
        *,
        part: Numbers | None = None,
        x: Numbers | None = None,
        y: Numbers | None = None,
        **sums: Numbers | int,
    ) -> None:
        """Count rows; NaN in a key is null.

        Args:
            tally: what is counted.
            part: below a hundred.
            x: below half a million, either way.
            y: of 32 bits.
            sums: `number`, `likes_only`, `accounts`, `posts`: what each row adds; each count of a
                tally has the same of them.
        """
        _add(self._plain[tally], _encoded(part, x, y), sums)

    def count_values(self, tally: str, value: Floats, *, x: Numbers | None = None) -> None:
        """Count rows whose value is known, of which quantiles are taken.

        Args:
            tally: what is counted; its name is of no other count.
            value: of each row, never negative; rounded to four digits.
            x: the group of each row, as in `count`.
        """
        known = ~np.isnan(value)
        group = None if x is None else x[known]
        key = _encoded(None, group, rounded_code(value[known]))
        _add(self._valued[tally], key, {_NUMBER: 1})

    def rows(self) -> pa.Table:
        """All groups, each once, as `SCHEMA` has them."""
        schema = to_arrow_schema(SCHEMA)
        plain = {tally: _added(pa.concat_tables(each)) for tally, each in self._plain.items()}
        valued = {
            tally: _with_lists(pa.concat_tables(each)) for tally, each in self._valued.items()
        }
        return pa.concat_tables(
            [
                schema.empty_table(),
                *(_filled(rows, tally, schema) for tally, rows in {**plain, **valued}.items()),
            ]
        )


def _add(cells: list[pa.Table], key: Ints, sums: Mapping[str, Numbers | int]) -> None:
    columns = {name: np.broadcast_to(numbers, len(key)) for name, numbers in sums.items()}
    arrays = {name: pa.array(column).cast(pa.int64()) for name, column in columns.items()}
    cells.append(_added(pa.table({_KEY: key, **arrays})))
    if sum(map(len, cells)) > _MANY:
        cells[:] = [_added(pa.concat_tables(cells))]


def _added(cells: pa.Table) -> pa.Table:
    """Rows of one key as one."""
    sums = [name for name in cells.column_names if name in _SUMS]
    added = cells.group_by(_KEY, use_threads=False).aggregate([(name, "sum") for name in sums])
    return added.select([_KEY, *(f"{name}_sum" for name in sums)]).rename_columns([_KEY, *sums])


def _with_lists(cells: pa.Table) -> pa.Table:
    """Groups with their values."""
    key, number = _in_order(cells)
    group = key >> _LAST
    first = starts(group)
    offsets = pa.array(np.append(first, len(key)), pa.int32())
    codes = pa.array(_decoded(key, "y").astype(np.int32))
    return pa.table(
        {
            _KEY: group[first] << _LAST,
            _NUMBER: added_from(number, first),
            _CODES: pa.ListArray.from_arrays(offsets, codes),
            _COUNTS: pa.ListArray.from_arrays(offsets, pa.array(number)),
        }
    )


def _in_order(cells: pa.Table) -> tuple[Ints, Ints]:
    """The keys, which rise, and how many rows have each."""
    added = _added(cells)
    key = added.column(_KEY).to_numpy()
    order = np.argsort(key)
    return key[order], added.column(_NUMBER).to_numpy()[order]


def _filled(rows: pa.Table, tally: str, schema: pa.Schema) -> pa.Table:
    """Rows of a tally with all columns of a schema: sums are 0 and others null where none is."""
    size = len(rows)
    columns = {
        field.name: pa.array(np.zeros(size, np.int64))
        if field.name in _SUMS
        else pa.nulls(size, field.type)
        for field in schema
    }
    given = dict(zip(rows.column_names, rows.columns, strict=True))
    name = pa.repeat(pa.scalar(tally), size)
    return pa.table({**columns, **given, _TALLY: name}).select(schema.names).cast(schema)


def groups(cells: DataFrame) -> DataFrame:
    """The groups of all tasks, with the exact quantiles of their rounded values.

    Grain: a row a tally, part, x and y. Quantiles interpolate, and are null without values;
    the others are sums.

    Args:
        cells: of all tasks, as `SCHEMA` has them.
    """
    return cells.repartition(_TALLY, _KEY).mapInArrow(put_together, _GROUPS)


def put_together(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The groups of a partition, which has all rows of each."""
    rows = pa.Table.from_batches(list(batches), to_arrow_schema(SCHEMA))
    for tally in rows.column(_TALLY).unique().to_pylist():
        of_tally = rows.filter(pc.equal(rows.column(_TALLY), tally)).combine_chunks()
        valued = of_tally.filter(of_tally.column(_CODES).is_valid()).combine_chunks()
        if len(valued):
            groups = _with_quantiles(valued)
        else:
            added = _added(of_tally.drop_columns([_CODES, _COUNTS, _TALLY]))
            key = added.column(_KEY).to_numpy()
            groups = added.drop_columns([_KEY])
            for name in _KEYS:
                groups = groups.append_column(name, _key_column(key, name))
        yield from _filled(groups, tally, GROUPS).to_batches()


def _with_quantiles(rows: pa.Table) -> pa.Table:
    """The groups of a tally with values, each once."""
    codes, counts = (rows.column(name).chunk(0) for name in (_CODES, _COUNTS))
    group = rows.column(_KEY).to_numpy()[pc.list_parent_indices(codes).to_numpy()]
    last = codes.flatten().to_numpy().astype(np.int64)
    key, number = _in_order(
        pa.table({_KEY: group + last + 2 ** (_LAST - 1), _NUMBER: counts.flatten()})
    )
    first = starts(key >> _LAST)
    total, so_far = added_from(number, first), np.cumsum(number)
    before, value = so_far[first] - number[first], rounded_value(_decoded(key, "y"))
    found = {name: _key_column(key[first], name) for name in ("part", "x")}
    for name, share in _QUANTILES.items():
        places = np.asarray((total - 1) * share, np.float64)
        found[name] = pa.array(
            interpolated(
                places,
                lambda rank: value[np.searchsorted(so_far, before + rank, side="right")],
            )
        )
    return pa.table({**found, _NUMBER: total})


def _encoded(part: Numbers | None, x: Numbers | None, y: Numbers | None) -> Ints:
    """All keys in one number, in their order; null comes first."""
    numbers = (part, x, y)
    size = next(len(one) for one in numbers if one is not None)
    key = np.zeros(size, np.int64)
    for one, bits in zip(numbers, _KEYS.values(), strict=True):
        key <<= bits
        if one is not None:
            # From 1 up: 0 is null.
            middle = 2 ** (bits - 1)
            key += np.nan_to_num(one + middle, nan=0).astype(np.int64)
    return key


def _decoded(key: Ints, name: str) -> Ints:
    """One of the keys; where it is null, the lowest number there is."""
    bits = list(_KEYS.values())
    place = list(_KEYS).index(name)
    own: Ints = (key >> sum(bits[place + 1 :])) & (2 ** bits[place] - 1)
    own -= 2 ** (bits[place] - 1)
    return own


def _key_column(key: Ints, name: str) -> pa.Array:
    """One of the keys, as a column."""
    numbers = _decoded(key, name)
    return pa.array(numbers, mask=numbers == -(2 ** (_KEYS[name] - 1))).cast(pa.int32())


class Groups:
    """The groups of all tallies, in the driver's memory.

    Args:
        frame: of `groups`.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self._of = {str(tally): rows for tally, rows in frame.groupby(_TALLY, sort=True)}
        self._none = frame.iloc[:0]

    def of(self, tally: str) -> pd.DataFrame:
        """The groups of a tally, in the order of part, x and y; no rows where nothing counted."""
        rows = self._of.get(tally, self._none)
        found = rows.drop(columns=_TALLY).sort_values([*_KEYS], ignore_index=True)
        return found if found["part"].isna().any() else found.astype({"part": int})

    def values_at(self, tally: str, x: pd.Series[float]) -> pd.DataFrame:
        """The groups of a tally of values, one for each x; NaN where nothing counted."""
        return self.of(tally).set_index("x").reindex(x)


def quartiles(groups: pd.DataFrame, prefix: str) -> dict[str, Floats]:
    """The columns `{prefix}_p25`, `{prefix}_median` and `{prefix}_p75` of groups."""
    return {f"{prefix}_{name}": groups[name].to_numpy() for name in ("p25", "median", "p75")}
