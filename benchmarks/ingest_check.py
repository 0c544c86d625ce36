"""Whether two outputs of `ingest.py` say the same, column by column."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

KEYS = {"post_features": "shortcode", "accounts": "owner_id"}
_RELATIVE = 1e-9
# Earlier versions took means of rates of decimals with twelve digits.
_ABSOLUTE = 1e-12
# Of so many columns that are not made the names are given.
_NAMED = 4


@dataclass(frozen=True)
class Comparison:
    """A table of one output beside that of another.

    Attributes:
        both: rows whose key is in both, and which are compared.
        only: rows whose key is not in the other one, of either.
        repeated: further rows of the second output with a key that it has given already.
        equal: columns with the same values in all these rows.
        different: columns with others, and in how many rows.
        absent: columns of the first that the second does not have.
    """

    table: str
    both: int
    only: tuple[int, int]
    repeated: int
    equal: tuple[str, ...]
    different: dict[str, int]
    absent: tuple[str, ...]

    def line(self) -> str:
        """The comparison in a line."""
        parts = [f"{self.both:,} keys in both, {len(self.equal)} columns equal"]
        if self.different:
            counts = ", ".join(f"{name} {rows:,}" for name, rows in self.different.items())
            parts.append(f"different rows: {counts}")
        if any(self.only):
            parts.append(f"{self.only[0]:,} keys only in ours, {self.only[1]:,} only there")
        if self.repeated:
            parts.append(f"{self.repeated:,} repeated keys")
        if self.absent:
            few = len(self.absent) <= _NAMED
            parts.append(
                f"not made: {', '.join(self.absent) if few else f'{len(self.absent)} columns'}"
            )
        return f"{self.table}: {'; '.join(parts)}"


def compare(ours: Path, theirs: Path) -> list[Comparison]:
    """Both tables of an output beside those of another."""
    return [_compared(table, _table(ours, table), _table(theirs, table)) for table in KEYS]


def _table(output: Path, name: str) -> pd.DataFrame:
    """A table of an output: Delta below tables/, or Parquet in a file or a folder."""
    delta = output / "tables" / name
    if delta.exists():
        found = pa.concat_tables(pq.read_table(path) for path in delta_files(delta))
    else:
        found = pq.read_table(output / f"{name}.parquet")
    frame: pd.DataFrame = found.to_pandas()
    return frame


def delta_files(table: Path) -> list[Path]:
    """The files of a Delta table with a short log: no checkpoint, no partition, no deletion vector.

    Raises:
        SystemExit: the table has a deletion vector.
    """
    files = {}
    for version in sorted((table / "_delta_log").glob("*.json")):
        for line in version.read_text().splitlines():
            action = json.loads(line)
            if "add" in action:
                files[action["add"]["path"]] = action["add"].get("deletionVector")
            elif "remove" in action:
                files.pop(action["remove"]["path"], None)
    if any(files.values()):
        raise SystemExit(f"{table} has deletion vectors: this reads none")
    return [table / path for path in files]


def _compared(table: str, ours: pd.DataFrame, theirs: pd.DataFrame) -> Comparison:
    key = KEYS[table]
    others = theirs.drop_duplicates(key).set_index(key)
    known = ours.set_index(key)
    both = known.index.intersection(others.index)
    common = [name for name in known.columns if name in others.columns]
    different = {}
    for name in common:
        rows = int((~same(known.loc[both, name], others.loc[both, name])).sum())
        if rows:
            different[name] = rows
    return Comparison(
        table=table,
        both=len(both),
        only=(len(known) - len(both), len(others) - len(both)),
        repeated=len(theirs) - len(others),
        equal=tuple(name for name in common if name not in different),
        different=different,
        absent=tuple(name for name in known.columns if name not in others.columns),
    )


def same(ours: pd.Series, theirs: pd.Series) -> pd.Series:
    """Which values are the same: unknown in both, or equal; fractions may be close to each other.

    Times are the same whatever their unit, and numbers whatever their type.
    """
    one, other = _plain(ours), _plain(theirs)
    unknown = one.isna() & other.isna()
    if pd.api.types.is_float_dtype(one) and pd.api.types.is_float_dtype(other):
        allowed = _RELATIVE * one.abs().clip(lower=other.abs()) + _ABSOLUTE
        # Counts, ids and times are large: what is whole in both is the same or is not.
        whole = (one % 1 == 0) & (other % 1 == 0)
        return unknown | ((one - other).abs() <= allowed.mask(whole, 0.0))
    return unknown | (one == other)


def _plain(values: pd.Series) -> pd.Series:
    """Numbers, truths and times as floats, all else as it is."""
    if pd.api.types.is_datetime64_any_dtype(values):
        utc = pd.to_datetime(values, utc=True).astype("datetime64[us, UTC]")
        return utc.astype("int64").where(utc.notna()).astype("float64")
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.astype("object")
    if pd.api.types.infer_dtype(values, skipna=True) in ("boolean", "integer", "floating"):
        return values.astype("Float64").astype("float64")
    return values
