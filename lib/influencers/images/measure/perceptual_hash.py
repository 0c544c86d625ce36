"""The perceptual hash (pHash): 64 bits that stay nearly the same while an image looks the same.

The bits are those of `imagehash.phash`: which of the 8 x 8 lowest coefficients of the cosine
transform of the 32 x 32 grey image lie above their median; the first row's first bit is the
highest. Libraries differ: compare only hashes made here or by imagehash.
"""

from __future__ import annotations

from dataclasses import dataclass

import imagehash
import numpy as np
import numpy.typing as npt
from PIL import Image

Hashes = npt.NDArray[np.int64]

_SIDE, _KEPT = 32, 8

# Coefficients this near the median are equal to it but for the last digits of floating point,
# which imagehash's transform rounds in its own way: there we ask imagehash itself. The digits
# are below 1e-9 of coefficients up to 1e6.
_TIE = 1e-6

# A coefficient's standard deviation from nothing but the rounding of greys to whole levels: the
# transform sums 1024 errors of variance 1/12, times cosines (mean square 1/4 in two dimensions,
# 1/2 in one) and its factor 4.
_ROUNDING = 4 * np.sqrt(_SIDE**2 / 12 / 4)
_CLEAR_OF_ROUNDING = 3 * _ROUNDING
_FEWEST_CLEAR_BITS = 32


def _transform() -> npt.NDArray[np.float64]:
    """The first 8 rows of the DCT-II of 32 values, without normalisation."""
    frequency, place = np.arange(_KEPT)[:, None], np.arange(_SIDE)[None, :]
    return 2.0 * np.cos(np.pi * frequency * (2 * place + 1) / (2 * _SIDE))


_DCT = _transform()


@dataclass(frozen=True)
class Hashed:
    """The hashes of a batch of images, in its order.

    Attributes:
        phash: 64 bits as a signed integer.
        degenerate: whether the bits say nothing of the image; see `hashed`.
    """

    phash: Hashes
    degenerate: npt.NDArray[np.bool_]


def hashed(greys: npt.NDArray[np.uint8]) -> Hashed:
    """The hashes of images (n x 32 x 32, grey), and which of them are not worth comparing.

    A hash is degenerate if fewer than 32 of its 64 coefficients are farther from the median than
    the rounding of greys to whole levels explains (three standard deviations of it): most bits
    are then chance, or the same for all such images. Of images saved as JPEG, blank ones had
    1 such coefficient, gradients along any line or circle up to 25, faint noise 13; pale text on
    a pale card 37 or more, one small word 43, dark text on white 55, photographs 59.
    """
    # Not a matrix product of the whole batch: that may round otherwise for other batch sizes.
    rows = np.einsum("fy,nyx->nfx", _DCT, greys.astype(np.float64))
    coefficients = np.einsum("nfx,gx->nfg", rows, _DCT).reshape(-1, _KEPT**2)
    distance = coefficients - np.median(coefficients, axis=1, keepdims=True)
    bits = np.packbits(distance > 0, axis=1)
    phash = np.ascontiguousarray(bits).view(">i8").ravel().astype(np.int64)
    size = np.abs(distance)
    for tied in np.flatnonzero((size < _TIE).any(axis=1)):
        phash[tied] = from_hex(str(imagehash.phash(Image.fromarray(greys[tied]))))
    clear = np.count_nonzero(size > _CLEAR_OF_ROUNDING, axis=1)
    return Hashed(phash, clear < _FEWEST_CLEAR_BITS)


def to_hex(phash: int) -> str:
    """A hash as imagehash writes it, in 16 hexadecimal digits.

    >>> to_hex(-1)
    'ffffffffffffffff'
    """
    return f"{int(phash) & 0xFFFF_FFFF_FFFF_FFFF:016x}"


def from_hex(digits: str) -> int:
    """The signed integer of a hash in 16 hexadecimal digits; ValueError for anything else.

    >>> from_hex("8000000000000000")
    -9223372036854775808
    """
    if len(digits) != 16:
        raise ValueError(f"a hash has 16 hexadecimal digits: {digits!r}")
    return int.from_bytes(bytes.fromhex(digits), "big", signed=True)
