from __future__ import annotations

import io
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import imagehash
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile, ImageOps

from image_bytes import animation, blank_png, noise, saved, small_file
from image_options import LIMITS
from influencers.images import statuses
from influencers.images.decode import formats
from influencers.images.decode.decoding import DecodedImage, UprightImage, decode, upright_image
from influencers.images.measure.perceptual_hash import hashed, to_hex

FAILED = {
    statuses.NOT_AN_IMAGE, statuses.UNSUPPORTED_FORMAT, statuses.TOO_MANY_PIXELS,
    statuses.TRUNCATED, statuses.BROKEN,
}  # fmt: skip

# What the files of the shared folder that give no image end as.
EXPECTED = {
    "LICENSE": statuses.NOT_AN_IMAGE,
    "broken.png": statuses.BROKEN,
    "broken_data_stream.png": statuses.BROKEN,
    "decompression_bomb.gif": statuses.TOO_MANY_PIXELS,
    "decompression_bomb.ico": statuses.UNSUPPORTED_FORMAT,
    "hopper.heif": statuses.UNSUPPORTED_FORMAT,
    "hopper.ico": statuses.UNSUPPORTED_FORMAT,
    "hopper.psd": statuses.UNSUPPORTED_FORMAT,
    "hopper_16bit.pgm": statuses.UNSUPPORTED_FORMAT,
}


def image_of(data: bytes) -> DecodedImage:
    found = decode(data, LIMITS)
    assert isinstance(found, DecodedImage), found
    return found


def pixels_of(data: bytes) -> Image.Image:
    found = upright_image(data, LIMITS)
    assert isinstance(found, UprightImage), found
    return found.pixels


def levels_of(data: bytes) -> np.ndarray:  # type: ignore[type-arg]
    return np.asarray(pixels_of(data)).astype(int)


def mean_difference(ours: Image.Image, theirs: Image.Image) -> float:
    small = [np.asarray(p.convert("RGB").resize((16, 16))).astype(int) for p in (ours, theirs)]
    return float(np.abs(small[0] - small[1]).mean())


def test_every_shared_file_ends_as_expected_and_hashes_as_imagehash(shared_data: Path) -> None:
    files = [path for path in sorted((shared_data / "images").rglob("*")) if path.is_file()]
    outcomes = {}
    for path in files:
        data = path.read_bytes()
        found = decode(data, LIMITS)
        if isinstance(found, str):
            outcomes[path.name] = found
            continue
        theirs = str(imagehash.phash(pixels_of(data)))
        assert to_hex(int(hashed(found.hash_grey[None]).phash[0])) == theirs, path.name
    assert outcomes == {name: EXPECTED[name] for name in EXPECTED if name in outcomes}
    assert {path.name for path in files} >= set(EXPECTED) == set(outcomes)


def test_shared_files_look_as_they_do_at_full_size(shared_data: Path) -> None:
    for path in sorted((shared_data / "images").glob("*.*")):
        if path.suffix in (".jpg", ".webp", ".bmp") and path.name != "hopper_bad_exif.jpg":
            with Image.open(path) as full:
                turned = ImageOps.exif_transpose(full).convert("RGB")
            ours = pixels_of(path.read_bytes())
            assert mean_difference(ours, turned) < 3, path.name
            assert imagehash.phash(ours) - imagehash.phash(turned) <= 2, path.name


@pytest.mark.parametrize("format_", formats.READ)
def test_every_format_is_read_to_thumbnails_of_one_shape(format_: str) -> None:
    image = image_of(small_file(format_))
    header = (image.format, image.width, image.height, image.frames)
    assert header == (format_, 24, 20, 1)
    thumbnails = (image.colors, image.grey, image.hash_grey)
    assert [t.shape for t in thumbnails] == [(64, 64, 3), (192, 192), (32, 32)]
    assert {t.dtype for t in thumbnails} == {np.dtype(np.uint8)}
    assert mean_difference(pixels_of(small_file(format_)), noise(24, 20)) < 12


@pytest.mark.parametrize("format_", ["gif", "webp", "png", "avif"])
def test_of_an_animation_the_first_frame_is_seen(format_: str) -> None:
    data = animation(format_)
    assert image_of(data).frames == 4
    assert mean_difference(pixels_of(data), noise(24, 20, 0)) < 12
    assert mean_difference(pixels_of(data), noise(24, 20, 1)) > 20


