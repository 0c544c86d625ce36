"""One look for every figure: colours, text, number formats and log axes.

Figures are built with matplotlib's object API on the Agg canvas: no window, no pyplot, so that any
stage may draw at any time. `new_figure` gives title, subtitle and caption their places; what is
drawn between them is the caller's, inside `with style.applied():`.
"""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from matplotlib import font_manager, rc_context, rcdefaults, rcParams
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patheffects import AbstractPathEffect, withStroke
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator

# Okabe and Ito's palette: told apart with every common kind of colour blindness.
BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, PURPLE, YELLOW, BLACK = "#56B4E9", "#CC79A7", "#F0E442", "#000000"
PALETTE = (BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE, YELLOW, BLACK)

INK, GREY, FAINT = "#222222", "#5F6368", "#E3E5E8"

# Density: one hue from near-white to near-black, so that it also survives a grey print.
DENSITY = LinearSegmentedColormap.from_list(
    "density", ["#DCEBF5", "#9CC9E3", "#4F9FCB", "#0072B2", "#00406B", "#001B33"]
)

_SETTINGS = {
    "font.family": ["DejaVu Sans"],  # ships with matplotlib: the same figure on every machine
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.titlesize": 10,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "grid.color": FAINT,
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    # A tag or a name with a dollar sign is text, not a formula.
    "text.parse_math": False,
}

_MARGIN = 0.025  # of the figure's width, left and right
_LINE = 1.45  # line height in font sizes
_CAPTION_SIZE, _SUBTITLE_SIZE, _TITLE_SIZE = 8.0, 10.0, 13.5
_DPI = 150


Write = Callable[[float], str]


@contextmanager
def applied() -> Iterator[None]:
    """The project's settings of matplotlib, whatever the user's own are, for a while."""
    with rc_context():
        rcdefaults()
        rcParams.update(_SETTINGS)  # type: ignore[arg-type]
        yield


def new_figure(
    title: str,
    *,
    subtitle: str = "",
    caption: str = "",
    size: tuple[float, float] = (8.0, 5.6),
    rows: int = 1,
    columns: int = 1,
    **subplots: Any,
) -> tuple[Figure, list[Axes]]:
    """A figure with its words in place, and its axes, row by row.

    Args:
        title: what the figure shows; wrapped.
        subtitle: how to read it; wrapped.
        caption: counts, what was left out and why, definitions; wrapped, below the axes.
        size: width and height in inches; texts keep their size.
        rows: how many axes there are, downwards.
        columns: how many axes there are, across.
        subplots: further arguments of `Figure.subplots`, such as `sharex`.
    """
    with applied():
        figure = Figure(figsize=size, dpi=_DPI, facecolor="white")
        FigureCanvasAgg(figure)
        top = _write_head(figure, title, subtitle)
        bottom = _write_caption(figure, caption)
        figure.set_layout_engine(
            "constrained", rect=(_MARGIN, bottom, 1 - 2 * _MARGIN, top - bottom)
        )
        axes = figure.subplots(rows, columns, squeeze=False, **subplots)
    return figure, [panel for row in axes for panel in row]


def no_data(title: str, reason: str, *, caption: str = "") -> Figure:
    """A figure that says 'no data', and why, where the drawing would be."""
    with applied():
        figure, (axes,) = new_figure(title, caption=caption, size=(8.0, 3.2))
        axes.set_axis_off()
        look: dict[str, Any] = {"transform": axes.transAxes, "ha": "center", "color": GREY}
        axes.text(0.5, 0.6, "no data", va="center", fontsize=20, **look)
        axes.text(0.5, 0.4, "\n".join(textwrap.wrap(reason, 70)), va="top", **look)
    return figure


def settle(figure: Figure) -> None:
    """Lay out the axes once for all, at rounded places.

    With many axes the layout's solver may differ in its last digits from one time to the next.
    """
    with applied():
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        for axes in figure.axes:
            left, bottom, width, height = axes.get_position().bounds
            axes.set_position((round(left, 3), round(bottom, 3), round(width, 3), round(height, 3)))


def png(figure: Figure) -> bytes:
    """The figure as a PNG file; the same figure gives the same bytes."""
    target = io.BytesIO()
    with applied():
        figure.savefig(target, format="png", dpi=_DPI, metadata={"Software": None})
    return target.getvalue()


def outlined(color: str = "white", width: float = 3.0) -> list[AbstractPathEffect]:
    """A light outline, so that text and lines are read on any ground."""
    return [withStroke(linewidth=width, foreground=color)]


def count(number: float) -> str:
    """A count in full: 16,539."""
    return f"{round(number):,}"


def counted(number: int, things: str) -> str:
    """A number of things: 16,539 posts, 1 post."""
    return f"{count(number)} {things.removesuffix('s') if number == 1 else things}"


def short(number: float) -> str:
    """A number of followers or likes at a glance: 950, 1.5k, 20k, 3M, 1T."""
    for size, unit in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        # 999.5 and above would read 1000 in the smaller unit.
        if abs(number) >= size * 0.9995:
            return f"{float(f'{number / size:.3g}'):g}{unit}"
    return f"{float(f'{number:.3g}'):g}"


def percent(fraction: float) -> str:
    """A fraction as a percentage with two significant digits: 0.031 is 3.1 %, 20,000 is 2M %."""
    number = float(f"{100 * fraction:.2g}")
    return f"{number:,.10g} %" if abs(number) < 1e6 else f"{short(number)} %"


