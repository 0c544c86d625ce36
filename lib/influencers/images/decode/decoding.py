"""From the bytes of an image file to thumbnails small enough to keep, or to the reason why not.

Safe on many threads at once: nothing of Pillow's process-wide state is changed, and its parsers
are called by class, so that no other format is tried and no warning of large images is given
(warnings can be silenced for a process, not for a thread). Pillow's own limits still hold: above
twice `Image.MAX_IMAGE_PIXELS` an image may be refused whatever ours say.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from influencers.images import statuses
from influencers.images.decode import (
    containers,
    formats,
    jpeg_segments,
    pixel_budget,
    png_chunks,
)
from influencers.images.decode.grey_depth import eight_bit_grey
from influencers.images.decode.orientation import SIDEWAYS, orientation, upright

Bytes = npt.NDArray[np.uint8]

GREY_SIDE = 192  # of the grey thumbnail: the one scale at which texture is measured
COLOR_SIDE = 64  # of the sample of colours
HASH_SIDE = 32  # of what the perceptual hash sees
# What shrinking by whole numbers leaves of a side, at least: enough above 192 that every larger
# image is resampled once more and none comes out sharper than the rest.
_SHRUNK_SIDE = 256
_LOOK_QUALITY = 70  # of a thumbnail
_MOST_SCANS = 100  # of a JPEG; encoders write 1 to about 20


@dataclass(frozen=True)
class DecodeLimits:
    """What an image may cost.

    Attributes:
        max_pixels: width times height above which a file is not decoded. While it lasts,
            decoding takes .1 byte a pixel for a JPEG (6 for a progressive one), 4 to 12 for a
            PNG, 10 for GIF and AVIF, 16 for a WebP.
        max_decoding_pixels: of all images that threads of one process decode at once; a larger
            image is decoded alone.
        thumbnail: pixels of the longer side of the thumbnail that is kept; 0: none.
    """

    max_pixels: int
    max_decoding_pixels: int
    thumbnail: int


@dataclass(frozen=True)
class DecodedImage:
    """What is kept of an image: its header, and thumbnails of one shape for all.

    Attributes:
        format: one of `formats.READ`.
        width: in pixels, of the full image, upright.
        height: likewise.
        frames: images shown one after the other; the first is the one measured. 1 for still
            formats; the pages of a TIFF are not counted.
        colors: 64 x 64 x 3, sRGB: pixels picked one from each cell of a grid, not averaged, so
            that no colour is in it that was not in the image.
        grey: 192 x 192, ITU-R 601 luma of the whole image, squeezed to a square.
        hash_grey: 32 x 32, the same by the filter that the perceptual hash is defined with.
        thumbnail: a JPEG to look at, about 1 KB; None: not asked for.
    """

    format: str
    width: int
    height: int
    frames: int
    colors: Bytes
    grey: Bytes
    hash_grey: Bytes
    thumbnail: bytes | None = None


@dataclass(frozen=True)
class UprightImage:
    """An image between its file and its thumbnails: upright, RGB on white, at most 511 a side.

    A side of 256 pixels or more has been shrunk by a whole number so that 256 to 511 are left;
    a JPEG while decoding, by the inverse transform of fewer coefficients.
    """

    format: str
    width: int
    height: int
    frames: int
    pixels: Image.Image


class _TooManyPixelsError(Exception):
    pass


class _Jpeg(JpegImageFile):
    """A JPEG whose EXIF Pillow leaves alone: it looks for a resolution, and warns of damage."""

    def getexif(self) -> Image.Exif:
        return Image.Exif()


_READERS: dict[str, type[ImageFile.ImageFile]] = {
    "jpeg": _Jpeg,
    "png": PngImageFile,
    "gif": GifImageFile,
    "webp": WebPImageFile,
    "avif": AvifImageFile,
    "bmp": BmpImageFile,
    "tiff": TiffImageFile,
}


def decode(data: bytes, limits: DecodeLimits) -> DecodedImage | str:
    """The image in a file's bytes, or the status that says why there is none.

    The format is told from the bytes. Of an animation the first frame counts. Colour
    profiles are not applied: numbers are taken for sRGB, as thumbnailers do.

    Statuses: `not_an_image` (HTML, text, empty), `unsupported_format` (an image of another kind),
    `too_many_pixels` (nothing was decoded), `truncated` (bytes are missing at the end), `broken`.
    Metadata that is damaged or too large breaks no PNG or JPEG: it is not read.
    What libtiff thinks of a damaged TIFF goes to standard error, and cannot be stopped here.
    A JPEG with wrong bits inside is often decoded to wrong pixels by the library without a word,
    and is then no different from a good one.

    Raises:
        MemoryError: there is not enough for it here, which says nothing about the image. No
            other exception.
    """
    image = upright_image(data, limits)
    return image if isinstance(image, str) else _with_thumbnails(image, limits)


def upright_image(data: bytes, limits: DecodeLimits) -> UprightImage | str:
    """The first half of `decode`: the very pixels that hash and measures are taken from."""
    format_ = formats.sniffed(data)
    if format_ is None:
        return statuses.NOT_AN_IMAGE
    if format_ not in _READERS:
        return statuses.UNSUPPORTED_FORMAT
    try:
        return _read(format_, data, limits)
    except (_TooManyPixelsError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return statuses.TOO_MANY_PIXELS
    except MemoryError:
        raise
    except Exception as error:  # decoders raise anything at all when bytes are wrong
        cut_short = "truncated" in str(error).lower() or containers.is_cut_short(format_, data)
        return statuses.TRUNCATED if cut_short else statuses.BROKEN


def _read(format_: str, data: bytes, limits: DecodeLimits) -> UprightImage:
    frames = 1
    if format_ == "gif":
        gif = containers.walked_gif(data)
        _check_size(gif.extent, limits)
        if not gif.first:
            raise OSError("no whole frame")
        data, frames = gif.first, gif.frames
    elif format_ == "png":
        data, frames = _png_without_metadata(data)
    elif format_ == "jpeg":
        if containers.jpeg_scans(data) > _MOST_SCANS:
            raise OSError("more scans than an image needs")
        data = jpeg_segments.essential(data)
    image = _READERS[format_](io.BytesIO(data))
    _check_size(image.size, limits)
    # Opening read a header; what takes memory is loading, until what came of it is small.
    width, height = image.size
    with pixel_budget.of_process(limits.max_decoding_pixels).hold(width * height):
        try:
            return _loaded(format_, data, image, frames)
        finally:
            image.close()  # its pixels go before others may come


def _png_without_metadata(data: bytes) -> tuple[bytes, int]:
    """A PNG of its essential chunks, and how many frames it has."""
    chunks = png_chunks.chunks_of(data)
    if len(chunks) > png_chunks.MOST_CHUNKS:
        raise OSError("more chunks than an image needs")
    if not png_chunks.has_sound_pixels(data, chunks):
        raise OSError("wrong checksum of pixels")
    return png_chunks.essential(data, chunks), png_chunks.frames(chunks)


def _loaded(format_: str, data: bytes, image: ImageFile.ImageFile, frames: int) -> UprightImage:
    width, height = image.size
    if format_ in ("webp", "avif"):
        frames = int(getattr(image, "n_frames", 1))
    image.decodermaxblock = max(len(data), image.decodermaxblock)  # all bytes in one call
    image.draft(None, (_SHRUNK_SIDE, _SHRUNK_SIDE))  # only a JPEG heeds it
    image.load()
    pixels = _rgb_on_white(_shrunk(_averageable(image)))
    if format_ != "tiff":  # Pillow turns a TIFF itself, before it tells its size
        turn = orientation(image.info)
        pixels = upright(pixels, turn)
        width, height = (height, width) if turn in SIDEWAYS else (width, height)
    return UprightImage(format_, width, height, frames, pixels)


def _check_size(size: tuple[int, int], limits: DecodeLimits) -> None:
    if size[0] * size[1] > limits.max_pixels:
        raise _TooManyPixelsError


def _averageable(image: Image.Image) -> Image.Image:
    """The image in a mode whose numbers may be averaged: L, RGB, or RGBa (times its alpha)."""
    if image.mode.startswith("I") or image.mode == "F":
        return eight_bit_grey(image)
    if image.has_transparency_data:
        return image.convert("RGBA").convert("RGBa")
    if image.mode == "1":
        return image.convert("L")
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def _shrunk(image: Image.Image) -> Image.Image:
    """The means of whole blocks of pixels, as many as leave 256 a side or more."""
    factors = (max(1, image.width // _SHRUNK_SIDE), max(1, image.height // _SHRUNK_SIDE))
    return image if factors == (1, 1) else image.reduce(factors)


def _rgb_on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBa":
        return image.convert("RGB")
    levels = np.asarray(image)
    # The colours are already times alpha: what is missing to full cover is white.
    return Image.fromarray(levels[..., :3] + (255 - levels[..., 3:]))


def _with_thumbnails(source: UprightImage, limits: DecodeLimits) -> DecodedImage:
    grey = source.pixels.convert("L")
    hash_grey = grey.resize((HASH_SIDE, HASH_SIDE), Image.Resampling.LANCZOS)
    square = grey.resize((GREY_SIDE, GREY_SIDE), Image.Resampling.HAMMING)
    return DecodedImage(
        format=source.format,
        width=source.width,
        height=source.height,
        frames=source.frames,
        colors=_color_sample(np.asarray(source.pixels)),
        grey=np.asarray(square),
        hash_grey=np.asarray(hash_grey),
        thumbnail=_thumbnail(source, limits.thumbnail) if limits.thumbnail else None,
    )


def _thumbnail(source: UprightImage, side: int) -> bytes:
    """The image in its own shape as a small JPEG; never enlarged."""
    shrink = min(1.0, side / max(source.width, source.height))
    size = (max(1, round(source.width * shrink)), max(1, round(source.height * shrink)))
    out = io.BytesIO()
    source.pixels.resize(size, Image.Resampling.BOX).save(out, "JPEG", quality=_LOOK_QUALITY)
    return out.getvalue()


def _places() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Where in each cell of the grid to look, in cells from the edge of the image.

    Not always in the middle: stripes as wide as the cells would be seen as one colour. Each row
    and column takes the next step of a golden-ratio sequence, which fills evenly.
    """
    cells = np.arange(COLOR_SIDE)
    golden, silver = 0.6180339887498949, 0.41421356237309515
    step = cells[:, None] * golden + cells[None, :] * silver
    across = cells[None, :] + step % 1.0
    down = cells[:, None] + (step + 0.5) * silver * COLOR_SIDE % 1.0
    return down / COLOR_SIDE, across / COLOR_SIDE


_DOWN, _ACROSS = _places()


def _color_sample(pixels: Bytes) -> Bytes:
    height, width, _ = pixels.shape
    rows = (_DOWN * height).astype(np.intp)
    columns = (_ACROSS * width).astype(np.intp)
    return np.asarray(pixels.reshape(-1, 3).take(rows * width + columns, axis=0))
