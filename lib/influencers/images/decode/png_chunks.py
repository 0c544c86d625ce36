"""The chunks of a PNG that its pixels depend on, and a file of these alone.

Cameras, editors and content networks add texts, XMP, colour profiles and notes of their own to a
PNG. A decoder that reads them all gives up an image for a comment that is damaged, or that unpacks
to more than it has memory for. Nothing here unpacks pixels, and nothing raises; a walk is linear in
the bytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import NamedTuple

# As many as are read; an encoder writes one for every 8 KB of pixels, and a few for each frame.
MOST_CHUNKS = 50_000

_SIGNATURE_BYTES = 8
_FRAMING_BYTES = 12  # length, name and checksum of a chunk
# What pixels are made of. All else is metadata, but for transparency and the orientation.
_CRITICAL = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
# Bytes that tRNS has at least, by colour type: one level, three levels, one entry of the palette.
_TRANSPARENCY_BYTES = {0: 2, 2: 6, 3: 1}
_EXIF_AS_TEXT = b"Raw profile type exif\0"
# EXIF as text, unpacked: at most a JPEG segment, each byte two digits, and the line ends.
_MOST_TEXT_BYTES = 140_000


class Chunk(NamedTuple):
    """Where a chunk is, its framing included."""

    name: bytes
    start: int
    end: int


def chunks_of(data: bytes) -> list[Chunk]:
    """The chunks after the signature, up to IEND or to where there is no whole one.

    One more than `MOST_CHUNKS` if there are more.
    """
    chunks: list[Chunk] = []
    at = _SIGNATURE_BYTES
    while at + _FRAMING_BYTES <= len(data) and len(chunks) <= MOST_CHUNKS:
        name = data[at + 4 : at + 8]
        end = at + _FRAMING_BYTES + int.from_bytes(data[at : at + 4], "big")
        if end > len(data) or not name.isalpha():
            break
        chunks.append(Chunk(name, at, end))
        if name == b"IEND":
            break
        at = end
    return chunks


def essential(data: bytes, chunks: Sequence[Chunk]) -> bytes:
    """The file without what says nothing about its pixels or about which way up they are.

    Left out with the metadata are damaged chunks that an image can do without, and what follows
    IEND. From where there is no whole chunk any more, all is passed on as it is: that is for the
    decoder to judge. The very bytes given are returned where there is nothing to leave out.

    Args:
        data: a PNG.
        chunks: all of its chunks.
    """
    view = memoryview(data)
    color_type = data[25] if len(data) > 25 else -1
    pieces: list[memoryview] = []
    start = 0
    for chunk in chunks:
        if chunk.name not in _CRITICAL and not _is_of_use(chunk, view, color_type):
            pieces.append(view[start : chunk.start])
            start = chunk.end
    end = chunks[-1].end if chunks and chunks[-1].name == b"IEND" else len(data)
    if not pieces and end == len(data):
        return data
    return b"".join([*pieces, view[start:end]])


def frames(chunks: Sequence[Chunk]) -> int:
    """Images of an animation, and the still one that stands for it if it is not among them; else 1.

    Counted, not announced: a header may announce any number.
    """
    names = [chunk.name for chunk in chunks]
    before_pixels = names[: names.index(b"IDAT")] if b"IDAT" in names else names
    steps = names.count(b"fcTL")
    if b"acTL" not in before_pixels or not steps:
        return 1
    return steps + (b"fcTL" not in before_pixels)


def has_sound_pixels(data: bytes, chunks: Sequence[Chunk]) -> bool:
    """Whether no chunk of pixels has a wrong checksum; Pillow does not look."""
    view = memoryview(data)
    return all(_is_sound(chunk, view) for chunk in chunks if chunk.name == b"IDAT")


def _is_of_use(chunk: Chunk, data: memoryview, color_type: int) -> bool:
    """Whether an undamaged chunk holds transparency or an orientation."""
    body = data[chunk.start + 8 : chunk.end - 4]
    if chunk.name == b"tRNS":
        least = _TRANSPARENCY_BYTES.get(color_type)
        return least is not None and len(body) >= least and _is_sound(chunk, data)
    if chunk.name == b"eXIf":
        return _is_sound(chunk, data)
    if chunk.name in (b"tEXt", b"zTXt") and body[: len(_EXIF_AS_TEXT)] == _EXIF_AS_TEXT:
        return _is_short(chunk.name, body[len(_EXIF_AS_TEXT) :]) and _is_sound(chunk, data)
    return False


def _is_short(name: bytes, text: memoryview) -> bool:
    """Whether a text, unpacked if it is packed, is no longer than EXIF may be."""
    if name == b"tEXt":
        return len(text) <= _MOST_TEXT_BYTES
    unpacker = zlib.decompressobj()
    try:
        unpacker.decompress(text[1:], _MOST_TEXT_BYTES)
    except zlib.error:
        return False
    return unpacker.eof


def _is_sound(chunk: Chunk, data: memoryview) -> bool:
    checksum = int.from_bytes(data[chunk.end - 4 : chunk.end], "big")
    return zlib.crc32(data[chunk.start + 4 : chunk.end - 4]) == checksum
