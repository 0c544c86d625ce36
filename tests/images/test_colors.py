from __future__ import annotations

import colorsys
from collections import Counter

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from image_bytes import noise
from influencers.images.measure import colors

Bytes = npt.NDArray[np.uint8]

CHANNEL = st.integers(0, 255)
# A few colours laid out at random, and every colour at random.
FEW = st.lists(st.tuples(CHANNEL, CHANNEL, CHANNEL), min_size=1, max_size=7).flatmap(
    lambda palette: st.lists(st.sampled_from(palette), min_size=64, max_size=64)
).map(lambda pixels: np.array(pixels, dtype=np.uint8).reshape(8, 8, 3))  # fmt: skip
SAMPLES = FEW | hnp.arrays(np.uint8, (8, 8, 3))


def one(sample: Bytes) -> list[tuple[str, float]]:
    return colors.dominant(sample[None])[0]


def test_colours_of_known_oklab() -> None:
    known = {
        (1, 1, 1): (1, 0, 0), (0, 0, 0): (0, 0, 0), (1, 0, 0): (0.628, 0.2249, 0.1258),
        (0, 1, 0): (0.8664, -0.2339, 0.1795), (0, 0, 1): (0.452, -0.0325, -0.3115),
    }  # fmt: skip
    for srgb, lab in known.items():
        assert colors.oklab(np.array(srgb, dtype=float)) == pytest.approx(lab, abs=2e-4)


@settings(max_examples=60)
@given(SAMPLES)
def test_shares_sum_to_one_and_fall(sample: Bytes) -> None:
    entries = one(sample)
    distinct = len({tuple(pixel) for pixel in sample.reshape(-1, 3).tolist()})
    assert 1 <= len(entries) <= min(5, distinct)
    assert sum(share for _, share in entries) == pytest.approx(1, abs=1e-12)
    assert entries == sorted(entries, key=lambda entry: (-entry[1], entry[0]))
    assert len({name for name, _ in entries}) == len(entries)


@settings(max_examples=30)
@given(st.lists(SAMPLES, min_size=2, max_size=5))
def test_alone_as_in_a_batch(samples: list[Bytes]) -> None:
    stacked = np.stack(samples)
    assert colors.dominant(stacked) == [one(sample) for sample in samples]
    for measure in (colors.brightness, colors.saturation, colors.colorfulness):
        together = measure(stacked).tolist()
        assert together == [float(measure(sample[None])[0]) for sample in samples]


@settings(max_examples=30)
@given(SAMPLES, st.randoms(use_true_random=False))
def test_where_in_the_image_a_colour_is_does_not_matter(sample: Bytes, random: object) -> None:
    shuffled = sample.reshape(-1, 3).copy()
    random.shuffle(order := list(range(len(shuffled))))  # type: ignore[attr-defined]
    assert one(shuffled[order].reshape(sample.shape)) == one(sample)


def test_flat_colours_are_found_with_their_shares() -> None:
    flag = [("#ce1126", 24), ("#ffffff", 20), ("#002868", 12), ("#ffcc00", 8)]
    pixels = [tuple(bytes.fromhex(name[1:])) for name, count in flag for _ in range(count)]
    assert one(np.array(pixels, dtype=np.uint8)) == [(name, count / 64) for name, count in flag]


def test_equal_shares_are_in_the_order_of_their_names() -> None:
    halves = np.array([[255, 255, 255]] * 32 + [[0, 0, 0]] * 32, dtype=np.uint8)
    assert one(halves) == [("#000000", 0.5), ("#ffffff", 0.5)]


def test_what_the_eye_takes_for_one_colour_is_one() -> None:
    grain = np.random.default_rng(1).normal(0, 1.5, (4096, 3))
    entries = one((np.array([180, 60, 60]) + grain).round().astype(np.uint8))
    assert [share for _, share in entries] == [1.0]
    assert entries[0][0] == "#b43c3c"


