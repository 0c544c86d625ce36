"""All that is measured of pictures, as the columns of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from influencers.images.decode.decoding import Picture
from influencers.images.measure import colors, texture
from influencers.images.measure.perceptual_hash import hashed

COLUMNS = (
    "format", "width", "height", "frames", "colors", "brightness", "contrast", "saturation",
    "colorfulness", "edge_density", "glcm_contrast", "glcm_homogeneity", "glcm_energy",
    "glcm_correlation", "glcm_entropy", "sharpness", "phash", "quality", "degenerate",
    "thumbnail",
)  # fmt: skip


def measure(pictures: Sequence[Picture]) -> dict[str, Any]:
    """The columns of `COLUMNS`, a row a picture, in order; lists for format, colours, thumbnail.

    A picture's row is exactly the same whatever pictures are measured with it. `glcm_correlation`
    is not a number where it is undefined (a picture of one level of grey), to be stored as null;
    nothing else is missing. What each means is said where it is computed: `colors`, `texture`,
    `perceptual_hash`.
    """
    if not pictures:
        return {name: [] for name in COLUMNS}
    samples = np.stack([picture.colors for picture in pictures])
    greys = np.stack([picture.grey for picture in pictures])
    hashes = hashed(np.stack([picture.hash_grey for picture in pictures]))
    pairs = texture.cooccurrence(greys)
    return {
        "format": [picture.format for picture in pictures],
        "width": np.array([picture.width for picture in pictures], dtype=np.int32),
        "height": np.array([picture.height for picture in pictures], dtype=np.int32),
        "frames": np.array([picture.frames for picture in pictures], dtype=np.int32),
        "colors": colors.dominant(samples),
        "brightness": colors.brightness(samples),
        "contrast": texture.contrast(greys),
        "saturation": colors.saturation(samples),
        "colorfulness": colors.colorfulness(samples),
        "edge_density": texture.edge_density(greys),
        **{f"glcm_{name}": values for name, values in pairs.items()},
        "sharpness": texture.sharpness(greys),
        "phash": hashes.phash,
        "quality": texture.quality(greys),
        "degenerate": hashes.degenerate,
        "thumbnail": [picture.thumbnail for picture in pictures],
    }
