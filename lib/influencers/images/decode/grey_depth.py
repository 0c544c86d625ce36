"""Images of more than 8 bits a pixel, brought to 8 by scaling: Pillow itself would clip them."""

from __future__ import annotations

import numpy as np
from PIL import Image

_FULL_16_BIT = 65_535


def eight_bit_grey(image: Image.Image) -> Image.Image:
    """An image of mode I;16 (in any byte order), I or F as one of mode L.

    16 bits keep their high byte. The other two modes do not say what white is, so it is taken
    from the values: within 0 to 1 (F), 0 to 255 or 0 to 65535 the scale is that range; values
    beyond are stretched from the least to the greatest. What is not a number counts as 0.
    """
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    levels = np.array(image, dtype=np.float32)
    np.nan_to_num(levels, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    least, most = float(levels.min()), float(levels.max())
    if least >= 0 and image.mode == "F" and most <= 1:
        most, least = 1.0, 0.0
    elif least >= 0 and most <= 255:
        most, least = 255.0, 0.0
    elif least >= 0 and most <= _FULL_16_BIT:
        most, least = float(_FULL_16_BIT), 0.0
    # One value alone, beyond those ranges, is black.
    levels -= np.float32(least)
    levels /= np.float32(max(most - least, 1e-30))
    levels *= np.float32(255)
    return Image.fromarray(np.rint(levels, out=levels).astype(np.uint8))
