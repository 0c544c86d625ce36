"""How busy an image is: contrast, edges, sharpness, and the measures of grey-level co-occurrence.

All are taken of one thumbnail size for all images, so that they compare between images of
different sizes: they describe what is seen of an image at 192 x 192, not its pixels. The same
noisy image at 300 to 2200 pixels a side had sharpness within 1.4 times, entropy within 4 %. A
image smaller than 192 is enlarged, and then less sharp than one that was shrunk.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

LEVELS = 16  # of grey, in co-occurrence
EDGE = 128  # Sobel magnitude: that of a straight edge between greys 32 of 255 apart


def contrast(greys: Bytes) -> Floats:
    """The standard deviation of grey, black 0 and white 1: at most .5.

    RMS contrast (E. Peli, "Contrast in complex images", JOSA A 7 (1990)), of gamma-coded greys.
    """
    levels = greys.reshape(len(greys), -1)
    count = levels.shape[1]
    total = levels.sum(axis=1, dtype=np.int64)
    squares = np.array([_sum_of_squares(grey.astype(np.int32)) for grey in levels], dtype=np.int64)
    return np.asarray(np.sqrt(squares * count - total**2) / (count * 255.0), dtype=np.float64)


def edge_density(greys: Bytes) -> Floats:
    """The share of pixels, the border left out, whose Sobel gradient is longer than 128.

    On levels 0 to 255 with the kernel [1 2 1] x [-1 0 1]: the longest possible is about 1100.
    """
    return np.array([_edge_share(grey.astype(np.int16)) for grey in greys], dtype=np.float64)


def _edge_share(grey: npt.NDArray[np.int16]) -> float:
    across = grey[:, 2:] - grey[:, :-2]
    across = across[:-2] + 2 * across[1:-1] + across[2:]
    down = grey[2:] - grey[:-2]
    down = down[:, :-2] + 2 * down[:, 1:-1] + down[:, 2:]
    length = across.astype(np.int32) ** 2 + down.astype(np.int32) ** 2
    return float(np.count_nonzero(length > EDGE**2) / length.size)


def sharpness(greys: Bytes) -> Floats:
    """The variance of the Laplacian (4 neighbours, border left out) of levels 0 to 255.

    J. L. Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000.
    """
    return np.array(
        [_laplacian_variance(grey.astype(np.int16)) for grey in greys], dtype=np.float64
    )


def _laplacian_variance(grey: npt.NDArray[np.int16]) -> float:
    middle = grey[1:-1, 1:-1]
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * middle
    flat = laplacian.astype(np.int32).ravel()
    total = int(flat.sum(dtype=np.int64))
    return (_sum_of_squares(flat) * flat.size - total**2) / flat.size**2


def _sum_of_squares(values: npt.NDArray[np.int32]) -> int:
    # Squares are below 2**21: their sum is exact in 53 bits, in whatever order it is taken.
    exact = values.astype(np.float64)
    return int(exact @ exact)


def quality(greys: Bytes) -> npt.NDArray[np.int32]:
    """How much there is in an image for a hash to see, 0 to 100.

    The image quality of PDQ (Facebook, ThreatExchange, "The TMK+PDQF video-hashing algorithm and
    the PDQ image-hashing algorithm", 2019): differences between neighbours in a 64 x 64 image,
    each cut to whole percents of the range, summed and divided by 90. PDQ advises against
    matching below 50. Ours are the means of 3 x 3 blocks of the grey thumbnail, where PDQ blurs.
    """
    count, side, _ = greys.shape
    block = side // 64
    sums = greys.reshape(count, 64, block, side).sum(axis=2, dtype=np.int32)
    sums = sums.reshape(count, 64, 64, block).sum(axis=3, dtype=np.int32)
    full = 255 * block**2
    steps = [
        (np.abs(np.diff(sums, axis=axis)) * 100 // full).sum(axis=(1, 2), dtype=np.int64)
        for axis in (1, 2)
    ]
    return np.asarray(np.minimum(100, (steps[0] + steps[1]) // 90), dtype=np.int32)


def cooccurrence(greys: Bytes) -> dict[str, Floats]:
    """Measures of which greys lie side by side, each the mean of four angles at distance 1.

    Greys are cut to 16 levels; pairs are counted both ways round. With p(i, j) the share of pairs
    of levels i and j, 0 to 15 (R. M. Haralick et al., "Textural features for image
    classification", IEEE Transactions SMC-3 (1973)):

    - contrast Σ p (i - j)², 0 to 225;
    - homogeneity Σ p / (1 + (i - j)²), to 1: Haralick's inverse difference moment;
    - energy √Σ p², to 1: the root of Haralick's angular second moment, as scikit-image has it;
    - correlation of i and j, -1 to 1; not a number where all pixels have one level;
    - entropy -Σ p log₂ p in bits, 0 to 8.
    """
    pairs = np.stack([_pairs(grey) for grey in greys // (256 // LEVELS)])
    pairs = pairs + pairs.transpose(0, 1, 3, 2)
    counts = pairs.reshape(*pairs.shape[:2], LEVELS**2)
    shares = counts / counts.sum(axis=2, keepdims=True)
    level = np.arange(LEVELS, dtype=np.float64)
    first, second = np.repeat(level, LEVELS), np.tile(level, LEVELS)
    apart = (first - second) ** 2
    logarithms = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    return {
        "contrast": _mean(shares * apart),
        "homogeneity": _mean(shares / (1 + apart)),
        "energy": np.sqrt((shares**2).sum(axis=2)).mean(axis=1),
        "correlation": _correlation(counts, first, second),
        "entropy": -_mean(shares * logarithms),
    }


def _mean(terms: Floats) -> Floats:
    return np.asarray(terms.sum(axis=2).mean(axis=1), dtype=np.float64)


def _correlation(counts: npt.NDArray[np.int64], first: Floats, second: Floats) -> Floats:
    # Sums of whole numbers: for a single level the variance is 0, not nearly 0.
    total = counts.sum(axis=2, dtype=np.float64)
    sums, squares = counts @ first, counts @ first**2
    variance = squares * total - sums**2
    covariance = (counts @ (first * second)) * total - sums**2
    ratios = np.full_like(variance, np.nan)
    np.divide(covariance, variance, out=ratios, where=variance > 0)
    return np.asarray(ratios.mean(axis=1), dtype=np.float64)


def _pairs(levels: Bytes) -> npt.NDArray[np.int64]:
    """How often level j lies at each angle from level i: angles x 16 x 16."""
    # Two neighbours at a time are counted, as half as many numbers are half the time.
    here, right = levels[:-1, :-1], levels[:-1, 1:]
    below, below_right = levels[1:, :-1], levels[1:, 1:]
    forwards = _triples(here, right, below_right)
    backwards = _triples(right, below_right, below)
    # What has no neighbour below, or none to its left.
    bottom = _counted(levels[-1, :-1] * np.uint8(LEVELS) + levels[-1, 1:], 2)
    edge = _counted(levels[:-1, 0] * np.uint8(LEVELS) + levels[1:, 0], 2)
    return np.stack([
        forwards.sum(axis=2) + bottom,  # 0° in Haralick
        forwards.sum(axis=1),  # 135°
        backwards.sum(axis=2) + edge,  # 90°
        backwards.sum(axis=1),  # 45°
    ])  # fmt: skip


def _triples(first: Bytes, second: Bytes, third: Bytes) -> npt.NDArray[np.int64]:
    """How often three levels lie in the same place: 16 x 16 x 16."""
    return _counted((first * np.uint8(LEVELS) + second).astype(np.uint16) * LEVELS + third, 3)


def _counted(codes: npt.NDArray[np.unsignedinteger[Any]], levels: int) -> npt.NDArray[np.int64]:
    counts = np.bincount(codes.ravel(), minlength=LEVELS**levels)
    return counts.reshape((LEVELS,) * levels)
