"""All that is measured of images, as the columns of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from influencers.images.decode.decoding import DecodedImage
from influencers.images.measure import colors, texture
from influencers.images.measure.perceptual_hash import hashed

COLUMNS = (
    "format", "width", "height", "frames", "colors", "brightness", "contrast", "saturation",
    "colorfulness", "edge_density", "glcm_contrast", "glcm_homogeneity", "glcm_energy",
    "glcm_correlation", "glcm_entropy", "sharpness", "phash", "quality", "degenerate",
    "thumbnail",
)  # fmt: skip


def measure(images: Sequence[DecodedImage]) -> dict[str, Any]:
    """The columns of `COLUMNS`, a row an image, in order; lists for format, colours, thumbnail.

    An image's row is exactly the same whatever images are measured with it. `glcm_correlation`
    is not a number where it is undefined (an image of one level of grey), to be stored as null;
    nothing else is missing. What each means is said where it is computed: `colors`, `texture`,
    `perceptual_hash`.
    """
    if not images:
        return {name: [] for name in COLUMNS}
    samples = np.stack([image.colors for image in images])
    greys = np.stack([image.grey for image in images])
    hashes = hashed(np.stack([image.hash_grey for image in images]))
    pairs = texture.cooccurrence(greys)
    return {
        "format": [image.format for image in images],
        "width": np.array([image.width for image in images], dtype=np.int32),
        "height": np.array([image.height for image in images], dtype=np.int32),
        "frames": np.array([image.frames for image in images], dtype=np.int32),
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
        "thumbnail": [image.thumbnail for image in images],
    }
