"""Drawing images that look like nothing else in the sample, and copying them with changes.

The same seed draws the same pixels; the bytes of the files are those of the installed Pillow and
the encoders it was built with, and differ between its versions.
"""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageEnhance

from influencers.synthetic.streams import stream

Pixels = npt.NDArray[np.float32]

_FORMATS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}
_RATIOS = (1.0, 1.0, 0.8, 1.25, 1.5)  # width to height
_OCTAVES = ((3, 1.0), (5, 0.8), (9, 0.5), (17, 0.25))  # cells on a side, and how much they count
_GREY_SHARE = 0.05


def drawn(seed: int, number: int, size: int) -> Image.Image:
    """An original: clouds of noise in a few colours with shapes on top, `size` pixels wide or high.

    One in twenty is in shades of grey.
    """
    rng = stream(seed, "picture", number)  # part of the seed: another word, other images
    ratio = _RATIOS[int(rng.random() * len(_RATIOS))]
    width, height = (size, round(size / ratio)) if ratio >= 1 else (round(size * ratio), size)
    image = _clouds(rng, width, height)
    canvas = ImageDraw.Draw(image)
    for _ in range(2 + int(rng.random() * 6)):
        _shape(rng, canvas, width, height)
    return image.convert("L") if rng.random() < _GREY_SHARE else image


def _clouds(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    small = (max(width // 3, 8), max(height // 3, 8))
    field: Pixels = np.zeros((small[1], small[0]), dtype=np.float32)
    for cells, weight in _OCTAVES:
        grid = Image.fromarray(rng.random((cells, cells)).astype(np.float32))
        resized = grid.resize(small, Image.Resampling.BICUBIC)
        field += np.float32(weight) * np.asarray(resized, dtype=np.float32)
    field = (field - field.min()) / (field.max() - field.min())
    stops = np.linspace(0.0, 1.0, 4)
    palette = np.floor(rng.random((4, 3)) * 256)
    # Dark to light: a palette of equal brightness would leave nothing for a grey hash to see.
    palette = palette * 0.6 + 0.4 * 255 * stops[:, None]
    channels = [np.interp(field, stops, palette[:, channel]) for channel in range(3)]
    pixels = np.rint(np.stack(channels, axis=-1)).astype(np.uint8)
    return Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC)


def _shape(rng: np.random.Generator, canvas: ImageDraw.ImageDraw, width: int, height: int) -> None:
    kind, x, y, across, down = rng.random(5).tolist()
    red, green, blue = (rng.random(3) * 256).astype(int).tolist()
    left, top = round(x * width * 0.9), round(y * height * 0.9)
    right = left + round((0.06 + 0.3 * across) * width)
    bottom = top + round((0.06 + 0.3 * down) * height)
    if kind < 0.5:
        canvas.ellipse((left, top, right, bottom), fill=(red, green, blue))
    elif kind < 0.75:
        canvas.rectangle((left, top, right, bottom), fill=(red, green, blue))
    else:
        canvas.polygon(
            ((left, bottom), ((left + right) // 2, top), (right, bottom)), fill=(red, green, blue)
        )


def encoded(image: Image.Image, extension: str, quality: int = 85) -> bytes:
    """The image as a file of this kind; `quality` is for JPEG and WebP."""
    target = io.BytesIO()
    image.save(target, format=_FORMATS[extension], quality=quality)
    return target.getvalue()


def decoded(data: bytes) -> Image.Image:
    """The image in a file."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def copied(seed: int, number: int, kind: str, extension: str, original: bytes) -> bytes:
    """A copy of the file `original`, changed as `kind` says; see `gallery.KINDS`.

    A change is as strong as image `number`'s stream says, within what a viewer hardly sees.
    """
    if kind == "exact":
        return original
    rng = stream(seed, "copy", number)
    strength = float(rng.random())
    image = decoded(original)
    width, height = image.size
    quality = 85
    if kind == "reencoded":
        quality = 40 + round(35 * strength)
    elif kind == "resized":
        scale = 0.4 + 0.4 * strength
        image = image.resize((round(width * scale), round(height * scale)))
    elif kind == "brightened":
        image = ImageEnhance.Brightness(image).enhance(1.05 + 0.15 * strength)
    elif kind == "cropped":
        margin_x, margin_y = (max(1, round(side * 0.02 * strength)) for side in image.size)
        image = image.crop((margin_x, margin_y, width - margin_x, height - margin_y))
    elif kind == "stamped":
        side = round(min(width, height) * (0.03 + 0.04 * strength))
        shade = 255 if image.mode == "L" else (255, 255, 255)
        ImageDraw.Draw(image).rectangle((width - side, height - side, width, height), fill=shade)
    return encoded(image, extension, quality)
