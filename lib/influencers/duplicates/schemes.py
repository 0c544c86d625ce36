"""Ways to find every pair of 64-bit hashes within a radius by sorting instead of comparing all.

The bits are cut into blocks. Of two hashes that differ in at most r bits, all but r of the blocks
agree; so each choice of r blocks to leave out makes a table in which the other blocks are the key,
and every pair shares the key of at least one table (G. S. Manku, A. Jain and A. Das Sarma,
"Detecting near-duplicates for web crawling", WWW 2007). More blocks make longer keys and fewer
candidates, but more tables to sort.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]

BITS = 64
ALL = (1 << BITS) - 1
LARGEST_RADIUS = 10
_MOST_TABLES = 1_000  # of a scheme worth thinking of: radius 4 with 13 blocks has 715


@dataclass(frozen=True)
class Table:
    """One choice of key.

    Attributes:
        key: the bits that make the key.
        free: the other bits that may differ.
    """

    key: int
    free: int

    @property
    def key_bits(self) -> int:
        """How many bits the key has."""
        return self.key.bit_count()

    def arranged(self, values: Words) -> Words:
        """The values with the bits of the key in front: sorted, those of one key lie together."""
        free_bits = self.free.bit_count()
        return (_gathered(values, self.key) << np.uint64(free_bits)) | _gathered(values, self.free)

    def restored(self, arranged: Words) -> Words:
        """The values that `arranged` was given, where bits outside of key and free are 0."""
        free_bits = self.free.bit_count()
        return _scattered(arranged >> np.uint64(free_bits), self.key) | _scattered(
            arranged, self.free
        )


@dataclass(frozen=True)
class Scheme:
    """The tables of all choices of `blocks - radius` of the blocks.

    Attributes:
        blocks: that the bits are cut into, more than `radius`.
        radius: the most bits in which two hashes of a pair differ.
        bits: that are cut; of the others it is known that they agree.
    """

    blocks: int
    radius: int
    bits: int = ALL

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The tables, in the order in which they claim pairs."""
        blocks = _cut(self.bits, self.blocks)
        keys = (sum(chosen) for chosen in itertools.combinations(blocks, self.blocks - self.radius))
        return tuple(Table(key, self.bits & ~key) for key in keys)

    @property
    def count(self) -> int:
        """How many tables there are."""
        return math.comb(self.blocks, self.radius)

    def fewest_candidates(self, hashes: int) -> float:
        """The candidates of so many hashes if every table's keys were evenly used: never fewer."""
        return sum(_even_pairs(hashes, 2**table.key_bits) for table in self.tables)

    def even_candidates(self, hashes: int) -> float:
        """The candidates of so many hashes to be expected if they were random."""
        pairs = hashes * (hashes - 1) / 2
        return pairs * sum(0.5**table.key_bits for table in self.tables)

    def claims(self, table: int, differences: Words) -> npt.NDArray[np.bool_]:
        """Whether a table is the first in which pairs that it found agree: it alone gives them."""
        first: npt.NDArray[np.bool_] = (differences & np.uint64(self.tables[table].key)) == 0
        for earlier in self.tables[:table]:
            first &= (differences & np.uint64(earlier.key)) != 0
        return first


def schemes(radius: int) -> list[Scheme]:
    """The schemes worth considering for a radius, by falling number of candidates."""
    by_blocks = (Scheme(blocks, radius) for blocks in range(radius + 1, BITS + 1))
    return list(itertools.takewhile(lambda scheme: scheme.count <= _MOST_TABLES, by_blocks))


def _even_pairs(hashes: int, keys: int) -> float:
    each = hashes / keys
    return keys * max(0.0, each * (each - 1) / 2)


def _cut(bits: int, blocks: int) -> list[int]:
    """Masks of as many blocks of neighbouring bits, highest first, as equal as can be."""
    places = [place for place in reversed(range(BITS)) if bits >> place & 1]
    each, longer = divmod(len(places), blocks)
    sizes = [each + (number < longer) for number in range(blocks)]
    ends = list(itertools.accumulate(sizes, initial=0))
    return [
        sum(1 << place for place in places[start:end]) for start, end in itertools.pairwise(ends)
    ]


def _ranges(mask: int) -> Sequence[tuple[int, int]]:
    """The runs of neighbouring bits of a mask, lowest first: (place, length)."""
    runs = []
    place = 0
    while mask >> place:
        if mask >> place & 1:
            length = 1
            while mask >> (place + length) & 1:
                length += 1
            runs.append((place, length))
            place += length
        else:
            place += 1
    return runs


def _gathered(values: Words, mask: int) -> Words:
    """The bits of a mask side by side, the lowest at place 0."""
    result = np.zeros_like(values)
    at = 0
    for place, length in _ranges(mask):
        part = values >> np.uint64(place)
        if place + length < BITS:
            part &= np.uint64((1 << length) - 1)
        result |= part << np.uint64(at)
        at += length
    return result


def _scattered(values: Words, mask: int) -> Words:
    """The lowest bits at the places of a mask: what `_gathered` was given, between zeros."""
    result = np.zeros_like(values)
    at = 0
    for place, length in _ranges(mask):
        part = (values >> np.uint64(at)) & np.uint64((1 << length) - 1)
        result |= part << np.uint64(place)
        at += length
    return result
