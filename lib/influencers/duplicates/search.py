"""Every pair of hashes within a radius, on as many machines as there are.

Hashes travel as blocks of words, not as rows: what Spark moves and sorts is a few hundred binary
values, and the words in them are arranged, sorted and compared by numpy. Which scheme is used, and
where its tables are cut into tasks, follows from histograms of the keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.duplicates import kernel
from influencers.duplicates.schemes import BITS, Scheme, Table, Words

PAIRS = "a bigint, b bigint, distance int"
_PACKED = "words binary, hashes bigint"
_HISTOGRAM = "`table` int, counts binary"
_SLICE = "slot int, words binary"

_WORDS = 1 << 20  # of a block, at most
_PREFIX_BITS = 13  # of a key, by which its table is cut into tasks
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Slot:
    """What one task looks at: the words of a table whose keys begin with one of some prefixes.

    Attributes:
        table: its number.
        first: the first of the prefixes.
        last: the last of the prefixes.
        parts: into so many parts the words are cut if they are too many for a task.
        left: the number of one part.
        right: the number of the part that it is compared with; `left`: with itself.
    """

    table: int
    first: int
    last: int
    parts: int = 1
    left: int = 0
    right: int = 0


def packed(hashes: DataFrame) -> DataFrame:
    """The column `phash` (bigint, never null) as blocks of `words`; grain: a block.

    Of equal hashes a block holds two, which is enough to tell that there are several; `hashes` is
    how many there were.
    """
    return hashes.select("phash").mapInArrow(_pack, _PACKED)


def _pack(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    held: list[Words] = []
    size = 0
    for batch in batches:
        held.append(batch.column(0).to_numpy(zero_copy_only=False).view(np.uint64))
        size += len(held[-1])
        if size >= _WORDS:
            yield _block(held)
            held, size = [], 0
    if size:
        yield _block(held)


def _block(held: Sequence[Words]) -> pa.RecordBatch:
    words = np.sort(np.concatenate(held))
    kept = np.ones(len(words), dtype=np.bool_)
    kept[2:] = words[2:] != words[:-2]
    return _batch(words=_binary([words[kept]]), hashes=pa.array([len(words)], pa.int64()))


def prefix_counts(blocks: DataFrame, scheme: Scheme) -> Counts:
    """How many words of each table begin with each prefix: table x prefix."""
    tables = scheme.tables

    def count(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        sums = np.zeros((len(tables), 1 << _PREFIX_BITS), dtype=np.int64)
        for words in _words(batches):
            for number, table in enumerate(tables):
                prefixes = table.arranged(words) >> np.uint64(BITS - _prefix_bits(table))
                sums[number] += np.bincount(prefixes.view(np.int64), minlength=sums.shape[1])
        yield _batch(
            table=pa.array(range(len(tables)), pa.int32()),
            counts=pa.array([row.tobytes() for row in sums], pa.binary()),
        )

    def total(group: pa.Table) -> pa.Table:
        rows = [np.frombuffer(row, dtype=np.int64) for row in group.column("counts").to_pylist()]
        summed = pa.array([np.sum(rows, axis=0).tobytes()], pa.binary())
        return pa.table([group.column("table").slice(0, 1), summed], names=["table", "counts"])

    partial = blocks.mapInArrow(count, _HISTOGRAM)
    totals = partial.groupBy("table").applyInArrow(total, _HISTOGRAM).collect()
    sums = np.zeros((len(tables), 1 << _PREFIX_BITS), dtype=np.int64)
    for row in totals:
        sums[row["table"]] = np.frombuffer(row["counts"], dtype=np.int64)
    return sums


def slots(counts: Counts, *, words: int) -> list[Slot]:
    """The tasks of a scheme: as few as keep each at about so many words.

    A prefix with more words than that is cut into parts, each compared with each.

    Args:
        counts: of `prefix_counts`.
        words: that a task holds.
    """
    plan = []
    for table, row in enumerate(counts.tolist()):
        first = last = held = 0
        for prefix, count in enumerate(row):
            if held and held + count > words:
                plan.append(Slot(table, first, prefix - 1))
                first, held = prefix, 0
            if count > words:
                parts = -(-2 * count // words)
                plan += [
                    Slot(table, prefix, prefix, parts, left, right)
                    for left in range(parts)
                    for right in range(left, parts)
                ]
                first, held = prefix + 1, 0
            else:
                held += count
                last = prefix if count else last
        if held:
            plan.append(Slot(table, first, last))
    return plan


def sliced(blocks: DataFrame, scheme: Scheme, plan: list[Slot]) -> DataFrame:
    """The words of each slot, arranged by its table: grain (slot, block); a partition a slot."""
    rows = blocks.mapInArrow(_cutter(scheme, plan), _SLICE)
    return rows.repartitionById(max(1, len(plan)), F.col("slot"))


def _cutter(
    scheme: Scheme, plan: list[Slot]
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    by_table: list[list[tuple[int, Slot]]] = [[] for _ in scheme.tables]
    for number, slot in enumerate(plan):
        by_table[slot.table].append((number, slot))

    def cut(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for words in _words(batches):
            for table, numbered in zip(scheme.tables, by_table, strict=True):
                arranged = np.sort(table.arranged(words))
                bits = _prefix_bits(table)
                edges = np.arange(1, 1 << bits, dtype=np.uint64) << np.uint64(BITS - bits)
                ends = [0, *np.searchsorted(arranged, edges).tolist(), len(arranged)]
                pieces = [
                    (number, _of_parts(arranged[ends[slot.first] : ends[slot.last + 1]], slot))
                    for number, slot in numbered
                ]
                pieces = [(number, piece) for number, piece in pieces if len(piece)]
                if pieces:
                    yield _batch(
                        slot=pa.array([number for number, _ in pieces], pa.int32()),
                        words=_binary([piece for _, piece in pieces]),
                    )

    return cut


def count_candidates(slices: DataFrame, scheme: Scheme, plan: list[Slot]) -> int:
    """How many pairs the search will compare, from the run lengths of the keys themselves."""

    def count(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for number, words in _gathered_slots(batches):
            slot = plan[number]
            table = scheme.tables[slot.table]
            words = _distinct(words)
            total = kernel.candidates(words, table, scheme.radius)
            if slot.left != slot.right:
                for part in (slot.left, slot.right):
                    alone = words[_part(words, slot.parts) == part]
                    total -= kernel.candidates(alone, table, scheme.radius)
            yield _batch(candidates=pa.array([total], pa.int64()))

    total = slices.mapInArrow(count, "candidates bigint").agg(F.sum("candidates")).head()
    return int(total[0] or 0) if total else 0


def compared(slices: DataFrame, scheme: Scheme, plan: list[Slot]) -> DataFrame:
    """The pairs of all slots: `a`, `b`, `distance`; each once, a < b as signed numbers.

    A hash that is there more than once gives a row with itself at distance 0, also only one.
    """

    def compare(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for number, words in _gathered_slots(batches):
            yield from _slot_pairs(words, plan[number], scheme)

    return slices.mapInArrow(compare, PAIRS)


def _slot_pairs(words: Words, slot: Slot, scheme: Scheme) -> Iterator[pa.RecordBatch]:
    table = scheme.tables[slot.table]
    again = words[1:] == words[:-1]
    if slot.table == 0 and slot.left == slot.right and again.any():
        repeated = table.restored(_distinct(words[1:][again]))
        yield _pair_rows(repeated, repeated)
    for first, second in kernel.table_pairs(_distinct(words), table, scheme.radius):
        kept = scheme.claims(slot.table, first ^ second)
        if slot.left != slot.right:
            sides = [_part(table.arranged(side), slot.parts) for side in (first, second)]
            kept &= sides[0] != sides[1]
        if kept.any():
            yield _pair_rows(first[kept], second[kept])


def in_one_task(blocks: DataFrame, radius: int) -> DataFrame:
    """The same as `compared`, of hashes that are few enough for one task."""

    def compare(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        words = np.sort(np.concatenate([np.zeros(0, dtype=np.uint64), *_words(batches)]))
        repeated = _distinct(words[1:][words[1:] == words[:-1]])
        yield _pair_rows(repeated, repeated)
        for first, second in kernel.near_pairs(_distinct(words), radius):
            yield _pair_rows(first, second)

    return blocks.coalesce(1).mapInArrow(compare, PAIRS)


def _distinct(words: Words) -> Words:
    """Each of sorted words once."""
    first: npt.NDArray[np.bool_] = np.ones(len(words), dtype=np.bool_)
    first[1:] = words[1:] != words[:-1]
    once: Words = words[first]
    return once


def _pair_rows(first: Words, second: Words) -> pa.RecordBatch:
    a, b = first.view(np.int64), second.view(np.int64)
    return _batch(
        a=pa.array(np.minimum(a, b)),
        b=pa.array(np.maximum(a, b)),
        distance=pa.array(np.bitwise_count(first ^ second).astype(np.int32)),
    )


def _prefix_bits(table: Table) -> int:
    return min(_PREFIX_BITS, table.key_bits)


def _of_parts(words: Words, slot: Slot) -> Words:
    if slot.parts == 1:
        return words
    part = _part(words, slot.parts)
    taken: Words = words[(part == slot.left) | (part == slot.right)]
    return taken


def _part(words: Words, parts: int) -> Words:
    """Which part of its slot a word is in: its high bits mixed, as neighbours may be alike."""
    mixed: Words = (words * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)
    return np.asarray(mixed % np.uint64(parts), dtype=np.uint64)


def _gathered_slots(batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[int, Words]]:
    """Each slot of a partition with all of its words, sorted."""
    held: dict[int, list[Words]] = {}
    for batch in batches:
        for number, words in zip(batch.column(0).to_pylist(), batch.column(1), strict=True):
            held.setdefault(number, []).append(_unpacked(words))
    for number in sorted(held):
        yield number, np.sort(np.concatenate(held.pop(number)))


def _words(batches: Iterator[pa.RecordBatch]) -> Iterator[Words]:
    for batch in batches:
        yield from map(_unpacked, batch.column(0))


def _unpacked(value: pa.BinaryScalar) -> Words:
    words: Words = np.frombuffer(value.as_buffer(), dtype=np.uint64)
    return words


def _binary(words: Sequence[Words]) -> pa.Array:
    return pa.array([array.tobytes() for array in words], pa.binary())


def _batch(**columns: pa.Array) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))
