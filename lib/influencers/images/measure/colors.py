"""The dominant colours of an image, and how bright, saturated and colourful it is.

All sums are of whole numbers, so that an image has the same colours whatever images are
measured beside it, and on every machine.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

DOMINANT = 5
_STEPS = 1_000  # whole numbers per unit of OKLab: lightness is 0 to 1000
# Colours whose standard deviation along every axis is below this are one to the eye; in _STEPS.
# About .02 is a difference just seen side by side.
_ONE_COLOR = 10
_MOVES = 4  # of the centres; more change shares by less than a percent
_FAR = 2_000.0  # from every colour, in _STEPS
# Pixels in one cell of a grid over OKLab are one point, of their mean colour: half a cell is less
# than the eye tells apart. A photograph has some 300 points.
_CELL = 0.03
_BITS = 6  # a channel, for looking up the cell: 64³ colours instead of 256³
_TOGETHER = 32  # images; their points stay in the processor's cache


def linear(levels: Floats) -> Floats:
    """Light from sRGB levels, both 0 to 1 (IEC 61966-2-1)."""
    curved: Floats = ((levels + 0.055) / 1.055) ** 2.4
    return np.where(levels <= 0.04045, levels / 12.92, curved)


def oklab(levels: Floats) -> Floats:
    """OKLab (Ottosson 2020) of sRGB levels 0 to 1, channels last: lightness 0 to 1, a, b."""
    return _oklab(linear(levels))


def _oklab(light: Floats) -> Floats:
    cones = light @ np.array([
        [0.4122214708, 0.2119034982, 0.0883024619],
        [0.5363325363, 0.6806995451, 0.2817188376],
        [0.0514459929, 0.1073969566, 0.6299787005],
    ])  # fmt: skip
    lab: Floats = np.cbrt(cones) @ np.array([
        [0.2104542553, 1.9779984951, 0.0259040371],
        [0.7936177850, -2.4285922050, 0.7827717662],
        [-0.0040720468, 0.4505937099, -0.8086757660],
    ])  # fmt: skip
    return lab


def dominant(samples: Bytes) -> list[list[tuple[str, float]]]:
    """Up to five colours of each image, with the share of it that is nearest to each.

    The pixels (n x p x 3, sRGB) are clustered in OKLab, where distance is difference to the eye:
    the cluster with the greatest sum of squares along an axis is cut at its mean until there are
    five (after X. Wu, "Color quantization by dynamic programming and principal analysis", ACM
    Transactions on Graphics 11 (1992), with axes instead of principal components), then k-means
    moves the centres. What the eye hardly tells apart is not cut, so that an image with fewer
    colours gives fewer. A colour is the mean sRGB of its cluster.

    Returns:
        A list an image: (`#rrggbb`, share), by falling share, ties by colour; shares sum to 1.
    """
    return [
        entries
        for start in range(0, len(samples), _TOGETHER)
        for entries in _dominant(samples[start : start + _TOGETHER])
    ]


def _dominant(samples: Bytes) -> list[list[tuple[str, float]]]:
    image_count = len(samples)
    points = _points(samples)
    labels = _moved(points, _cut(points, image_count), image_count)
    sums = _sums(
        points.of * DOMINANT + labels, [points.pixels, *points.srgb], image_count * DOMINANT
    )
    each = sums.T.astype(np.int64).reshape(image_count, DOMINANT, 4).tolist()
    return [_entries(clusters) for clusters in each]


def _entries(clusters: list[list[int]]) -> list[tuple[str, float]]:
    """Names and shares of one image's clusters: pixels, and sums of red, green and blue."""
    shares: dict[str, int] = {}
    for count, *sums in clusters:
        if count:
            red, green, blue = ((2 * total + count) // (2 * count) for total in sums)
            name = f"#{red:02x}{green:02x}{blue:02x}"
            shares[name] = shares.get(name, 0) + count
    pixels = sum(shares.values())
    ordered = sorted(shares.items(), key=lambda entry: (-entry[1], entry[0]))
    return [(name, count / pixels) for name, count in ordered]


@dataclass(frozen=True)
class _Points:
    """The colours of all images of a batch, by image; all numbers are whole.

    Attributes:
        of: the number of the image.
        pixels: how many there are of this colour.
        srgb: 3 x points: the sums of their levels.
        lab: 3 x points: OKLab of their mean, in steps.
    """

    of: npt.NDArray[np.int64]
    pixels: Floats
    srgb: Floats
    lab: Floats


@lru_cache(maxsize=1)
def _cells() -> npt.NDArray[np.int32]:
    """The number of the cell by the high bits of red, green and blue."""
    width = 256 >> _BITS
    levels = (np.arange(1 << _BITS) * width + (width - 1) / 2) / 255
    grid = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1)
    down, across, deep = (np.rint(oklab(grid.reshape(-1, 3)) / _CELL).astype(np.int64) + 128).T
    _, numbers = np.unique(down << 16 | across << 8 | deep, return_inverse=True)
    return numbers.astype(np.int32)


