"""How far edits move the perceptual hash of an image, and how near unrelated images come.

    PYTHONPATH=lib:. .venv/bin/python benchmarks/duplicates_edits.py [--images FOLDER]

Without a folder, on drawn images as `generate` makes them: clouds and shapes, smoother than
photographs. Prints a table in Markdown: of the images, the share that an edit leaves within each
radius; of all pairs of different images, the share that lies within it all the same.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from influencers.config import ImagesConfig
from influencers.images.decode.decoding import DecodedImage, decode
from influencers.images.measure.perceptual_hash import hashed
from influencers.images.settings import decode_limits
from influencers.synthetic.image_drawing import drawn

_LIMITS = decode_limits(ImagesConfig())
RADII = (0, 2, 4, 6, 8, 10)
Edit = Callable[[Image.Image], bytes]


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    """An image as JPEG."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def cropped(image: Image.Image, share: float) -> Image.Image:
    """Without such a share of its width and height, in equal parts at all edges."""
    width, height = image.size
    x, y = round(width * share / 2), round(height * share / 2)
    return image.crop((x, y, width - x, height - y))


def framed(image: Image.Image, share: float) -> Image.Image:
    """With a white border of such a share of its width."""
    return ImageOps.expand(image, round(image.width * share), "white")


EDITS: dict[str, Edit] = {
    "JPEG, quality 75": lambda p: jpeg(p, 75),
    "JPEG, quality 30": lambda p: jpeg(p, 30),
    "half the size": lambda p: jpeg(
        p.resize((p.width // 2, p.height // 2), Image.Resampling.LANCZOS)
    ),
    "320 pixels wide, quality 75": lambda p: jpeg(p.resize((320, 320 * p.height // p.width)), 75),
    "blurred by 2 pixels": lambda p: jpeg(p.filter(ImageFilter.GaussianBlur(2))),
    "sharpened": lambda p: jpeg(p.filter(ImageFilter.UnsharpMask(2, 120))),
    "20 % brighter": lambda p: jpeg(ImageEnhance.Brightness(p).enhance(1.2)),
    "30 % more contrast": lambda p: jpeg(ImageEnhance.Contrast(p).enhance(1.3)),
    "grey": lambda p: jpeg(p.convert("L")),
    "twice the colour": lambda p: jpeg(ImageEnhance.Color(p).enhance(2.0)),
    "squeezed to 4:5": lambda p: jpeg(p.resize((p.width * 4 // 5, p.height))),
    "cropped by 2 %": lambda p: jpeg(cropped(p, 0.02)),
    "cropped by 5 %": lambda p: jpeg(cropped(p, 0.05)),
    "cropped by 10 %": lambda p: jpeg(cropped(p, 0.10)),
    "white border of 2 %": lambda p: jpeg(framed(p, 0.02)),
    "white border of 5 %": lambda p: jpeg(framed(p, 0.05)),
    "turned by 2°": lambda p: jpeg(p.rotate(2, Image.Resampling.BICUBIC)),
    "turned by 90°": lambda p: jpeg(p.transpose(Image.Transpose.ROTATE_90)),
    "mirrored": lambda p: jpeg(ImageOps.mirror(p)),
}


def hashes(files: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """The hashes of files, and which of them count."""
    found = [decode(one, _LIMITS) for one in files]
    thumbnails = [one.hash_grey for one in found if isinstance(one, DecodedImage)]
    assert len(thumbnails) == len(files)
    result = hashed(np.stack(thumbnails))
    return result.phash.view(np.uint64), ~result.degenerate


def opened(folder: Path) -> list[Image.Image]:
    """The images of a folder that can be read and are at least 200 pixels wide and high."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and isinstance(decode(path.read_bytes(), _LIMITS), DecodedImage):
            try:
                image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
            except OSError:
                continue
            if min(image.size) >= 200:
                found.append(image)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=Path, help="a folder of images")
    parser.add_argument("--count", type=int, default=300, help="drawn images, without a folder")
    chosen = parser.parse_args()
    if chosen.images:
        images = opened(chosen.images)
    else:
        images = [drawn(11, number, 640).convert("RGB") for number in range(chosen.count)]
    before, counts = hashes([jpeg(one) for one in images])
    print(f"{counts.sum()} of {len(images)} images have a hash that counts")
    print("| edit | median | 90 % | " + " | ".join(f"r = {r}" for r in RADII) + " |")
    print("|---|" + "---|" * (len(RADII) + 2))
    for name, edit in EDITS.items():
        after, _ = hashes([edit(one) for one in images])
        apart = np.bitwise_count(before ^ after)[counts]
        row(name, apart, f"{np.median(apart):.0f} | {np.quantile(apart, 0.9):.0f}")
    first, second = np.triu_indices(int(counts.sum()), 1)
    kept = before[counts]
    apart = np.bitwise_count(kept[first] ^ kept[second])
    row("another image", apart, f"{np.median(apart):.0f} | {np.quantile(apart, 0.9):.0f}", 4)


def row(name: str, apart: np.ndarray, middle: str, places: int = 0) -> None:
    """Print the shares within each radius."""
    shares = [f"{np.mean(apart <= radius):.{places}%}" for radius in RADII]
    print(f"| {name} | {middle} | {' | '.join(shares)} |", flush=True)


if __name__ == "__main__":
    main()
