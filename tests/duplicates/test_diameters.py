"""Diameters of many groups at once, against comparing all with all."""

from __future__ import annotations

import itertools

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from influencers.duplicates import groups

HASHES = st.integers(-(2**63), 2**63 - 1)


def measured(members: dict[int, list[int]]) -> dict[int, int | None]:
    rows = [(name, one) for name, hashes in members.items() for one in hashes]
    # As they come out of a shuffle: in no order, in several batches, some of them empty.
    rows = rows[1::2] + rows[::2]
    batches = [
        pa.RecordBatch.from_pydict({
            "component": pa.array([name for name, _ in part], pa.int64()),
            "phash": pa.array([one for _, one in part], pa.int64()),
        })
        for part in (rows[:3], rows[3:], [])
    ]  # fmt: skip
    found = pa.Table.from_batches(groups.measured(iter(batches))).to_pylist()
    assert len(found) == len(members)
    return {row["component"]: row["measured"] for row in found}


def widest(hashes: list[int]) -> int:
    pairs = itertools.combinations([one % 2**64 for one in hashes], 2)
    return max(((one ^ other).bit_count() for one, other in pairs), default=0)


@given(st.dictionaries(HASHES, st.lists(HASHES, min_size=1, max_size=6, unique=True), max_size=8))
def test_groups_of_any_size(members: dict[int, list[int]]) -> None:
    assert measured(members) == {name: widest(hashes) for name, hashes in members.items()}


def test_large_groups_are_measured_by_themselves_and_huge_ones_not() -> None:
    large = [number * 0x9E3779B97F4A7C15 % 2**63 for number in range(150)]
    huge = list(range(20_001))
    assert measured({5: [1, 2], 7: large, -3: huge}) == {5: 2, 7: widest(large), -3: None}