def times(factor: float) -> str:
    """A factor: ×1.04."""
    return f"×{factor:.2f}"


def counts_caption(shown: int, things: str, left_out: Iterable[tuple[str, int]]) -> str:
    """The sentence about what a figure shows and what it leaves out.

    >>> counts_caption(16_000, "posts", [("likes unknown", 30), ("no likes", 0)])
    '16,000 posts shown. Left out: 30 (likes unknown).'
    """
    reasons = ", ".join(f"{count(number)} ({why})" for why, number in left_out if number)
    return f"{counted(shown, things)} shown." + (f" Left out: {reasons}." if reasons else "")


def readable(text: str, limit: int = 40) -> str:
    """Text as the figures' font can draw it, at most `limit` characters.

    A character without a glyph (emoji, many scripts) becomes `□`: the alternative is a box of
    another size and a warning. Control characters and line breaks become spaces.
    """
    drawable = "".join(
        character if ord(character) in _glyphs() else "□"
        for character in " ".join("".join(c if c.isprintable() else " " for c in text).split())
    )
    return drawable if len(drawable) <= limit else drawable[: limit - 1] + "…"


def log_axis(
    axis: Axis, values: Sequence[float], *, unit: str = "short", room: float = 0.0
) -> None:
    """Make an axis logarithmic, and wide enough for `values` and two labelled powers of ten.

    Args:
        axis: `axes.xaxis` or `axes.yaxis`.
        values: what has to fit; the positive ones count, and there must be one.
        unit: `short` (10k, 1M) or `percent` (fractions shown as 10 %).
        room: decades of free space at the upper end.
    """
    positive = [value for value in values if value > 0]
    low, high = math.log10(min(positive)), math.log10(max(positive)) + room
    if math.floor(high) - math.ceil(low) < 1:  # a scale shows at least two powers of ten
        low, high = math.floor(low), max(math.ceil(high), math.floor(low) + 1)
    pad = 0.02 * (high - low)
    limits = (10 ** (low - pad), 10 ** (high + pad))
    if axis is axis.axes.xaxis:
        axis.axes.set_xscale("log")
        axis.axes.set_xlim(limits)
    else:
        axis.axes.set_yscale("log")
        axis.axes.set_ylim(limits)
    wide = high - low > 7
    axis.set_major_locator(LogLocator(10, numticks=12))
    axis.set_minor_locator(NullLocator() if wide else LogLocator(10, subs=range(2, 10)))
    axis.set_major_formatter(_formatter(unit))
    axis.set_minor_formatter(NullFormatter())


def category_axis(axis: Axis, labels: Sequence[str]) -> None:
    """Name the positions 0, 1, 2, … of an axis."""
    axis.set_major_locator(FixedLocator([float(i) for i in range(len(labels))]))
    axis.set_ticklabels(labels)
    axis.set_tick_params(length=0)


def linear_axis(axis: Axis, *, unit: str = "count") -> None:
    """Format a linear axis in `count` (1,500), `short`, `percent` or `times`, with grid lines."""
    axis.set_major_formatter(_formatter(unit))
    axis.grid(True)


def _formatter(unit: str) -> FuncFormatter:
    texts: dict[str, Write] = {
        "count": lambda x: f"{x:,g}" if abs(x) < 1e6 else short(x),
        "short": short,
        "percent": percent,
        "times": lambda x: f"×{x:g}",
    }
    write = texts[unit]
    return FuncFormatter(lambda value, _: write(value))


def _write_head(figure: Figure, title: str, subtitle: str) -> float:
    """Write title and subtitle; returns how high the axes may reach (a fraction)."""
    height = figure.get_figheight() * 72
    top = 1 - 12 / height
    # Bold letters are wider.
    titles = _wrapped(figure, title, _TITLE_SIZE * 1.15)
    figure.text(
        _MARGIN, top, "\n".join(titles), va="top", fontsize=_TITLE_SIZE, fontweight="bold",
        linespacing=1.25,
    )  # fmt: skip
    top -= max(len(titles), 1) * _TITLE_SIZE * _LINE / height
    lines = _wrapped(figure, subtitle, _SUBTITLE_SIZE)
    figure.text(
        _MARGIN, top, "\n".join(lines), va="top", fontsize=_SUBTITLE_SIZE, color=GREY,
        linespacing=1.25,
    )  # fmt: skip
    return top - (len(lines) * _SUBTITLE_SIZE * _LINE + 4) / height


def _write_caption(figure: Figure, caption: str) -> float:
    """Write the caption; returns where the axes may begin (a fraction)."""
    height = figure.get_figheight() * 72
    lines = _wrapped(figure, caption, _CAPTION_SIZE)
    figure.text(
        _MARGIN, 8 / height, "\n".join(lines), va="bottom", fontsize=_CAPTION_SIZE, color=GREY,
        linespacing=1.25,
    )  # fmt: skip
    return (8 + len(lines) * _CAPTION_SIZE * _LINE + 6) / height


def _wrapped(figure: Figure, text: str, size: float) -> list[str]:
    """Lines that fit the figure; a character of DejaVu Sans is about .54 of its size wide."""
    width = figure.get_figwidth() * 72 * (1 - 2 * _MARGIN)
    return textwrap.wrap(text, int(width / (0.54 * size)))


@cache
def _glyphs() -> frozenset[int]:
    """The code points that the figures' font can draw."""
    path = font_manager.findfont("DejaVu Sans")
    return frozenset(font_manager.get_font(path).get_charmap())
