from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from image_bytes import noise, saved
from image_options import LIMITS
from influencers.images.decode.decoding import DecodedImage, decode
from influencers.images.measure import texture

Bytes = npt.NDArray[np.uint8]

GREYS = hnp.arrays(np.uint8, (9, 7)) | hnp.arrays(
    np.uint8, (9, 7), elements=st.sampled_from([0, 15, 16, 255])
)
SIDES = ((0, 1), (1, 1), (1, 0), (1, -1))


def _cooccurrence(grey: Bytes) -> dict[str, float]:
    """Haralick's measures, pair by pair."""
    height, width = grey.shape
    totals: dict[str, list[float]] = {
        name: [] for name in ("contrast", "homogeneity", "energy", "correlation", "entropy")
    }
    for down, right in SIDES:
        share = np.zeros((16, 16))
        for y in range(height):
            for x in range(width):
                if 0 <= y + down < height and 0 <= x + right < width:
                    here, there = grey[y, x] // 16, grey[y + down, x + right] // 16
                    share[here, there] += 1
                    share[there, here] += 1
        share /= share.sum()
        i, j = np.mgrid[0:16, 0:16]
        mean = (share * i).sum()
        variance = (share * (i - mean) ** 2).sum()
        totals["contrast"].append((share * (i - j) ** 2).sum())
        totals["homogeneity"].append((share / (1 + (i - j) ** 2)).sum())
        totals["energy"].append(math.sqrt((share**2).sum()))
        totals["correlation"].append(
            (share * (i - mean) * (j - mean)).sum() / variance if variance > 1e-12 else math.nan
        )
        totals["entropy"].append(-sum(p * math.log2(p) for p in share.ravel() if p > 0))
    return {name: sum(values) / 4 for name, values in totals.items()}


@settings(max_examples=60)
@given(GREYS)
def test_cooccurrence_is_that_of_counting_pairs(grey: Bytes) -> None:
    found = texture.cooccurrence(grey[None])
    for name, value in _cooccurrence(grey).items():
        assert found[name][0] == pytest.approx(value, abs=1e-9, nan_ok=True), name


def _neighbours(grey: Bytes, kernel: list[list[int]]) -> list[int]:
    height, width = grey.shape
    levels = grey.astype(int)
    return [
        int(sum(kernel[a][b] * levels[y + a - 1, x + b - 1] for a in range(3) for b in range(3)))
        for y in range(1, height - 1)
        for x in range(1, width - 1)
    ]


