"""The dominant colours of a picture, and how bright, saturated and colourful it is.

All sums are of whole numbers, so that a picture has the same colours whatever pictures are
measured beside it, and on every machine.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

DOMINANT = 5
_STEPS = 1_000  # whole numbers per unit of OKLab: lightness is 0 to 1000
# Colours whose standard deviation along every axis is below this are one to the eye; in _STEPS.
# About .02 is a difference just seen side by side.
_ONE_COLOR = 10
_MOVES = 4  # of the centres; more change shares by less than a percent
_BITS = 6  # a channel, for looking up OKLab: 64³ colours instead of 256³


def linear(levels: Floats) -> Floats:
    """Light from sRGB levels, both 0 to 1 (IEC 61966-2-1)."""
    curved: Floats = ((levels + 0.055) / 1.055) ** 2.4
    return np.where(levels <= 0.04045, levels / 12.92, curved)


def oklab(levels: Floats) -> Floats:
    """OKLab (Ottosson 2020) of sRGB levels 0 to 1, channels last: lightness 0 to 1, a, b."""
    cones = linear(levels) @ np.array([
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


@lru_cache(maxsize=1)
def _oklab_table() -> Singles:
    """OKLab in whole steps, by the high bits of red, green and blue."""
    cell = 256 >> _BITS
    levels = (np.arange(1 << _BITS) * cell + (cell - 1) / 2) / 255
    grid = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1)
    return np.rint(oklab(grid.reshape(-1, 3)) * _STEPS).astype(np.float32)


def dominant(samples: Bytes) -> list[list[tuple[str, float]]]:
    """Up to five colours of each picture, with the share of it that is nearest to each.

    The pixels (n x p x 3, sRGB) are clustered in OKLab, where distance is difference to the eye:
    the cluster with the greatest sum of squares along an axis is cut at its mean until there are
    five (after X. Wu, "Color quantization by dynamic programming and principal analysis", ACM
    Transactions on Graphics 11 (1992), with axes instead of principal components), then k-means
    moves the centres. What the eye hardly tells apart is not cut, so that a picture with fewer
    colours gives fewer. A colour is the mean sRGB of its cluster.

    Returns:
        A list a picture: (`#rrggbb`, share), by falling share, ties by colour; shares sum to 1.
    """
    colors = samples.reshape(len(samples), -1, 3)
    high = (colors >> (8 - _BITS)).astype(np.int32)
    codes = (high[..., 0] << 2 * _BITS) | (high[..., 1] << _BITS) | high[..., 2]
    return [_entries(*one) for one in zip(colors, _oklab_table()[codes], strict=True)]


def _entries(colors: Bytes, lab: Singles) -> list[tuple[str, float]]:
    axes = np.concatenate([lab.T, np.ones((1, len(lab)), dtype=np.float32)])
    labels = _moved(axes, _cut(axes))
    channels = np.concatenate([colors.T, np.ones((1, len(colors)), dtype=np.uint8)])
    shares: dict[str, int] = {}
    for *sums, count in _sums(channels.astype(np.float32), labels).astype(np.int64).tolist():
        if count:
            red, green, blue = ((2 * total + count) // (2 * count) for total in sums)
            name = f"#{red:02x}{green:02x}{blue:02x}"
            shares[name] = shares.get(name, 0) + count
    ordered = sorted(shares.items(), key=lambda entry: (-entry[1], entry[0]))
    return [(name, count / len(colors)) for name, count in ordered]


def _sums(rows: Singles, labels: Bytes) -> Singles:
    """The sum of each row (the last is of ones: the count) over each cluster: cluster x row.

    Exact, in whatever order they are added: whole numbers below 2**24.
    """
    members = labels == np.arange(DOMINANT, dtype=np.uint8)[:, None]
    return np.asarray(members.astype(np.float32) @ rows.T)


def _cut(axes: Singles) -> Bytes:
    """A cluster for each pixel, by cutting the most spread cluster until there are enough."""
    # Rows: L, a, b, 1 and their squares; sums of squares need double precision to be exact.
    rows = np.concatenate([axes, axes[:3] ** 2]).astype(np.float64)
    labels = np.zeros(axes.shape[1], dtype=np.uint8)
    sums = np.zeros((DOMINANT, len(rows)))
    sums[0] = rows.sum(axis=1)
    for new in range(1, DOMINANT):
        counts = np.maximum(sums[:, 3:4], 1)
        spread = sums[:, 4:] - sums[:, :3] ** 2 / counts
        spread[spread <= counts * _ONE_COLOR**2] = 0
        old, axis = divmod(int(spread.argmax()), 3)
        if spread[old, axis] == 0:
            break
        above = (labels == old) & (axes[axis] > np.floor(sums[old, axis] / counts[old, 0]))
        labels = np.where(above, np.uint8(new), labels)
        sums[new] = rows @ above.astype(np.float64)
        sums[old] -= sums[new]
    return labels


def _moved(axes: Singles, labels: Bytes) -> Bytes:
    """The clusters after k-means has moved their centres, which are kept to whole steps."""
    clusters = int(labels.max()) + 1
    for _ in range(_MOVES if clusters > 1 else 0):
        sums = _sums(axes, labels)[:clusters]
        counts = sums[:, 3:]
        # Far away for a cluster that has lost all its pixels: none comes back.
        centres = np.where(counts > 0, np.rint(sums[:, :3] / np.maximum(counts, 1)), 2_000)
        moved = _nearest(axes[:3], centres.astype(np.float32))
        if np.array_equal(moved, labels):
            break
        labels = moved
    return labels


def _nearest(axes: Singles, centres: Singles) -> Bytes:
    """Which centre is nearest to each pixel, the first of equals."""
    # Squared distance less what is the same for all centres; whole numbers below 2**24 again.
    distance = (centres**2).sum(axis=1)[:, None] - 2 * (centres @ axes)
    labels = np.zeros(axes.shape[1], dtype=np.uint8)
    least = distance[0]
    for cluster in range(1, len(centres)):
        labels = np.where(distance[cluster] < least, np.uint8(cluster), labels)
        least = np.minimum(least, distance[cluster])
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
    """The mean CIE L* of each picture's pixels (n x p x 3, sRGB), 0 black to 1 white."""
    colors = samples.reshape(len(samples), -1, 3)
    red, green, blue = _light_table()
    light = red[colors[..., 0]] + green[colors[..., 1]] + blue[colors[..., 2]]
    total = _lightness_table()[light].sum(axis=1, dtype=np.int64)
    return np.asarray(total / (1_000_000 * colors.shape[1]), dtype=np.float64)


def saturation(samples: Bytes) -> Floats:
    """The mean saturation of each picture's pixels as in HSV: (max - min) / max, 0 for black."""
    colors = samples.reshape(len(samples), -1, 3)
    most = np.maximum(np.maximum(colors[..., 0], colors[..., 1]), colors[..., 2]).astype(np.int32)
    least = np.minimum(np.minimum(colors[..., 0], colors[..., 1]), colors[..., 2])
    millionths = (most - least) * 1_000_000 // np.maximum(most, 1)
    total = millionths.sum(axis=1, dtype=np.int64)
    return np.asarray(total / (1_000_000 * colors.shape[1]), dtype=np.float64)


def colorfulness(samples: Bytes) -> Floats:
    """How colourful each picture is: 0 grey, about 15 slightly, 45 quite, above 82 highly.

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