def test_pages_are_not_frames() -> None:
    assert image_of(animation("tiff")).frames == 1


@pytest.mark.parametrize("format_", ["jpeg", "png", "webp", "avif", "tiff"])
@pytest.mark.parametrize("value", range(1, 9))
def test_images_are_upright(format_: str, value: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = value
    flat = noise(48, 30)
    flat.info["exif"] = exif.tobytes()
    data = saved(noise(48, 30), format_, exif=exif)  # takes the orientation out of `exif`
    expected = ImageOps.exif_transpose(flat)
    image = image_of(data)
    assert (image.width, image.height) == expected.size
    assert mean_difference(pixels_of(data), expected) < 12


def test_transparency_is_white() -> None:
    rgba = np.random.default_rng(4).integers(0, 256, (40, 50, 4), dtype=np.uint8)
    share = rgba[..., 3:] / 255
    expected = rgba[..., :3] * share + 255 * (1 - share)
    for format_, options in (
        ("png", {}),
        ("webp", {"lossless": True, "exact": True}),
        ("tiff", {}),
    ):
        found = levels_of(saved(Image.fromarray(rgba), format_, **options))
        assert np.abs(found - expected).max() <= 1, format_
    grey = Image.fromarray(rgba[..., 2:])
    assert grey.mode == "LA"
    expected = (rgba[..., 2:3] * share + 255 * (1 - share)).repeat(3, axis=2)
    assert np.abs(levels_of(saved(grey, "png")) - expected).max() <= 1


def test_one_transparent_colour_is_white_in_every_mode() -> None:
    levels = np.array([[0, 90], [90, 200]], dtype=np.uint8)
    white_where_90 = np.array([[0, 255], [255, 200]])
    grey = Image.fromarray(levels)
    assert np.array_equal(levels_of(saved(grey, "png", transparency=90))[..., 0], white_where_90)
    color = grey.convert("RGB")
    found = levels_of(saved(color, "png", transparency=(90, 90, 90)))
    assert np.array_equal(found[..., 0], white_where_90)
    palette = grey.convert("P")
    for format_ in ("png", "gif"):
        index = palette.getpixel((1, 0))
        found = levels_of(saved(palette, format_, transparency=index))
        assert np.array_equal(found[..., 2], white_where_90), format_
    half = bytes(128 if value == 90 else 255 for value in range(256))
    found = levels_of(saved(palette, "png", transparency=half))
    assert abs(found[0, 1, 0] - 173) <= 1


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    deep = np.arange(0, 65_536, 64, dtype=np.uint16).reshape(32, 32)
    for format_ in ("png", "tiff"):
        assert np.array_equal(levels_of(saved(Image.fromarray(deep), format_))[..., 1], deep >> 8)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (np.array([[0, 100, 255]], dtype=np.int32), [0, 100, 255]),
        (np.array([[0, 257, 65_535]], dtype=np.int32), [0, 1, 255]),
        (np.array([[-100, 50, 100]], dtype=np.int32), [0, 191, 255]),
        (np.array([[0, 5 * 10**5, 2 * 10**6]], dtype=np.int32), [0, 64, 255]),
        (np.array([[0.0, 0.2, 1.0]], dtype=np.float32), [0, 51, 255]),
        (np.array([[0.0, 3.0, 200.0]], dtype=np.float32), [0, 3, 200]),
        (np.array([[np.nan, np.inf, 200.0]], dtype=np.float32), [0, 0, 200]),
        (np.array([[-5.0, -5.0, -5.0]], dtype=np.float32), [0, 0, 0]),
    ],
)
def test_whole_and_real_numbers_are_scaled(levels: np.ndarray, expected: list[int]) -> None:  # type: ignore[type-arg]
    assert levels_of(saved(Image.fromarray(levels), "tiff"))[0, :, 0].tolist() == expected


def test_modes_that_are_not_rgb() -> None:
    original = noise(40, 40)
    cmyk = original.convert("CMYK")
    assert mean_difference(pixels_of(saved(cmyk, "tiff")), cmyk.convert("RGB")) == 0
    assert mean_difference(pixels_of(saved(cmyk, "jpeg", quality=95)), original) < 6
    bits = original.convert("1")
    assert np.array_equal(levels_of(saved(bits, "png"))[..., 0], np.asarray(bits.convert("L")))
    assert mean_difference(pixels_of(saved(original.convert("P"), "png")), original) < 12
    grey = original.convert("L")
    assert mean_difference(pixels_of(saved(grey, "jpeg", quality=95)), grey) < 3


