from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from image_bytes import animation, noise, saved, small_file
from influencers.images.decode import containers, formats


@pytest.mark.parametrize("format_", formats.READ)
def test_a_format_is_told_from_its_bytes(format_: str) -> None:
    assert formats.sniffed(small_file(format_)) == format_


@pytest.mark.parametrize(
    ("name", "options"),
    [("ICO", {}), ("PPM", {}), ("JPEG2000", {}), ("DDS", {}), ("ICNS", {}), ("PNG", {})],
)
def test_what_pillow_writes_in_other_formats_is_known(name: str, options: dict[str, int]) -> None:
    target = io.BytesIO()
    noise(32, 32).save(target, format=name, **options)
    assert formats.sniffed(target.getvalue()) is not None


@pytest.mark.parametrize(
    ("data", "format_"),
    [
        (b"8BPS\0\1", "psd"),
        (b"P5\n# by hand\n2 2\n255\n", "pnm"),
        (b"P7 \n", "pnm"),
        (b"\0\0\0\x1cftypheic\0\0\0\0mif1heicmiaf", "heif"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", "avif"),
        (b"\0\0\0\x18ftypisom\0\0\2\0isomiso2", None),  # a video
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "svg"),
        (b"<?xml version='1.0'?>\n<svg/>", "svg"),
        (b"<?xml version='1.0'?>\n<error/>", None),
        (b"<html>BM</html>", None),
        (b"BMW and Audi, the cars of the week", None),
        (b"Posts of the day", None),
        (b"P5 is not how a story begins"[:2], None),
        (b"RIFF\x10\0\0\0AVI LIST", None),
        (b"{}", None),
        (b"", None),
    ],
)
def test_what_other_bytes_are(data: bytes, format_: str | None) -> None:
    assert formats.sniffed(data) == format_


@given(st.binary(max_size=64))
def test_no_bytes_break_the_walks(tail: bytes) -> None:
    for head in (b"", b"\xff\xd8\xff", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"RIFF", b"II*\0"):
        data = head + tail
        formats.sniffed(data)
        containers.walked_gif(data)
        containers.jpeg_scans(data)
        for format_ in formats.READ:
            assert containers.is_cut_short(format_, data) in (True, False)


@pytest.mark.parametrize("format_", [f for f in formats.READ if f != "tiff"])
def test_a_whole_file_is_whole_and_every_part_of_it_is_not(format_: str) -> None:
    data = small_file(format_)
    assert not containers.is_cut_short(format_, data)
    # Without the checksum of its last, empty chunk a PNG has all that matters.
    for length in range(16, len(data) - 4):
        assert containers.is_cut_short(format_, data[:length]), length


def test_scans_are_counted_up_to_the_end_of_the_image() -> None:
    plain = saved(noise(64, 64), "jpeg")
    progressive = saved(noise(64, 64), "jpeg", progressive=True)
    assert containers.jpeg_scans(plain) == 1
    assert containers.jpeg_scans(progressive) == progressive.count(b"\xff\xda") > 5
    thumbnail = b"\xff\xe1" + (len(plain) + 2).to_bytes(2, "big") + plain
    assert containers.jpeg_scans(plain[:2] + thumbnail + plain[2:] + progressive) == 1


def segment(marker: int, payload: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(payload) + 2).to_bytes(2, "big") + payload


@pytest.mark.parametrize(
    ("frame", "in_first_scan", "scans"),
    [(0xC0, 3, 1), (0xC1, 3, 1), (0xC0, 1, 4), (0xC2, 3, 4), (0xCA, 3, 4)],
)
def test_scans_count_that_a_decoder_reads(frame: int, in_first_scan: int, scans: int) -> None:
    three = bytes([8, 0, 8, 0, 8, 3]) + b"\1\x11\0\2\x11\0\3\x11\0"
    scan = segment(0xDA, bytes([in_first_scan, 1, 0, 0, 63, 0])) + b"\x12\x34"
    header = b"\xff\xd8" + segment(0xE0, b"JFIF") + segment(frame, three)
    assert containers.jpeg_scans(header + 4 * scan + b"\xff\xd9") == scans


def test_the_first_frame_of_a_gif_is_a_gif_of_its_own() -> None:
    data = animation()
    walked = containers.walked_gif(data)
    assert (walked.frames, walked.extent, walked.complete) == (4, (24, 20), True)
    with Image.open(io.BytesIO(walked.first)) as first, Image.open(io.BytesIO(data)) as whole:
        assert first.n_frames == 1
        assert first.convert("RGBA").tobytes() == whole.convert("RGBA").tobytes()


def test_a_gif_that_breaks_off_in_its_third_frame_has_two() -> None:
    data = animation()
    third = [at for at in range(len(data)) if data[at : at + 4] == b"\x21\xf9\x04\x08"]
    starts = third or [at for at in range(len(data)) if data[at : at + 3] == b"\x21\xf9\x04"]
    walked = containers.walked_gif(data[: starts[2] + 30])
    assert (walked.frames, walked.complete) == (2, False)
    assert walked.first == containers.walked_gif(data).first