@lru_cache(maxsize=1)
def _linear_table() -> Floats:
    """Light by level, 0 to 255."""
    return linear(np.arange(256) / 255)


def _points(samples: Bytes) -> _Points:
    channels = samples.reshape(len(samples), -1, 3)
    high = (channels >> (8 - _BITS)).astype(np.int32)
    cells = _cells()
    each = cells.max() + 1
    where = cells[(high[..., 0] << 2 * _BITS) | (high[..., 1] << _BITS) | high[..., 2]]
    where += np.arange(len(samples), dtype=np.int32)[:, None] * each
    flat = where.ravel()
    counts = np.bincount(flat)
    filled = np.flatnonzero(counts)
    pixels: Floats = counts[filled].astype(np.float64)
    srgb: Floats = np.stack(
        [np.bincount(flat, channels[..., channel].ravel())[filled] for channel in range(3)]
    )
    means = np.rint(srgb / pixels).astype(np.intp)
    lab: Floats = np.rint(_oklab(_linear_table()[means].T).T * _STEPS)
    return _Points(filled // each, pixels, srgb, lab)


def _sums(groups: npt.NDArray[np.int64], rows: Sequence[Floats], count: int) -> Floats:
    """The sums of each row over each of `count` groups: row x group. Exact: whole numbers."""
    return np.stack([np.bincount(groups, row, count) for row in rows])


def _cut(points: _Points, image_count: int) -> npt.NDArray[np.int64]:
    """A cluster for each point, by cutting the most spread cluster until there are enough."""
    weighted = points.lab * points.pixels
    rows = [points.pixels, *weighted, *(weighted * points.lab)]
    labels = np.zeros(len(points.of), dtype=np.int64)
    sums = np.zeros((len(rows), image_count, DOMINANT))
    sums[:, :, 0] = _sums(points.of, rows, image_count)
    each = np.arange(image_count)
    for new in range(1, DOMINANT):
        counts = np.maximum(sums[0], 1)
        spread = sums[4:] - sums[1:4] ** 2 / counts
        spread[spread <= counts * _ONE_COLOR**2] = 0
        flat = spread.transpose(1, 2, 0).reshape(image_count, -1)
        most = flat.argmax(axis=1)
        old, axis = np.divmod(most, 3)
        middle = np.floor(sums[1 + axis, each, old] / counts[each, old])
        middle[flat[each, most] == 0] = _FAR  # one colour: nothing lies above
        values = points.lab[axis[points.of], np.arange(len(labels))]
        above = np.flatnonzero((labels == old[points.of]) & (values > middle[points.of]))
        if not len(above):
            break
        labels[above] = new
        sums[:, :, new] = _sums(points.of[above], [row[above] for row in rows], image_count)
        sums[:, each, old] -= sums[:, :, new]
    return labels


def _moved(
    points: _Points, labels: npt.NDArray[np.int64], image_count: int
) -> npt.NDArray[np.int64]:
    """The clusters after k-means has moved their centres, which are kept to whole steps."""
    weighted = [points.pixels, *(points.lab * points.pixels)]
    for _ in range(_MOVES):
        sums = _sums(points.of * DOMINANT + labels, weighted, image_count * DOMINANT)
        # Far away for a cluster that has no pixels: none comes to it.
        centres = np.where(sums[0] > 0, np.rint(sums[1:] / np.maximum(sums[0], 1)), _FAR)
        moved = _nearest(points, centres.reshape(3, image_count, DOMINANT))
        if np.array_equal(moved, labels):
            break
        labels = moved
    return labels


def _nearest(points: _Points, centres: Floats) -> npt.NDArray[np.int64]:
    """Which of its image's centres is nearest to each point, the first of equals."""
    # Squared distance less what is the same for all centres.
    offsets = (centres**2).sum(axis=0)
    ends = np.searchsorted(points.of, np.arange(centres.shape[1] + 1))
    labels = np.empty(len(points.of), dtype=np.int64)
    for image, (start, end) in enumerate(itertools.pairwise(ends.tolist())):
        products = centres[:, image].T @ points.lab[:, start:end]
        (offsets[image][:, None] - 2 * products).argmin(axis=0, out=labels[start:end])
    return labels


@lru_cache(maxsize=1)
def _light_table() -> npt.NDArray[np.int32]:
    """Relative luminance, 0 to 65535, that each level of red, green and blue adds (Rec. 709)."""
    light = linear(np.arange(256) / 255)
    weights = np.array([[0.2126], [0.7152], [0.0722]])
    return np.asarray(np.rint(weights * light * 65_535), dtype=np.int32)


@lru_cache(maxsize=1)
def _lightness_table() -> npt.NDArray[np.int32]:
    """CIE L* in millionths of white by luminance 0 to 65535, and one beyond for rounding."""
    y = np.arange(65_537) / 65_535
    lightness = np.where(y > (6 / 29) ** 3, 1.16 * np.cbrt(y) - 0.16, y * (29 / 3) ** 3 / 100)
    return np.asarray(np.rint(np.minimum(lightness, 1.0) * 1_000_000), dtype=np.int32)


def brightness(samples: Bytes) -> Floats:
    """The mean CIE L* of each image's pixels (n x p x 3, sRGB), 0 black to 1 white."""
    colors = samples.reshape(len(samples), -1, 3)
    red, green, blue = _light_table()
    light = red[colors[..., 0]] + green[colors[..., 1]] + blue[colors[..., 2]]
    total = _lightness_table()[light].sum(axis=1, dtype=np.int64)
    return np.asarray(total / (1_000_000 * colors.shape[1]), dtype=np.float64)


def saturation(samples: Bytes) -> Floats:
    """The mean saturation of each image's pixels as in HSV: (max - min) / max, 0 for black."""
    colors = samples.reshape(len(samples), -1, 3)
    most = np.maximum(np.maximum(colors[..., 0], colors[..., 1]), colors[..., 2]).astype(np.int32)
    least = np.minimum(np.minimum(colors[..., 0], colors[..., 1]), colors[..., 2])
    millionths = (most - least) * 1_000_000 // np.maximum(most, 1)
    total = millionths.sum(axis=1, dtype=np.int64)
    return np.asarray(total / (1_000_000 * colors.shape[1]), dtype=np.float64)


def colorfulness(samples: Bytes) -> Floats:
    """How colourful each image is: 0 grey, about 15 slightly, 45 quite, above 82 highly.

    √(σ²rg + σ²yb) + .3 √(μ²rg + μ²yb), rg = R - G, yb = (R + G)/2 - B, levels 0 to 255
    (D. Hasler and S. Süsstrunk, "Measuring colourfulness in natural images", SPIE 5007 (2003)).
    """
    colors = samples.reshape(len(samples), -1, 3).astype(np.int32)
    red, green, blue = colors[..., 0], colors[..., 1], colors[..., 2]
    red_green, twice_yellow_blue = red - green, red + green - 2 * blue
    (mean_rg, variance_rg), (mean_yb, variance_yb) = (
        _moments(red_green, 1.0), _moments(twice_yellow_blue, 0.5),
    )  # fmt: skip
    spread, offset = np.sqrt(variance_rg + variance_yb), np.hypot(mean_rg, mean_yb)
    return np.asarray(spread + 0.3 * offset, dtype=np.float64)


def _moments(values: npt.NDArray[np.int32], unit: float) -> tuple[Floats, Floats]:
    count = values.shape[1]
    total = values.sum(axis=1, dtype=np.int64)
    squares = np.einsum("np,np->n", values, values, dtype=np.int64)
    variance = (squares * count - total**2) / count**2
    return total * unit / count, variance * unit**2
