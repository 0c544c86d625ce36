"""The orientation that a camera wrote into an image's EXIF, read and undone.

Read here rather than through Pillow, whose reader warns of damage elsewhere in the EXIF, and
warnings cannot be silenced for one thread alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PIL import Image

_TAG = 0x0112
_SHORT = 3

# What undoes each orientation (EXIF 2.3, tag 274): 6 says that row 0 is the right-hand side.
_UNDO = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = frozenset({5, 6, 7, 8})


def orientation(info: Mapping[Any, Any]) -> int:
    """The EXIF orientation, 1 to 8, from an opened file's `info`; 1 where none can be read."""
    exif = info.get("exif")
    if not isinstance(exif, bytes):
        exif = _imagemagick_profile(info.get("Raw profile type exif"))
    return orientation_of_exif(exif)


def orientation_of_exif(exif: bytes) -> int:
    r"""The orientation in a block of EXIF, with or without its `Exif\0\0`; 1 where unreadable."""
    block = exif.removeprefix(b"Exif\0\0")
    if block[:4] not in (b"II*\0", b"MM\0*"):
        return 1
    little = block[:1] == b"I"

    def number(at: int, size: int) -> int:
        return int.from_bytes(block[at : at + size], "little" if little else "big")

    directory = number(4, 4)
    for entry in range(number(directory, 2)):
        at = directory + 2 + 12 * entry
        if at + 12 > len(block):
            break
        if number(at, 2) == _TAG:
            value = number(at + 8, 2) if number(at + 2, 2) == _SHORT else number(at + 8, 4)
            return value if value in _UNDO else 1
    return 1


def upright(image: Image.Image, value: int) -> Image.Image:
    """The image turned or mirrored back as its orientation says."""
    return image.transpose(_UNDO[value]) if value in _UNDO else image


def _imagemagick_profile(text: object) -> bytes:
    """The EXIF that ImageMagick hides in a PNG's text: name, length, then hexadecimal lines."""
    if not isinstance(text, (str, bytes)):
        return b""
    lines = text.decode("latin-1").split("\n") if isinstance(text, bytes) else text.split("\n")
    try:
        return bytes.fromhex("".join(lines[3:]))
    except ValueError:
        return b""
