"""Small image files of every format, made in memory."""

from __future__ import annotations

import io
import struct
import zlib
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image

PILLOW_NAMES = {
    "jpeg": "JPEG", "png": "PNG", "gif": "GIF", "webp": "WEBP", "avif": "AVIF", "bmp": "BMP",
    "tiff": "TIFF",
}  # fmt: skip


def saved(image: Image.Image, format_: str, **options: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, format=PILLOW_NAMES[format_], **options)
    return target.getvalue()


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    """Coarse noise: each pixel of a 6 x 5 grid blown up."""
    levels = np.random.default_rng(seed).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    return Image.fromarray(levels).resize((width, height), Image.Resampling.BICUBIC)


@lru_cache
def small_file(format_: str) -> bytes:
    options = {"tiff": {"compression": "tiff_lzw"}}.get(format_, {})
    return saved(noise(24, 20), format_, **options)


def animation(format_: str = "gif") -> bytes:
    first, *others = (noise(24, 20, seed) for seed in range(4))
    return saved(first, format_, save_all=True, append_images=others, loop=0, duration=50)


def blank_png(side: int) -> bytes:
    """A PNG of one bit a pixel, all black, without ever holding its pixels."""
    row = bytes(1 + (side + 7) // 8)
    packer = zlib.compressobj(1)
    packed = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )
