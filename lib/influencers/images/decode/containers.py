"""Walking the containers of image files: whether one ends too soon, GIF frames, JPEG scans.

Nothing here decodes a pixel, and nothing raises: a container that makes no sense is complete, as
far as can be told, and left to its decoder. The time of a walk is linear in the bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from influencers.images.decode import png_chunks

_EOI = b"\xff\xd9"
_SOS = 0xDA
_SEQUENTIAL = frozenset({0xC0, 0xC1, 0xC9})  # SOF0, SOF1 and the arithmetic SOF9
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOFn; not DHT, JPG, DAC
_NO_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})  # TEM, RSTn, SOI


def is_cut_short(format_: str, data: bytes) -> bool:
    """Whether the container of this format announces more bytes than there are.

    TIFF announces nothing as a whole: only the place of its first directory is looked at.
    """
    if format_ == "jpeg":
        header = _jpeg_header(data)
        return header is None or data.find(_EOI, header.scan) < 0
    if format_ == "png":
        return _png_is_cut_short(data)
    if format_ == "gif":
        return not walked_gif(data).complete
    if format_ == "webp":
        return int.from_bytes(data[4:8], "little") + 8 > len(data)
    if format_ == "avif":
        return _boxes_are_cut_short(data)
    if format_ == "bmp":
        return int.from_bytes(data[2:6], "little") > len(data)
    if format_ == "tiff":
        start = int.from_bytes(data[4:8], "little" if data[:1] == b"I" else "big")
        return max(start, 8) >= len(data)
    return False


def jpeg_scans(data: bytes) -> int:
    """How many scans the image is decoded from; 0 if its header does not lead to one.

    A progressive JPEG has about ten. Each goes over the whole image again, so that thousands
    of scans of a few bytes each keep a decoder busy for hours. If a sequential one has all its
    components in its first scan, nobody looks for another.
    """
    header = _jpeg_header(data)
    if header is None:
        return 0
    if header.whole:
        return 1
    end = data.find(_EOI, header.scan)
    # Inside a scan 0xFF is followed by 0 or a marker: this finds markers only.
    return data.count(b"\xff\xda", header.scan, end if end >= 0 else len(data))


class _JpegHeader(NamedTuple):
    scan: int  # where the marker of the first scan is
    whole: bool  # whether that scan is all that a decoder reads


def _jpeg_header(data: bytes) -> _JpegHeader | None:
    """What comes before the first scan; None if the bytes end before."""
    at, sequential, components = 2, False, 0
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 2 > len(data):
            return None
        marker = data[at + 1]
        if marker == _SOS:
            return _JpegHeader(at, sequential and data[at + 4 : at + 5] == bytes([components]))
        if marker == 0xFF:  # padding
            at += 1
        elif marker == 0 or marker in _NO_LENGTH:
            at += 2
        else:
            if marker in _FRAMES:
                sequential = marker in _SEQUENTIAL
                components = int.from_bytes(data[at + 9 : at + 10], "big")
            at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))


def _png_is_cut_short(data: bytes) -> bool:
    chunks = png_chunks.chunks_of(data)
    if len(chunks) > png_chunks.MOST_CHUNKS or (chunks and chunks[-1].name == b"IEND"):
        return False
    at = chunks[-1].end if chunks else 8
    kind = data[at + 4 : at + 8]
    # IEND without its checksum is no loss; what is no chunk at all is damaged, not short.
    return len(kind) < 4 or (kind.isalpha() and kind != b"IEND")


def _boxes_are_cut_short(data: bytes) -> bool:
    at, pixels = 0, False
    while at < len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        pixels |= kind == b"mdat"
        if size == 0:  # up to the end, wherever that is
            return not pixels
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size < 8:
            return False
        at += size
    return at > len(data) or not pixels


@dataclass(frozen=True)
class Gif:
    """What a walk through a GIF finds.

    Attributes:
        frames: whole images in it.
        extent: width and height that canvas and first image need together.
        first: a file with the first image alone, and no comments or other extensions; empty
            where the first image is not whole.
        complete: the walk came to the trailer.
    """

    frames: int
    extent: tuple[int, int]
    first: bytes
    complete: bool


def walked_gif(data: bytes) -> Gif:
    """Frames, extent and first image of a GIF.

    Decoding the first image alone costs the same however many follow, and Pillow's own count
    of frames costs far more than this.
    """
    width, height = _pair(data, 6)
    at = 13 + _palette_size(data, 10)
    head, control, first, frames = data[:at], b"", b"", 0
    while at < len(data):
        kind, start = data[at], at
        if kind == 0x21:
            at = _after_blocks(data, at + 2)
            if data[start + 1 : start + 2] == b"\xf9":
                control = data[start:at]
        elif kind == 0x2C:
            left, top = _pair(data, at + 1)
            across, down = _pair(data, at + 5)
            at = _after_blocks(data, at + 10 + _palette_size(data, at + 9) + 1)
            if frames == 0:
                width, height = max(width, left + across), max(height, top + down)
            if at > len(data):
                break
            if frames == 0:
                first = head + control + data[start:at] + b";"
            frames += 1
        elif kind == 0x3B:
            return Gif(frames, (width, height), first, complete=True)
        else:
            at += 1  # between blocks decoders skip what they do not know
    return Gif(frames, (width, height), first, complete=False)


def _pair(data: bytes, at: int) -> tuple[int, int]:
    return (
        int.from_bytes(data[at : at + 2], "little"),
        int.from_bytes(data[at + 2 : at + 4], "little"),
    )


def _palette_size(data: bytes, at: int) -> int:
    """Bytes of the palette that the flags at this place announce."""
    flags = data[at] if at < len(data) else 0
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _after_blocks(data: bytes, at: int) -> int:
    """The place after a chain of sub-blocks; beyond the end if that comes first."""
    end = len(data)
    while at < end:
        size = data[at]
        at += 1 + size
        if size == 0:
            return at
    return end + 1