@settings(max_examples=60)
@given(GREYS)
def test_edges_sharpness_and_contrast_by_the_book(grey: Bytes) -> None:
    across = _neighbours(grey, [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    down = _neighbours(grey, [[-1, -2, -1], [0, 0, 0], [1, 2, 1]])
    long = [math.hypot(x, y) > 128 for x, y in zip(across, down, strict=True)]
    assert texture.edge_density(grey[None])[0] == sum(long) / len(long)
    laplacian = _neighbours(grey, [[0, 1, 0], [1, -4, 1], [0, 1, 0]])
    assert texture.sharpness(grey[None])[0] == pytest.approx(np.var(laplacian), abs=1e-6)
    assert texture.contrast(grey[None])[0] == pytest.approx(np.std(grey / 255.0), abs=1e-9)


def _pdq_quality(grey: Bytes) -> int:
    """As in ThreatExchange's reference code, of the means of 3 x 3 blocks."""
    small = [
        [float(grey[3 * y : 3 * y + 3, 3 * x : 3 * x + 3].mean()) for x in range(64)]
        for y in range(64)
    ]
    total = 0
    for y in range(64):
        for x in range(64):
            if y < 63:
                total += abs(int((small[y][x] - small[y + 1][x]) * 100 / 255))
            if x < 63:
                total += abs(int((small[y][x] - small[y][x + 1]) * 100 / 255))
    return min(100, int(total / 90))


@settings(max_examples=6)
@given(st.integers(0, 2**32), st.sampled_from([0, 4, 30, 250]))
def test_quality_is_that_of_pdq(seed: int, range_: int) -> None:
    rng = np.random.default_rng(seed)
    grey = rng.integers(0, 1 + range_, (192, 192)).astype(np.uint8)
    assert texture.quality(grey[None])[0] == _pdq_quality(grey)


@settings(max_examples=20)
@given(st.lists(GREYS, min_size=2, max_size=5))
def test_alone_as_in_a_batch(greys: list[Bytes]) -> None:
    stacked = np.stack(greys)
    for measure in (texture.contrast, texture.edge_density, texture.sharpness):
        assert measure(stacked).tolist() == [float(measure(grey[None])[0]) for grey in greys]
    together = texture.cooccurrence(stacked)
    for at, grey in enumerate(greys):
        alone = texture.cooccurrence(grey[None])
        for name, values in together.items():
            assert np.array_equal(values[at : at + 1], alone[name], equal_nan=True), name


def test_a_blank_image_has_no_texture() -> None:
    blank = np.full((1, 192, 192), 200, dtype=np.uint8)
    pairs = {name: float(values[0]) for name, values in texture.cooccurrence(blank).items()}
    assert math.isnan(pairs.pop("correlation"))
    assert pairs == {"contrast": 0.0, "homogeneity": 1.0, "energy": 1.0, "entropy": 0.0}
    assert texture.edge_density(blank)[0] == texture.sharpness(blank)[0] == 0
    assert texture.contrast(blank)[0] == texture.quality(blank)[0] == 0


def test_the_greatest_differences_do_not_overflow() -> None:
    checkers = (np.indices((192, 192)).sum(axis=0) % 2 * 255).astype(np.uint8)[None]
    assert texture.sharpness(checkers)[0] == pytest.approx((4 * 255) ** 2)
    assert texture.contrast(checkers)[0] == pytest.approx(0.5)
    halves = np.repeat([[0, 255]], 96, axis=1).repeat(192, axis=0).astype(np.uint8)[None]
    assert texture.edge_density(halves)[0] == pytest.approx(2 / 190)


@pytest.mark.parametrize("side", [256, 300, 512, 700, 1024, 1080, 2200])
def test_an_image_measures_nearly_the_same_at_every_size(side: int) -> None:
    rng = np.random.default_rng(5)
    grain = sum(
        np.asarray(
            Image.fromarray(rng.normal(0, 12, (cells, cells)).astype(np.float32)).resize(
                (800, 800), Image.Resampling.BICUBIC
            )
        )[..., None]
        for cells in (30, 60, 120)
    )
    original = (np.asarray(noise(800, 800)) + grain).clip(0, 255).astype(np.uint8)

    def shown(size: int) -> Bytes:
        image = Image.fromarray(original).resize((size, size), Image.Resampling.LANCZOS)
        decoded = decode(saved(image, "jpeg", quality=92), LIMITS)
        assert isinstance(decoded, DecodedImage)
        return decoded.grey[None]

    reference, other = shown(800), shown(side)
    for measure, tolerance in (
        (texture.contrast, 0.02), (texture.edge_density, 0.1), (texture.sharpness, 0.15),
    ):  # fmt: skip
        assert measure(other)[0] == pytest.approx(measure(reference)[0], rel=tolerance)
    pairs, expected = texture.cooccurrence(other), texture.cooccurrence(reference)
    for name, values in pairs.items():
        assert values[0] == pytest.approx(expected[name][0], rel=0.05), name


@pytest.mark.parametrize(("step", "edges"), [(32, 0.0), (33, 1.0)])
def test_a_step_of_33_greys_is_an_edge_and_one_of_32_is_not(step: int, edges: float) -> None:
    grey = np.array([[100, 100, 100 + step, 100 + step]] * 4, dtype=np.uint8)
    assert texture.edge_density(grey[None])[0] == edges
