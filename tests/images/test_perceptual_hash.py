from __future__ import annotations

import imagehash
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageDraw, ImageFont

from image_options import LIMITS
from influencers.images.decode.decoding import DecodedImage, decode
from influencers.images.measure.perceptual_hash import from_hex, hashed, to_hex
from influencers.synthetic.image_drawing import drawn, encoded

Greys = npt.NDArray[np.uint8]

GREYS = hnp.arrays(np.uint8, (32, 32), elements=st.integers(0, 255))
FEW_GREYS = hnp.arrays(np.uint8, (32, 32), elements=st.sampled_from([0, 1, 128, 255]))


def theirs(grey: Greys) -> int:
    return from_hex(str(imagehash.phash(Image.fromarray(grey))))


@settings(max_examples=50)
@given(st.lists(GREYS | FEW_GREYS, min_size=1, max_size=4))
def test_the_bits_are_those_of_imagehash(greys: list[Greys]) -> None:
    assert hashed(np.stack(greys)).phash.tolist() == [theirs(grey) for grey in greys]


def with_ties() -> dict[str, Greys]:
    """Greys many of whose coefficients are equal: which side of the median is a rounding."""
    y, x = np.mgrid[0:32, 0:32]
    mirrored = np.random.default_rng(1).integers(0, 256, (32, 16))
    images = {
        "black": x * 0, "grey": x * 0 + 100, "white": x * 0 + 255, "across": x * 8, "down": y * 8,
        "diagonal": (x + y) * 4, "checkers": (x + y) % 2 * 255, "halves": (x > 15) * 255,
        "bars": x % 4 * 60, "mirrored": np.hstack([mirrored, mirrored[:, ::-1]]),
        "four ways": np.vstack([mirrored[:16], mirrored[15::-1]]).repeat(2, axis=1),
        "one point": (x == 16) * (y == 16) * 255,
    }  # fmt: skip
    return {name: levels.astype(np.uint8) for name, levels in images.items()}


@pytest.mark.parametrize("name", with_ties())
def test_ties_with_the_median_fall_as_they_do_in_imagehash(name: str) -> None:
    grey = with_ties()[name]
    assert hashed(grey[None]).phash.tolist() == [theirs(grey)]


def test_a_hash_does_not_depend_on_the_batch() -> None:
    greys = np.random.default_rng(2).integers(0, 256, (37, 32, 32), dtype=np.uint8)
    together = hashed(greys)
    assert together.phash.tolist() == [int(hashed(grey[None]).phash[0]) for grey in greys]


@given(st.integers(-(2**63), 2**63 - 1))
def test_sixteen_digits_and_back(phash: int) -> None:
    digits = to_hex(phash)
    assert len(digits) == 16
    assert int(digits, 16) == phash % 2**64
    assert from_hex(digits) == phash


@pytest.mark.parametrize("digits", ["", "0", "f" * 15, "f" * 17, "g" * 16])
def test_what_is_not_a_hash_is_refused(digits: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_hex(digits)


def shown(image: Image.Image) -> DecodedImage:
    decoded = decode(encoded(image, "jpg"), LIMITS)
    assert isinstance(decoded, DecodedImage)
    return decoded


def is_degenerate(image: Image.Image) -> bool:
    return bool(hashed(shown(image).hash_grey[None]).degenerate[0])


def gradient(kind: str) -> Image.Image:
    y, x = np.mgrid[0:400, 0:400] / 399
    share = {"across": x, "down": y, "diagonal": (x + y) / 2, "round": np.hypot(x - 0.5, y - 0.5)}
    colors = np.array([30, 90, 200]) + share[kind][..., None] * np.array([200, 100, -150])
    return Image.fromarray(colors.astype(np.uint8))


def card(text: str, ground: str = "white", ink: str = "black") -> Image.Image:
    image = Image.new("RGB", (600, 600), ground)
    font = ImageFont.load_default(40)
    ImageDraw.Draw(image).multiline_text((60, 200), text, fill=ink, font=font)
    return image


@pytest.mark.parametrize("kind", ["across", "down", "diagonal", "round"])
def test_gradients_are_degenerate(kind: str) -> None:
    assert is_degenerate(gradient(kind))


@pytest.mark.parametrize("color", ["black", "white", "#7f7f7f", "#c03020"])
def test_blank_images_are_degenerate_with_faint_noise_too(color: str) -> None:
    blank = Image.new("RGB", (400, 300), color)
    assert is_degenerate(blank)
    noise = np.random.default_rng(3).normal(0, 8, (300, 400, 3))
    grainy = (np.asarray(blank) + noise).clip(0, 255).astype(np.uint8)
    assert is_degenerate(Image.fromarray(grainy))


@pytest.mark.parametrize("number", range(12))
def test_images_are_not_degenerate(number: int) -> None:
    assert not is_degenerate(drawn(5, number, 320).convert("RGB"))


def test_text_is_not_degenerate() -> None:
    assert not is_degenerate(card("new post,\nlink in bio"))
    assert not is_degenerate(card("new post,\nlink in bio", "#eeeeee", "#cccccc"))