def test_five_clouds_of_colour_are_told_apart() -> None:
    rng = np.random.default_rng(7)
    centres = {"#d02020": 1400, "#20a040": 1100, "#2040c0": 800, "#f0f0f0": 500, "#202020": 296}
    parts = [
        np.array(list(bytes.fromhex(name[1:]))) + rng.normal(0, 4, (count, 3))
        for name, count in centres.items()
    ]
    entries = one(np.vstack(parts).clip(0, 255).round().astype(np.uint8))
    assert [round(share * 4096) for _, share in entries] == list(centres.values())
    for (found, _), name in zip(entries, centres, strict=True):
        apart = np.subtract(list(bytes.fromhex(found[1:])), list(bytes.fromhex(name[1:])))
        assert np.abs(apart).max() <= 3


def _error(sample: Bytes, centres: npt.NDArray[np.float64]) -> float:
    lab = colors.oklab(sample.reshape(-1, 3) / 255)
    apart = ((lab[:, None] - centres[None]) ** 2).sum(axis=2)
    return float(apart.min(axis=1).mean())


def _kmeans_error(sample: Bytes, seed: int) -> float:
    """The error of plain k-means from five pixels at random."""
    lab = colors.oklab(sample.reshape(-1, 3) / 255)
    centres = lab[np.random.default_rng(seed).choice(len(lab), 5, replace=False)]
    for _ in range(40):
        nearest = ((lab[:, None] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)
        centres = np.array([
            lab[nearest == k].mean(axis=0) if (nearest == k).any() else centres[k] for k in range(5)
        ])  # fmt: skip
    return _error(sample, centres)


def test_the_five_are_nearly_as_good_as_the_best_of_many_tries() -> None:
    ours, best = [], []
    for seed in range(8):
        sample = np.asarray(noise(40, 40, seed))
        names = [name for name, _ in one(sample)]
        centres = np.array([list(bytes.fromhex(name[1:])) for name in names]) / 255
        ours.append(_error(sample, colors.oklab(centres)))
        best.append(min(_kmeans_error(sample, again) for again in range(8)))
    assert sum(ours) <= 1.3 * sum(best)


def _lightness(pixel: list[int]) -> float:
    light = [v / 255 / 12.92 if v <= 10 else ((v / 255 + 0.055) / 1.055) ** 2.4 for v in pixel]
    y = 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]
    return 1.16 * y ** (1 / 3) - 0.16 if y > 216 / 24389 else y * 24389 / 2700


@settings(max_examples=50)
@given(SAMPLES)
def test_brightness_saturation_and_colourfulness_by_the_book(sample: Bytes) -> None:
    pixels = sample.reshape(-1, 3).tolist()
    lightness = sum(map(_lightness, pixels)) / len(pixels)
    assert colors.brightness(sample[None])[0] == pytest.approx(lightness, abs=2e-4)
    hsv = [colorsys.rgb_to_hsv(*(v / 255 for v in pixel))[1] for pixel in pixels]
    assert colors.saturation(sample[None])[0] == pytest.approx(sum(hsv) / len(hsv), abs=2e-6)
    rg = np.array([r - g for r, g, _ in pixels], dtype=float)
    yb = np.array([(r + g) / 2 - b for r, g, b in pixels])
    spread, mean = np.hypot(rg.std(), yb.std()), np.hypot(rg.mean(), yb.mean())
    assert colors.colorfulness(sample[None])[0] == pytest.approx(spread + 0.3 * mean, abs=1e-6)


@pytest.mark.parametrize(
    ("color", "brightness", "saturation", "colorfulness"),
    [
        ((0, 0, 0), 0.0, 0.0, 0.0),
        ((255, 255, 255), 1.0, 0.0, 0.0),
        ((255, 0, 0), 0.5324, 1.0, 85.53),
    ],
)
def test_single_colours(
    color: tuple[int, int, int], brightness: float, saturation: float, colorfulness: float
) -> None:
    sample = np.full((1, 8, 8, 3), color, dtype=np.uint8)
    assert colors.brightness(sample)[0] == pytest.approx(brightness, abs=1e-4)
    assert colors.saturation(sample)[0] == saturation
    assert colors.colorfulness(sample)[0] == pytest.approx(colorfulness, abs=0.01)


def test_a_count_of_pixels_and_a_share_agree() -> None:
    sample = np.asarray(noise(30, 30, 3))
    counted = Counter(share for _, share in one(sample))
    assert all((share * 900) == pytest.approx(round(share * 900)) for share in counted)