@pytest.mark.parametrize("size", [(1, 1), (10_000, 3), (3, 10_000), (5_000, 300), (1, 60_000)])
def test_any_shape_is_read(size: tuple[int, int]) -> None:
    for format_ in ("png", "jpeg"):
        data = saved(Image.new("RGB", size, (200, 30, 60)), format_)
        image = image_of(data)
        assert (image.width, image.height) == size
        assert max(pixels_of(data).size) <= 511 or min(size) < 256
        off = np.abs(image.colors.astype(int) - [200, 30, 60]).max()
        assert off <= 2


@pytest.mark.parametrize(
    ("format_", "side", "left"),
    [("png", 511, 511), ("png", 512, 256), ("png", 1080, 270), ("png", 1300, 260),
     # A JPEG by 2, 4 or 8 while it is decoded, then by the rest.
     ("jpeg", 511, 511), ("jpeg", 1080, 270), ("jpeg", 1300, 325), ("jpeg", 4200, 263)],
)  # fmt: skip
def test_shrinking_leaves_256_a_side_or_more(format_: str, side: int, left: int) -> None:
    image = noise(side, side)
    pixels = pixels_of(saved(image, format_))
    assert pixels.size == (left, left)
    assert imagehash.phash(pixels) - imagehash.phash(image) <= 2


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", statuses.NOT_AN_IMAGE),
        (b"<!doctype html><html><body>Log in</body></html>", statuses.NOT_AN_IMAGE),
        (b'{"error": "gone"}', statuses.NOT_AN_IMAGE),
        (b"8BPS\0\1", statuses.UNSUPPORTED_FORMAT),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", statuses.UNSUPPORTED_FORMAT),
        (b"P6\n1 1\n255\nabc", statuses.UNSUPPORTED_FORMAT),
        (b"\xff\xd8\xff\xe0", statuses.TRUNCATED),
        (b"\x89PNG\r\n\x1a\n", statuses.TRUNCATED),
        (b"GIF89a", statuses.TRUNCATED),
        (b"II*\0", statuses.TRUNCATED),
        (b"GIF89a\x05\0\x05\0\0\0\0;", statuses.BROKEN),  # whole, and nothing in it
    ],
)
def test_what_is_no_image_has_a_status(data: bytes, status: str) -> None:
    assert decode(data, LIMITS) == status


@pytest.mark.parametrize("format_", formats.READ)
def test_what_is_cut_off_is_truncated(format_: str) -> None:
    data = small_file(format_)
    found = {decode(data[:length], LIMITS) for length in range(20, len(data) * 9 // 10, 3)}
    allowed = {statuses.TRUNCATED} | ({statuses.BROKEN} if format_ == "tiff" else set())
    assert found <= allowed


def test_a_png_with_wrong_bytes_is_broken() -> None:
    data = bytearray(small_file("png"))
    middle = len(data) // 2
    data[middle : middle + 8] = bytes(8)
    assert decode(bytes(data), LIMITS) == statuses.BROKEN


@pytest.mark.parametrize("format_", formats.READ)
def test_the_budget_of_pixels_is_kept(format_: str) -> None:
    data = small_file(format_)
    assert decode(data, replace(LIMITS, max_pixels=24 * 20 - 1)) == statuses.TOO_MANY_PIXELS
    assert isinstance(decode(data, replace(LIMITS, max_pixels=24 * 20)), DecodedImage)


def test_a_bomb_costs_neither_time_nor_memory(tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(bomb := blank_png(13_000))
    assert len(bomb) < 150_000
    # A process of its own: the peak of memory is a process's, and warnings are as by default.
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, str(tmp_path / "bomb.png")],
        capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)},
    )  # fmt: skip
    status, seconds, kilobytes = done.stdout.split()
    assert (status, done.stderr) == (statuses.TOO_MANY_PIXELS, "")
    assert float(seconds) < 0.2
    assert int(kilobytes) < 4_000


