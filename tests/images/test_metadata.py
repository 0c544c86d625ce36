"""Metadata of PNGs and JPEGs, damaged or huge, has no say in whether an image is read."""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from image_bytes import animation, noise, saved, small_file
from image_options import LIMITS
from influencers.images import statuses
from influencers.images.decode import jpeg_segments, png_chunks
from influencers.images.decode.decoding import DecodedImage, UprightImage, decode, upright_image

MEGABYTE = 1 << 20
PNG = saved(noise(120, 80), "png")
JPEG = saved(noise(120, 80), "jpeg")
EXIF_TURNED = b"MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"


def chunk(name: bytes, body: bytes, *, wrong: int = 0) -> bytes:
    checksum = zlib.crc32(name + body) ^ wrong
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", checksum)


def with_chunks(*chunks: bytes, data: bytes = PNG, at_end: bool = False) -> bytes:
    at = len(data) - 12 if at_end else 33  # before IEND, or after IHDR
    return data[:at] + b"".join(chunks) + data[at:]


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def with_segments(*segments: bytes, data: bytes = JPEG) -> bytes:
    at = 20  # after JFIF
    return data[:at] + b"".join(segments) + data[at:]


def pixels(data: bytes) -> np.ndarray:  # type: ignore[type-arg]
    found = upright_image(data, LIMITS)
    assert isinstance(found, UprightImage), found
    return np.asarray(found.pixels)


def essential_png(data: bytes) -> bytes:
    return png_chunks.essential(data, png_chunks.chunks_of(data))


def frames_of(data: bytes) -> int:
    return png_chunks.frames(png_chunks.chunks_of(data))


def packed(size: int) -> bytes:
    return zlib.compress(bytes(size), 9)


PNG_METADATA = {
    "text": chunk(b"tEXt", b"Comment\0" + b"x" * 5 * MEGABYTE),
    "text of a wrong checksum": chunk(b"tEXt", b"Comment\0hello", wrong=1),
    "text without a keyword": chunk(b"tEXt", b""),
    "packed text": chunk(b"zTXt", b"Comment\0\0" + packed(64 * MEGABYTE)),
    "packed text, damaged": chunk(b"zTXt", b"Comment\0\0not zlib"),
    "packed text, packed strangely": chunk(b"zTXt", b"Comment\0\7abc"),
    "packed XMP": chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + packed(64 * MEGABYTE)),
    "XMP": chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b"<x/>" * MEGABYTE),
    "XMP that is not UTF-8": chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\xff\0\xff\xfe"),
    "many texts": chunk(b"tEXt", b"a\0" + b"x" * MEGABYTE) * 15,
    "packed EXIF": chunk(b"zTXt", b"Raw profile type exif\0\0" + packed(64 * MEGABYTE)),
    "EXIF as text": chunk(b"tEXt", b"Raw profile type exif\0" + b"\n" * 2 * MEGABYTE),
    "profile": chunk(b"iCCP", b"icc\0\0" + packed(64 * MEGABYTE)),
    "profile, packed strangely": chunk(b"iCCP", b"icc\0\5xx"),
    "profile, cut off": chunk(b"iCCP", b"icc"),
    "profile of a wrong checksum": chunk(b"iCCP", b"icc\0\0" + packed(99), wrong=7),
    "gamma, cut off": chunk(b"gAMA", b"\0"),
    "chromaticity, cut off": chunk(b"cHRM", b"\0\0\0"),
    "sRGB, cut off": chunk(b"sRGB", b""),
    "resolution, cut off": chunk(b"pHYs", b"\0"),
    "transparency, cut off": chunk(b"tRNS", b"\0"),
    "EXIF of a wrong checksum": chunk(b"eXIf", EXIF_TURNED, wrong=1),
    "animation, cut off": chunk(b"acTL", b"\0\0"),
    "animation of two milliards": chunk(b"acTL", struct.pack(">II", 1 << 31, 0)),
    "frame, cut off": chunk(b"acTL", struct.pack(">II", 2, 0)) + chunk(b"fcTL", b"\0\0\0\7"),
    "private": chunk(b"vpAg", b"abc") + chunk(b"cpIp", bytes(MEGABYTE), wrong=3),
}


@pytest.mark.parametrize("name", PNG_METADATA)
@pytest.mark.parametrize("at_end", [False, True])
def test_a_png_is_read_whatever_its_metadata(name: str, at_end: bool) -> None:
    data = with_chunks(PNG_METADATA[name], at_end=at_end)
    before = time.process_time()
    assert np.array_equal(pixels(data), pixels(PNG))
    assert time.process_time() - before < 1.0
    found = decode(data, LIMITS)
    assert isinstance(found, DecodedImage) and found.frames == 1


def test_what_the_pixels_of_a_png_are_made_of_must_be_sound() -> None:
    for name in (b"IHDR", b"IDAT", b"PLTE"):
        data = bytearray(small_file("png") if name != b"PLTE" else saved(
            noise(24, 20).convert("P"), "png"))  # fmt: skip
        at = bytes(data).index(name)
        data[at + 4 + int.from_bytes(data[at - 4 : at], "big")] ^= 1  # of the checksum
        assert decode(bytes(data), LIMITS) == statuses.BROKEN, name


def test_bytes_behind_the_last_chunk_are_nobodys() -> None:
    for tail in (bytes(1000), b"<html>", PNG, chunk(b"IDAT", b"x", wrong=1)):
        assert np.array_equal(pixels(PNG + tail), pixels(PNG))
    for tail in (bytes(1000), b"<html>", JPEG):
        assert np.array_equal(pixels(JPEG + tail), pixels(JPEG))


