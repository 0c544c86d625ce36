from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from image_bytes import noise
from influencers.images.decode.orientation import orientation, orientation_of_exif, upright


def exif_of(value: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F] = "maker"
    exif[0x0112] = value
    return exif


@pytest.mark.parametrize("value", range(1, 9))
def test_an_image_is_turned_as_pillow_turns_it(value: int) -> None:
    image = noise(7, 4)
    exif = exif_of(value).tobytes()
    assert orientation({"exif": exif}) == value
    image.info["exif"] = exif
    expected = ImageOps.exif_transpose(image)
    assert np.array_equal(np.asarray(upright(image, value)), np.asarray(expected))


@pytest.mark.parametrize("value", [0, 9, 65_535])
def test_an_orientation_that_does_not_exist_turns_nothing(value: int) -> None:
    assert orientation({"exif": exif_of(value).tobytes()}) == 1


def test_big_endian_and_bare_blocks_are_read() -> None:
    bare = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    assert orientation_of_exif(bare) == 6
    assert orientation_of_exif(b"Exif\0\0" + bare) == 6


def test_a_profile_in_text_is_read() -> None:
    exif = exif_of(8).tobytes()
    text = f"\nexif\n{len(exif):8}\n{exif[:20].hex()}\n{exif[20:].hex()}\n"
    assert orientation({"Raw profile type exif": text}) == 8
    assert orientation({"Raw profile type exif": "\nexif\n 8\nnot hexadecimal"}) == 1
    assert orientation({}) == 1


@given(st.binary(max_size=80), st.sampled_from([b"", b"Exif\0\0II*\0", b"MM\0*"]))
def test_damage_is_no_orientation(tail: bytes, head: bytes) -> None:
    assert 1 <= orientation_of_exif(head + tail) <= 8
