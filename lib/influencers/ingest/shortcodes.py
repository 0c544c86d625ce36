"""Shortcodes that occur more than once, among any number of them, found by hashes of 64 bits.

Two shortcodes may have the same hash, and are then found as if they were one: of a billion, about
one pair in thirty runs. Whoever uses what is found holds the shortcodes themselves against each
other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import BinaryType, IntegerType, LongType, StructField, StructType

Hashes = npt.NDArray[np.uint64]
_WORD = 8
_SHIFT = np.uint64(32)
# Of splitmix64, by S. Vigna: https://prng.di.unimi.it/splitmix64.c
_STEP = np.uint64(0x9E3779B97F4A7C15)
_FACTORS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31))

# Hashes that are in the same bucket, eight bytes each.
BUCKETS = StructType([StructField("bucket", IntegerType()), StructField("hashes", BinaryType())])
_ARROW_BUCKETS = to_arrow_schema(BUCKETS)
_REPEATED = StructType([StructField("hash", LongType())])
_ARROW_REPEATED = to_arrow_schema(_REPEATED)


def hashes(shortcodes: pa.Array) -> Hashes:
    """A hash of each text; none is null."""
    _, offsets, data = shortcodes.cast(pa.string()).buffers()
    here = slice(shortcodes.offset, shortcodes.offset + len(shortcodes) + 1)
    ends = np.frombuffer(offsets, np.int32)[here].astype(np.int64) if offsets else np.zeros(1, int)
    lengths = np.diff(ends)
    width = int(lengths.max(initial=0))
    text = np.frombuffer(data or b"", np.uint8)
    hashed = lengths.astype(np.uint64)
    for start in range(0, width, _WORD):
        places = ends[:-1, None] + np.arange(start, start + _WORD)
        within = places < ends[1:, None]
        taken = np.where(within, text[np.minimum(places, len(text) - 1)], 0).astype(np.uint8)
        mixed = _mixed(hashed ^ np.ascontiguousarray(taken).view(np.uint64)[:, 0])
        # A text's hash does not depend on how long the others are.
        hashed = np.where(lengths > start, mixed, hashed)
    return hashed


def are_among(shortcodes: pa.Array, found: Hashes) -> npt.NDArray[np.bool_]:
    """Which texts have one of these hashes.

    Args:
        shortcodes: none is null.
        found: rising.
    """
    hashed = hashes(shortcodes)
    if not len(found):
        return np.zeros(len(hashed), bool)
    places = np.minimum(np.searchsorted(found, hashed), len(found) - 1)
    among: npt.NDArray[np.bool_] = found[places] == hashed
    return among


def bucketed(hashed: Hashes, number: int) -> pa.RecordBatch:
    """Hashes by the bucket that they are in: a row for each bucket that has some, of `BUCKETS`.

    Args:
        hashed: of any shortcodes.
        number: of buckets.
    """
    buckets = ((hashed >> _SHIFT) % np.uint64(number)).astype(np.int32)
    order = np.argsort(buckets, kind="stable")
    filled, starts = np.unique(buckets[order], return_index=True)
    parts = np.split(hashed[order], starts[1:]) if len(filled) else []
    blobs = pa.array([part.tobytes() for part in parts], pa.binary())
    return pa.RecordBatch.from_arrays([pa.array(filled, pa.int32()), blobs], schema=_ARROW_BUCKETS)


def in_buckets(shortcodes: DataFrame, number: int) -> DataFrame:
    """The first column of a frame, whose texts are never null, as `bucketed` has them."""

    def of(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return (bucketed(hashes(batch.column(0)), number) for batch in batches)

    return shortcodes.mapInArrow(of, BUCKETS)


def repeated(buckets: DataFrame, number: int, *, most: int) -> Hashes | None:
    """The hashes that occur more than once, rising; None if they are too many.

    Args:
        buckets: rows of `BUCKETS`; of each bucket as many as there may be.
        number: of buckets: a task has one of them in memory.
        most: how many hashes are no more than enough.
    """
    several = buckets.repartition(number, "bucket").mapInArrow(
        partial(_several, most=most + 1), _REPEATED
    )
    found = several.limit(most + 1).toArrow()["hash"].to_numpy().view(np.uint64)
    return np.sort(found) if len(found) <= most else None


def _several(batches: Iterable[pa.RecordBatch], most: int) -> Iterator[pa.RecordBatch]:
    blobs = [blob.as_buffer() for batch in batches for blob in batch.column(1)]
    if blobs:
        hashed = np.sort(np.concatenate([np.frombuffer(blob, np.uint64) for blob in blobs]))
        found = np.unique(hashed[1:][hashed[1:] == hashed[:-1]])[:most]
        yield pa.RecordBatch.from_arrays([pa.array(found.view(np.int64))], schema=_ARROW_REPEATED)


def _mixed(words: Hashes) -> Hashes:
    first, second, third = _SHIFTS
    with np.errstate(over="ignore"):
        words = words + _STEP
        words = (words ^ (words >> first)) * _FACTORS[0]
        words = (words ^ (words >> second)) * _FACTORS[1]
        return words ^ (words >> third)
