"""Spark's hash of whole numbers, for numbers in the driver's memory.

xxHash64 (Y. Collet) with the seed 42, as `pyspark.sql.functions.xxhash64` has it: of several
columns the hash of each is the seed of the next.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_SEED = np.uint64(42)
_P1, _P2, _P3, _P4, _P5 = (
    np.uint64(prime)
    for prime in (
        0x9E3779B185EBCA87,
        0xC2B2AE3D27D4EB4F,
        0x165667B19E3779F9,
        0x85EBCA77C2B2AE63,
        0x27D4EB2F165667C5,
    )
)


def xxhash64(numbers: NDArray[np.int64], salt: int) -> NDArray[np.int64]:
    """What Spark makes of a bigint column and an int: `xxhash64(numbers, lit(salt))`.

    >>> xxhash64(np.array([0, -1]), 1).dtype
    dtype('int64')
    """
    hashed = _of_long(numbers.astype(np.int64).view(np.uint64), _SEED)
    return _of_int(np.uint64(salt & 0xFFFFFFFF), hashed).view(np.int64)


def _of_long(words: NDArray[np.uint64], seed: np.uint64) -> NDArray[np.uint64]:
    with np.errstate(over="ignore"):
        mixed = _rotated(words * _P2, 31) * _P1
        start = seed + _P5 + np.uint64(8)
        return _finished(_rotated(start ^ mixed, 27) * _P1 + _P4)


def _of_int(word: np.uint64, seeds: NDArray[np.uint64]) -> NDArray[np.uint64]:
    with np.errstate(over="ignore"):
        start = seeds + _P5 + np.uint64(4)
        return _finished(_rotated(start ^ (word * _P1), 23) * _P2 + _P3)


def _rotated(words: NDArray[np.uint64], places: int) -> NDArray[np.uint64]:
    return (words << np.uint64(places)) | (words >> np.uint64(64 - places))


def _finished(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    words = (words ^ (words >> np.uint64(33))) * _P2
    words = (words ^ (words >> np.uint64(29))) * _P3
    return words ^ (words >> np.uint64(32))