_MEASURED = """
import resource, sys, time
from image_options import LIMITS
from influencers.images.decode.decoding import decode
data = open(sys.argv[1], "rb").read()
before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
status = decode(data, LIMITS)
seconds = time.process_time() - start
print(status, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_gif_whose_frame_is_larger_than_its_canvas_is_measured_by_the_frame() -> None:
    data = bytearray(saved(noise(24, 20).convert("P"), "gif"))
    at = data.index(b",\0\0\0\0")
    data[at + 5 : at + 9] = b"\xff\xff\xff\xff"
    assert decode(bytes(data), LIMITS) == statuses.TOO_MANY_PIXELS


def test_a_jpeg_of_a_thousand_scans_is_refused() -> None:
    data = saved(noise(64, 64), "jpeg", progressive=True)
    last = data.rindex(b"\xff\xda")
    assert isinstance(decode(data, LIMITS), DecodedImage)
    assert decode(data[:-2] + data[last:-2] * 1_000 + data[-2:], LIMITS) == statuses.BROKEN


MUTATIONS = st.lists(
    st.tuples(
        st.floats(0, 1), st.sampled_from(["set", "cut", "drop", "double"]), st.integers(0, 255)
    ),
    min_size=1, max_size=6,
)  # fmt: skip


def mutated(data: bytes, changes: list[tuple[float, str, int]]) -> bytes:
    for where, kind, value in changes:
        at = int(where * max(len(data) - 1, 0))
        if kind == "set":
            data = data[:at] + bytes([value]) + data[at + 1 :]
        elif kind == "cut":
            data = data[: max(at, 12)]
        elif kind == "drop":
            data = data[:at] + data[at + 1 + value % 16 :]
        else:
            data = data[:at] + data[at : at + value] + data[at:]
    return data


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(formats.READ), st.booleans(), MUTATIONS)
def test_damage_is_named_and_never_raised(
    format_: str, moving: bool, changes: list[tuple[float, str, int]]
) -> None:
    whole = animation(format_) if moving and format_ in ("gif", "webp") else small_file(format_)
    found = decode(mutated(whole, changes), replace(LIMITS, max_pixels=1_000_000))
    assert isinstance(found, DecodedImage) or found in FAILED


def test_many_threads_see_what_one_sees_and_leave_the_process_as_it_was() -> None:
    files = [small_file(f) for f in formats.READ] + [animation(), small_file("png")[:90]]
    before = (ImageFile.LOAD_TRUNCATED_IMAGES, Image.MAX_IMAGE_PIXELS, list(warnings.filters))
    alone = [decode(data, LIMITS) for data in files]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda data: decode(data, LIMITS), files * 12))
    for number, found in enumerate(together):
        expected = alone[number % len(files)]
        if isinstance(expected, str):
            assert found == expected
        else:
            assert isinstance(found, DecodedImage)
            assert np.array_equal(found.colors, expected.colors)
            assert np.array_equal(found.grey, expected.grey)
            assert np.array_equal(found.hash_grey, expected.hash_grey)
    after = (ImageFile.LOAD_TRUNCATED_IMAGES, Image.MAX_IMAGE_PIXELS, list(warnings.filters))
    assert after == before


def test_the_sample_of_colours_is_fair_to_fine_stripes() -> None:
    for period in (2, 4, 8):
        stripes = np.zeros((256, 256, 3), dtype=np.uint8)
        stripes[:, np.arange(256) % period < period // 2] = 255
        for image in (stripes, stripes.transpose(1, 0, 2)):
            sample = image_of(saved(Image.fromarray(np.ascontiguousarray(image)), "png")).colors
            assert sample.mean() / 255 == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(
    ("size", "shown"), [((300, 200), (64, 43)), ((20, 400), (3, 64)), ((30, 20), (30, 20)),
                        ((4000, 1), (64, 1))],
)  # fmt: skip
def test_a_thumbnail_has_the_shape_of_its_image(
    size: tuple[int, int], shown: tuple[int, int]
) -> None:
    found = decode(saved(noise(*size), "png"), replace(LIMITS, thumbnail=64))
    assert isinstance(found, DecodedImage) and found.thumbnail is not None
    with Image.open(io.BytesIO(found.thumbnail)) as look:
        assert (look.format, look.size) == ("JPEG", shown)
    assert len(found.thumbnail) < 5_000
    assert image_of(saved(noise(*size), "png")).thumbnail is None
