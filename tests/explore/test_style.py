from __future__ import annotations

import math
from itertools import pairwise

import matplotlib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font

from influencers.figures import style


def luminance(color: str) -> float:
    """Relative luminance as of WCAG 2."""
    parts = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color))
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


@pytest.mark.parametrize("color", [style.INK, style.GREY])
def test_words_stand_out_from_white(color: str) -> None:
    assert 1.05 / (luminance(color) + 0.05) >= 4.5


def test_density_only_gets_darker() -> None:
    shades = [luminance(style.DENSITY(i / 20)) for i in range(21)]  # type: ignore[arg-type]
    assert all(lighter > darker for lighter, darker in pairwise(shades))


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (7, "7"), (950, "950"), (999.6, "1k"), (1_500, "1.5k"), (20_000, "20k"),
     (999_400, "999k"), (999_600, "1M"), (3_000_000, "3M"), (2_094_000, "2.09M"), (4e9, "4B"),
     (1e12, "1T")],
)  # fmt: skip
def test_numbers_at_a_glance(number: float, text: str) -> None:
    assert style.short(number) == text


@pytest.mark.parametrize(
    ("fraction", "text"),
    [(0, "0 %"), (0.031, "3.1 %"), (0.0314, "3.1 %"), (0.00001, "0.001 %"), (1, "100 %"),
     (25.2, "2,500 %"), (2e12, "200T %")],
)  # fmt: skip
def test_fractions_are_percentages_in_figures(fraction: float, text: str) -> None:
    assert style.percent(fraction) == text


def test_the_caption_counts_and_gives_reasons() -> None:
    words = style.counts_caption(16_539, "posts", [("likes unknown", 1_200), ("no likes", 0)])
    assert words == "16,539 posts shown. Left out: 1,200 (likes unknown)."
    assert style.counts_caption(1, "accounts", []) == "1 account shown."


@given(st.text(max_size=60), st.integers(1, 50))
def test_any_text_becomes_drawable(text: str, limit: int) -> None:
    words = style.readable(text, limit)
    assert len(words) <= limit
    font = get_font(findfont("DejaVu Sans"))
    assert all(ord(character) in font.get_charmap() for character in words)
    assert not set(words) & set("\n\t\r\x00")


def test_dollars_are_text_and_scripts_without_glyphs_are_boxes() -> None:
    with style.applied():
        figure, (axes,) = style.new_figure(r"$a_b$ and \frac{", subtitle="$", caption="$x^$")
        assert style.png(figure)[:8] == b"\x89PNG\r\n\x1a\n"
    axes.set_title(style.readable("🍕東"))  # a missing glyph would warn: warnings are errors
    figure.draw_without_rendering()
    assert style.readable("año #Ünï 東京 🍕\n2") == "año #Ünï □□ □ 2"


def test_the_same_figure_gives_the_same_bytes_whatever_the_users_settings() -> None:
    def drawn() -> bytes:
        return style.png(style.no_data("Nothing", "nothing to see"))

    plain = drawn()
    with matplotlib.rc_context({"font.size": 30, "savefig.bbox": "tight", "axes.grid": True}):
        assert drawn() == plain
        assert matplotlib.rcParams["font.size"] == 30  # left as it was


@given(st.lists(st.floats(1e-6, 1e12), min_size=1, max_size=5))
@settings(max_examples=30)
def test_log_axes_hold_their_values_and_name_two_decades(values: list[float]) -> None:
    axes = Figure().add_subplot()
    style.log_axis(axes.yaxis, [0.0, *values])
    low, high = axes.get_ylim()
    assert axes.get_yscale() == "log"
    assert low <= min(values) and max(values) <= high
    shown = [tick for tick in axes.yaxis.get_majorticklocs() if low <= tick <= high]
    exponents = [math.log10(tick) for tick in shown]
    assert exponents == pytest.approx([round(exponent) for exponent in exponents])
    assert len(shown) >= 2


@pytest.mark.parametrize("width", [5.0, 8.0, 9.0])
def test_words_of_any_length_stay_on_the_paper(width: float) -> None:
    title = "How the probability goes with the features of posts that beat their author's history"
    figure, _ = style.new_figure(title, subtitle=title * 2, caption=title * 3, size=(width, 5.0))
    with style.applied():
        figure.draw_without_rendering()
        for text in figure.texts:
            assert text.get_window_extent().x1 <= figure.bbox.x1
        head, below = figure.texts[:2]
        assert below.get_window_extent().y1 <= head.get_window_extent().y0
