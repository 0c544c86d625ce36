"""Where every random number of a sample comes from, and the bijections that make its keys.

A stream is a counter-based generator keyed by (seed, purpose, block): any block can be made
alone, in any order, and no two streams overlap. The bytes of a sample are those of numpy's
Philox and its `random` and `standard_normal`, which have not changed since numpy 1.17.
"""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]
Strings = npt.NDArray[np.object_]

_ALPHABET = np.frombuffer(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", dtype=np.uint8
)
_SHORTCODE_CHARS = 11


def stream(seed: int, purpose: str, block: int = 0) -> np.random.Generator:
    """The random numbers of one block made for one purpose."""
    key = np.array([seed, zlib.crc32(purpose.encode())], dtype=np.uint64)
    counter = np.array([0, 0, 0, block], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(counter=counter, key=key))


def pick(rng: np.random.Generator, weights: Floats, size: int) -> Integers:
    """`size` positions in `weights`, each with a chance in proportion to its weight."""
    return pick_of(rng.random(size), weights)


def pick_of(unit: Floats, weights: Floats) -> Integers:
    """As `pick`, of random numbers from 0 to 1 that are drawn already."""
    edges = np.cumsum(weights)
    return np.searchsorted(edges / edges[-1], unit, side="right").astype(np.int64)


def zipf(length: int, exponent: float = 1.0) -> Floats:
    """Weights that fall with rank: 1, 1/2^exponent, 1/3^exponent and so on."""
    return 1.0 / np.arange(1, length + 1, dtype=np.float64) ** exponent


def scattered(rng: np.random.Generator, size: int) -> Integers:
    """The numbers 0 to `size` - 1 in random order."""
    return np.argsort(rng.random(size), kind="stable").astype(np.int64)


def mix64(numbers: Integers | Words, key: int) -> Words:
    """A bijection of the 64-bit integers: distinct numbers stay distinct and look unrelated.

    The rounds are those of Steele, Lea and Flood, "Fast splittable pseudorandom number
    generators" (2014), each step of which can be undone.
    """
    state = numbers.astype(np.uint64) + np.uint64((key * 0x9E3779B97F4A7C15) % 2**64)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


def uniforms(numbers: Integers, seed: int, purpose: str, step: int = 0) -> Floats:
    """A random number from 0 to 1 for each of `numbers`, whatever others are asked for with it.

    Args:
        numbers: of accounts or posts: each has a stream of its own, as SplitMix64 makes it.
        seed: of the sample.
        purpose: what the random numbers are for: another one gives unrelated numbers.
        step: the place in each stream.
    """
    own = mix64(numbers, seed + 6 + (zlib.crc32(purpose.encode()) << 32))
    unit: Floats = (mix64(own, step) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return unit


def normals(numbers: Integers, seed: int, purpose: str, step: int = 0) -> Floats:
    """As `uniforms`, of the standard normal distribution (Box and Muller, 1958)."""
    radius = np.sqrt(-2 * np.log1p(-uniforms(numbers, seed, purpose, 2 * step)))
    angle = 2 * np.pi * uniforms(numbers, seed, purpose, 2 * step + 1)
    normal: Floats = radius * np.cos(angle)
    return normal


def shortcodes(numbers: Integers, seed: int) -> list[str]:
    """The 11-character keys of posts, distinct for distinct numbers under one seed."""
    mixed = mix64(numbers, seed + 1)
    shifts = np.arange(6 * (_SHORTCODE_CHARS - 1), -1, -6, dtype=np.uint64)
    digits = (mixed[:, None] >> shifts[None, :]) & np.uint64(63)
    rows = np.ascontiguousarray(_ALPHABET[digits.astype(np.int64)])
    return [str(code) for code in rows.view(f"S{_SHORTCODE_CHARS}").ravel().astype(str)]


def owner_ids(numbers: Integers, seed: int) -> Integers:
    """Account ids of 9 to 11 digits, distinct for distinct account numbers below 2.7e9."""
    size = np.array([900_000_000, 9_000_000_000, 90_000_000_000], dtype=np.int64)
    kind, within = numbers % 3, numbers // 3
    # The factor is odd and no multiple of 3 or 5, as all sizes are: an affine bijection of each.
    offset = seed * 104_729 % 900_000_000
    ids: Integers = size[kind] // 9 + (within * 618_033_989 + offset) % size[kind]
    return ids