def test_transparency_and_orientation_stay() -> None:
    clear = Image.new("RGBA", (20, 10), (9, 9, 9, 0))
    noted = with_chunks(PNG_METADATA["packed text"], data=saved(clear, "png"))
    assert (pixels(noted) == 255).all()
    as_text = b"exif\n  26\n" + EXIF_TURNED.hex().encode()
    for turned in (
        chunk(b"eXIf", EXIF_TURNED),
        chunk(b"tEXt", b"Raw profile type exif\0\n" + as_text),
        chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(b"\n" + as_text)),
    ):
        assert pixels(with_chunks(PNG_METADATA["text"], turned)).shape == (120, 80, 3)


def test_frames_are_counted_not_announced() -> None:
    data = animation("png")
    assert frames_of(data) == 4
    at = data.index(b"acTL")
    lying = data[: at - 4] + chunk(b"acTL", struct.pack(">II", 999_999, 0)) + data[at + 16 :]
    assert frames_of(lying) == 4
    assert frames_of(data[: at - 4] + data[at + 16 :]) == 1


@given(st.binary(max_size=200), st.integers(0, 200), st.integers(0, 60))
def test_any_bytes_are_walked(noise_: bytes, at: int, cut: int) -> None:
    for data, walked in ((PNG, essential_png), (JPEG, jpeg_segments.essential)):
        odd = data[:at] + noise_ + data[at + cut :]
        left = walked(odd)
        assert len(left) <= len(odd)
        assert walked(left) == left


def names(data: bytes) -> Iterator[bytes]:
    at = 8
    while at < len(data):
        yield data[at + 4 : at + 8]
        at += 12 + int.from_bytes(data[at : at + 4], "big")


@given(
    st.lists(st.sampled_from(["EXIF of a wrong checksum", "gamma, cut off", "private"])),
    st.booleans(),
)
def test_what_is_left_of_a_png_is_what_its_pixels_are_made_of(
    kinds: list[str], at_end: bool
) -> None:
    noted = with_chunks(*(PNG_METADATA[kind] for kind in kinds), at_end=at_end)
    left = essential_png(noted)
    assert left == essential_png(PNG)
    assert set(names(left)) == {b"IHDR", b"IDAT", b"IEND"}


def test_a_png_of_a_million_chunks_is_refused_at_once() -> None:
    data = with_chunks(*[chunk(b"tEXt", b"")] * 1_000_000)
    before = time.process_time()
    assert decode(data, LIMITS) == statuses.BROKEN
    assert time.process_time() - before < 1.0
    assert isinstance(decode(with_chunks(*[chunk(b"tEXt", b"")] * 9_000), LIMITS), DecodedImage)


def test_a_file_without_metadata_is_not_copied() -> None:
    assert essential_png(PNG) is PNG
    assert jpeg_segments.essential(JPEG) is JPEG


JPEG_METADATA = {
    "profile without a number": segment(0xE2, b"ICC_PROFILE\0"),
    "profile without a count": segment(0xE2, b"ICC_PROFILE\0\1"),
    "profile, one part of two": segment(0xE2, b"ICC_PROFILE\0\1\2" + bytes(100)),
    "profile, parts of one number": segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(60_000)) * 50,
    "profile that is none": segment(0xE2, b"ICC_PROFILE\0\1\1not a profile"),
    "XMP": segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + b"x" * 65_000) * 100,
    "EXIF that leads nowhere": segment(0xE1, b"Exif\0\0MM\0*\xff\xff\xff\xff"),
    "EXIF, many": segment(0xE1, b"Exif\0\0" + bytes(65_000)) * 200,
    "Photoshop, cut off": segment(0xED, b"Photoshop 3.0\08BIM\4\4"),
    "Photoshop, longer than it is": segment(
        0xED, b"Photoshop 3.0\08BIM\3\xed\0\0\xff\xff\xff\xffa"
    ),
    "Adobe, cut off": segment(0xEE, b"Adobe"),
    "another JFIF, cut off": segment(0xE0, b"JFIF\0"),
    "pages of a photo, cut off": segment(0xE2, b"MPF\0II*\0\x08\0\0\0\xff\xff"),
    "comments": segment(0xFE, b"c" * 65_000) * 100,
    "nothing": segment(0xE5, b""),
}


@pytest.mark.parametrize("name", JPEG_METADATA)
def test_a_jpeg_is_read_whatever_its_metadata(name: str) -> None:
    data = with_segments(JPEG_METADATA[name])
    before = time.process_time()
    assert np.array_equal(pixels(data), pixels(JPEG))
    assert time.process_time() - before < 1.0


def test_a_jpeg_keeps_its_orientation_and_its_colours() -> None:
    turned = with_segments(
        JPEG_METADATA["profile without a count"],
        segment(0xE1, b"Exif\0\0" + EXIF_TURNED),
        JPEG_METADATA["EXIF that leads nowhere"],
    )
    assert pixels(turned).shape == (120, 80, 3)
    four = saved(noise(120, 80).convert("CMYK"), "jpeg", quality=95)
    assert b"Adobe" in jpeg_segments.essential(four)
    noted = four[:2] + JPEG_METADATA["profile without a number"] + four[2:]
    assert np.array_equal(pixels(noted), pixels(four))
    assert np.abs(pixels(four).astype(int) - pixels(PNG)).mean() < 4
