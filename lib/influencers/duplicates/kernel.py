"""Every pair within a radius among hashes that fit one core's memory: numpy on sorted words."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from influencers.duplicates.schemes import ALL, Scheme, Table, Words

Pairs = tuple[Words, Words]
Places = npt.NDArray[np.int64]

# Neighbours up to this far apart in a table are compared one distance after the other; hashes
# that share a key with more are searched by themselves, with what is left of their bits.
_LONG_RUN = 512
_CHUNK = 1 << 15  # words that stay in the processor's cache
_TOGETHER = 1 << 18  # pairs that are given at once
_TILE_ROWS = 16  # compared with a row of words at once
# Hashes a table, below which all are simply compared: sorting a word takes as long as this.
_FEW = 40
# Below this share of neighbours that still share a key it is faster to pick those out.
_SPARSE = 0.3


def near_pairs(values: Words, radius: int, *, bits: int = ALL) -> Iterator[Pairs]:
    """Every pair of distinct values that differ in at most `radius` bits, once each.

    Args:
        values: distinct.
        radius: 0 finds nothing, as the values are distinct.
        bits: in which the values may differ; in all others they agree.
    """
    if len(values) < 2 or radius < 1:
        return
    varying = int(np.bitwise_or.reduce(values ^ values[0])) & bits
    if not _worth_cutting(len(values), varying.bit_count(), radius):
        yield from _compared(values, radius)
        return
    scheme = Scheme(radius + 1, radius, varying)
    shared = values[0] & np.uint64(ALL & ~varying)
    for number, table in enumerate(scheme.tables):
        for first, second in table_pairs(np.sort(table.arranged(values)), table, radius):
            claimed = scheme.claims(number, first ^ second)
            yield first[claimed] | shared, second[claimed] | shared


def _worth_cutting(values: int, bits: int, radius: int) -> bool:
    """Whether tables make less work than comparing all with all: half of it at most."""
    tables = radius + 1
    runs = 2 ** (bits // tables)
    return values > _FEW * tables and runs > 2 * tables


def table_pairs(arranged: Words, table: Table, radius: int) -> Iterator[Pairs]:
    """Every pair within the radius that shares the key of a table; some others may be among them.

    Args:
        arranged: of `table.arranged`, sorted, distinct.
        table: whose keys are in front.
        radius: as in `near_pairs`.
    """
    starts, lengths = _runs(arranged, table)
    for run in np.flatnonzero(lengths > _LONG_RUN):
        start = starts[run]
        values = table.restored(arranged[start : start + lengths[run]])
        yield from near_pairs(values, radius, bits=table.free)
    short = (lengths > 1) & (lengths <= _LONG_RUN)
    kept = arranged[np.repeat(short, lengths)]
    for first, second in _neighbours(kept, lengths[short], radius):
        yield table.restored(first), table.restored(second)


def candidates(arranged: Words, table: Table, radius: int) -> int:
    """How many pairs `table_pairs` will compare, as the lengths of the runs tell.

    Long runs count as what the search of them will compare at least.

    Args:
        arranged: of `table.arranged`, sorted.
        table: whose keys are in front.
        radius: as in `near_pairs`.
    """
    _, lengths = _runs(arranged, table)
    short = lengths[lengths <= _LONG_RUN]
    total = int((short * (short - 1) // 2).sum())
    inner = Scheme(radius + 1, radius, table.free)
    sizes, times = np.unique(lengths[lengths > _LONG_RUN], return_counts=True)
    for size, count in zip(sizes.tolist(), times.tolist(), strict=True):
        total += count * int(inner.fewest_candidates(size))
    return total


def _runs(arranged: Words, table: Table) -> tuple[Places, Places]:
    """Where the hashes of one key begin, and how many they are."""
    keys = arranged >> np.uint64(table.free.bit_count())
    edges = np.flatnonzero(keys[1:] != keys[:-1]) + 1
    starts = np.concatenate([np.zeros(1, dtype=np.int64), edges])
    return starts, np.diff(starts, append=len(arranged))


def _neighbours(words: Words, lengths: Places, radius: int) -> Iterator[Pairs]:
    """Every pair within the radius inside runs of such lengths, and some across them."""
    ends = np.cumsum(lengths)
    # How many words of its run follow each.
    followers = np.repeat(ends, lengths) - np.arange(1, len(words) + 1)
    cuts = ends[np.flatnonzero(np.diff(ends // _CHUNK, append=-1))]
    for start, end in itertools.pairwise([0, *cuts.tolist()]):
        yield from _chunk_pairs(words[start:end], followers[start:end], radius)


def _chunk_pairs(words: Words, followers: Places, radius: int) -> Iterator[Pairs]:
    differences, counts = np.empty_like(words), np.empty(len(words), dtype=np.uint8)
    # So many have at least so many followers.
    with_followers = np.cumsum(np.bincount(followers)[::-1])[::-1].tolist()
    sparse: Places | None = None
    # Of most distances there are few pairs or none: given singly they would cost more than found.
    places: list[tuple[Places, Places]] = []
    held = 0
    for apart in range(1, len(with_followers)):
        if with_followers[apart] > _SPARSE * len(words):
            left = len(words) - apart
            np.bitwise_xor(words[:left], words[apart:], out=differences[:left])
            np.bitwise_count(differences[:left], out=counts[:left])
            starts = np.flatnonzero(counts[:left] <= radius)
        else:
            among = followers >= apart if sparse is None else followers[sparse] >= apart
            sparse = np.flatnonzero(among) if sparse is None else sparse[among]
            near = np.bitwise_count(words[sparse] ^ words[sparse + apart]) <= radius
            starts = sparse[near]
        if len(starts):
            places.append((starts, starts + apart))
            held += len(starts)
        if held >= _TOGETHER:
            yield _taken(words, places)
            places, held = [], 0
    if held:
        yield _taken(words, places)


def _taken(words: Words, places: list[tuple[Places, Places]]) -> Pairs:
    first, second = (np.concatenate(some) for some in zip(*places, strict=True))
    return words[first], words[second]


def _compared(values: Words, radius: int) -> Iterator[Pairs]:
    """Every pair within the radius by comparing all with all, a tile after the other."""
    differences = np.empty((_TILE_ROWS, _CHUNK // _TILE_ROWS), dtype=np.uint64)
    counts = np.empty(differences.shape, dtype=np.uint8)
    for top in range(0, len(values), _TILE_ROWS):
        rows = values[top : top + _TILE_ROWS, None]
        for left in range(top, len(values), differences.shape[1]):
            columns = values[None, left : left + differences.shape[1]]
            tile = np.s_[: len(rows), : columns.shape[1]]
            np.bitwise_xor(rows, columns, out=differences[tile])
            np.bitwise_count(differences[tile], out=counts[tile])
            first, second = np.nonzero(counts[tile] <= radius)
            later = second + left > first + top
            if later.any():
                yield rows[first[later], 0], columns[0, second[later]]
