"""Which format a file has, told by its first bytes alone: names and headers lie."""

from __future__ import annotations

import struct

# The formats that are read; every other name that `sniffed` gives is known and left.
READ = ("jpeg", "png", "gif", "webp", "avif", "bmp", "tiff")

_SIGNATURES = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"II+\0", "tiff"),  # BigTIFF
    (b"MM\0+", "tiff"),
    (b"8BPS", "psd"),
    (b"\0\0\1\0", "ico"),
    (b"\0\0\2\0", "cur"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "jpeg2000"),
    (b"\xff\x4f\xff\x51", "jpeg2000"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "jpegxl"),
    (b"\xff\x0a", "jpegxl"),
    (b"\x8aMNG\r\n\x1a\n", "mng"),
    (b"\x8bJNG\r\n\x1a\n", "jng"),
    (b"v/1\x01", "exr"),
    (b"#?RADIANCE", "hdr"),
    (b"gimp xcf", "xcf"),
    (b"AT&TFORM", "djvu"),
    (b"farbfeld", "farbfeld"),
    (b"DDS ", "dds"),
    (b"icns", "icns"),
    (b"qoif", "qoi"),
    (b"BPG\xfb", "bpg"),
    (b"FLIF", "flif"),
    (b"\xd7\xcd\xc6\x9a", "wmf"),
    (b"<svg", "svg"),
)
_BMP_HEADER_SIZES = (12, 16, 40, 52, 56, 64, 108, 124)  # "BM" alone begins many a word
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIF_BRANDS = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
)


def sniffed(data: bytes) -> str | None:
    """The name of the image format that a file begins as; None where that is none we know.

    Video, HTML, text and an empty file are None; so is a file cut off inside its signature.

    >>> sniffed(b"GIF89a...")
    'gif'
    >>> sniffed(b"<!DOCTYPE html><title>Log in</title>") is None
    True
    """
    for signature, name in _SIGNATURES:
        if data.startswith(signature):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[4:8] == b"ftyp":
        return _iso_media(data)
    if data[:2] == b"BM" and len(data) >= 18:
        return "bmp" if struct.unpack_from("<I", data, 14)[0] in _BMP_HEADER_SIZES else None
    if len(data) > 2 and data[:1] == b"P" and data[1:2] in b"1234567" and data[2:3].isspace():
        return "pnm"
    if data[:5] == b"<?xml" and b"<svg" in data[:1024]:
        return "svg"
    return None


def _iso_media(data: bytes) -> str | None:
    """AVIF or HEIF by the brands in the first box; a video has others."""
    end = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, end, 4))}
    if brands & _AVIF_BRANDS:
        return "avif"
    return "heif" if brands & _HEIF_BRANDS else None
