"""The segments of a JPEG's header that its pixels depend on, and a file of these alone.

Colour profiles, XMP, previews and comments come in segments of their own before the image. A
decoder that reads them all gives up an image for a profile that is cut off. Nothing here decodes,
and nothing raises; a walk is linear in the bytes of the header.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

_APP0, _APP1, _APP14, _APP15, _COM, _SOS = 0xE0, 0xE1, 0xEE, 0xEF, 0xFE, 0xDA
_NO_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})  # TEM, RSTn, SOI
# By these segments decoders choose how colours were transformed, if they are whole.
_JFIF_BYTES, _ADOBE_BYTES = 14, 12


class _Segment(NamedTuple):
    marker: int
    start: int
    end: int


def essential(data: bytes) -> bytes:
    """The file without what says nothing about its pixels or about which way up they are.

    Of the segments for applications it keeps JFIF, Adobe and the first EXIF; comments go too. From
    the first scan on, or from where the header makes no sense, all is passed on as it is. The very
    bytes given are returned where there is nothing to leave out.
    """
    view = memoryview(data)
    pieces: list[memoryview] = []
    start, has_exif = 0, False
    for segment in _segments(data):
        is_exif = _is_exif(segment, data)
        if _is_of_use(segment, data) or (is_exif and not has_exif):
            has_exif = has_exif or is_exif
            continue
        pieces.append(view[start : segment.start])
        start = segment.end
    return b"".join([*pieces, view[start:]]) if pieces else data


def _segments(data: bytes) -> Iterator[_Segment]:
    """The segments before the first scan, as far as they follow one another without a gap."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
        elif marker in _NO_LENGTH:
            at += 2
        else:
            end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
            if marker in (_SOS, 0) or end < at + 4 or end > len(data):
                return
            yield _Segment(marker, at, end)
            at = end


def _is_of_use(segment: _Segment, data: bytes) -> bool:
    """Whether decoders need a segment; those for applications only if they are whole."""
    size = segment.end - segment.start - 4
    if segment.marker == _APP0:
        return size >= _JFIF_BYTES and data.startswith(b"JFIF\0", segment.start + 4)
    if segment.marker == _APP14:
        return size >= _ADOBE_BYTES and data.startswith(b"Adobe", segment.start + 4)
    return segment.marker != _COM and not _APP0 < segment.marker <= _APP15


def _is_exif(segment: _Segment, data: bytes) -> bool:
    return segment.marker == _APP1 and data.startswith(b"Exif\0\0", segment.start + 4)
