"""The picture of the hashtag graph: its largest communities and their foremost hashtags."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from matplotlib import patheffects
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch

from influencers.communities import fonts, layout
from influencers.communities.excerpt import Excerpt
from influencers.communities.layout import Points
from influencers.communities.modularity import Quality

# Colours that the common kinds of colour blindness tell apart (M. Okabe, K. Ito, "Color universal
# design", 2008), the yellow darkened to stand on white; shapes say the same once more.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#B8A800", "#444444")
SHAPES = ("o", "s", "^", "D", "v", "P", "X", "h")

# All lengths are points, 1/72 inch.
_LONGEST_LABEL = 26
_DOT = 9.0
_GAP = 5.0
_PADDING = 12.0
_HEADING = 16.0
_BETWEEN = 22.0
_ASPECT = 1.5
_SMALLEST_TEXT, _LARGEST_TEXT = 7.5, 11.0
_MARGIN, _ABOVE, _BELOW, _LEGEND = 20.0, 44.0, 40.0, 190.0


@dataclass(frozen=True)
class _Placed:
    """A community in place: its box, and the middles of its hashtags' boxes."""

    low: Points
    high: Points
    tags: Points


def draw_communities(excerpt: Excerpt, quality: Quality, *, algorithm: str) -> Figure:
    """A figure of the communities in an excerpt, side by side, with their hashtags.

    Hashtags stand close to those they are used with, larger ones have more edge weight inside
    their community; no label lies over another. The caption has the counts. A graph without
    communities gives a figure that says so.

    Args:
        excerpt: what to draw; at most `len(COLOURS)` communities.
        quality: the numbers of the whole graph.
        algorithm: what found the communities, for the title.
    """
    if not excerpt.tags:
        return _empty(algorithm)
    families = fonts.families_for(tag.hashtag for tag in excerpt.tags)
    labels = [
        fonts.written(tag.hashtag, families, longest=_LONGEST_LABEL) for tag in excerpt.tags
    ]
    text_sizes = _text_sizes(excerpt)
    boxes = _label_boxes(labels, text_sizes, families)
    placed = _place(excerpt, boxes)
    figure, axes = _canvas(placed, title=_title(algorithm))
    _draw_links(axes, excerpt, placed, boxes)
    _draw_regions(axes, placed)
    _draw_tags(axes, excerpt, placed, boxes, labels, text_sizes, families)
    _draw_legend(figure, excerpt, quality)
    _caption(figure, excerpt, quality)
    return figure


def to_png(figure: Figure, *, dpi: int = 150) -> bytes:
    """The figure as the bytes of a PNG file."""
    stream = BytesIO()
    figure.savefig(stream, format="png", dpi=dpi)
    return stream.getvalue()


def _title(algorithm: str) -> str:
    return f"Which hashtags go together: communities by {algorithm.replace('_', ' ')}"


def _empty(algorithm: str) -> Figure:
    figure = Figure(figsize=(8, 4))
    FigureCanvasAgg(figure)
    figure.suptitle(_title(algorithm))
    figure.text(0.5, 0.5, "No two hashtags are used together often enough to be linked.",
                ha="center", va="center", color="#444444")  # fmt: skip
    return figure


def _text_sizes(excerpt: Excerpt) -> list[float]:
    """Font sizes by the root of a hashtag's strength against the strongest of its community."""
    strongest: dict[int, int] = {}
    for tag in excerpt.tags:
        strongest[tag.community] = max(strongest.get(tag.community, 1), tag.strength)
    span = _LARGEST_TEXT - _SMALLEST_TEXT
    return [
        _SMALLEST_TEXT + span * float(np.sqrt(tag.strength / strongest[tag.community]))
        for tag in excerpt.tags
    ]


def _label_boxes(labels: list[str], sizes: list[float], families: list[str]) -> Points:
    """Widths and heights of the labels with the dot above them."""
    ruler = Figure(figsize=(1, 1), dpi=72)
    renderer = FigureCanvasAgg(ruler).get_renderer()
    boxes = []
    for label, size in zip(labels, sizes, strict=True):
        text = ruler.text(0, 0, label, fontsize=size, family=families, parse_math=False)
        extent = text.get_window_extent(renderer)
        boxes.append((max(extent.width, _DOT), max(extent.height, size) + _DOT))
    return np.array(boxes)


def _place(excerpt: Excerpt, boxes: Points) -> list[_Placed]:
    """Every community laid out by itself, then the communities as boxes."""
    members = _members(excerpt)
    inside: list[list[tuple[int, int, float]]] = [[] for _ in members]
    across: dict[tuple[int, int], float] = {}
    for one, other, weight in excerpt.links:
        a, b = sorted((excerpt.tags[one].community, excerpt.tags[other].community))
        if a == b:
            start = members[a].start
            inside[a].append((one - start, other - start, float(weight)))
        else:
            across[a, b] = across.get((a, b), 0.0) + weight
    local, extents = [], []
    for community, own in enumerate(members):
        sizes = boxes[own.start : own.stop] + _GAP
        at = layout.arrange(len(own), inside[community], sizes, aspect=1.3)
        low, high = layout.bounds(at, sizes)
        local.append(at - (low + high) / 2)
        extents.append(high - low + 2 * _PADDING + np.array([0, _HEADING]))
    sizes = np.array(extents)
    between = [(a, b, weight) for (a, b), weight in sorted(across.items())]
    middles = layout.arrange(len(members), between, sizes + _BETWEEN, aspect=_ASPECT)
    down = np.array([0, _HEADING / 2])
    return [
        _Placed(middle - size / 2, middle + size / 2, at + middle - down)
        for middle, size, at in zip(middles, sizes, local, strict=True)
    ]


def _members(excerpt: Excerpt) -> list[range]:
    """The positions of each community's hashtags; they stand together and in order."""
    counts = np.bincount([tag.community for tag in excerpt.tags], minlength=len(excerpt.sizes))
    ends = np.cumsum(counts)
    return [range(int(end - count), int(end)) for count, end in zip(counts, ends, strict=True)]


def _canvas(placed: list[_Placed], *, title: str) -> tuple[Figure, Any]:
    """A figure in which a point of the layout is a point of paper, and its axes."""
    low = np.min([one.low for one in placed], axis=0)
    high = np.max([one.high for one in placed], axis=0)
    width, height = np.maximum(high - low, (360.0, 240.0))
    middle = (low + high) / 2
    paper = np.array([width + 2 * _MARGIN + _LEGEND, height + _ABOVE + _BELOW])
    figure = Figure(figsize=tuple(paper / 72))
    FigureCanvasAgg(figure)
    axes = figure.add_axes((_MARGIN / paper[0], _BELOW / paper[1],
                            width / paper[0], height / paper[1]))  # fmt: skip
    axes.set_xlim(middle[0] - width / 2, middle[0] + width / 2)
    axes.set_ylim(middle[1] - height / 2, middle[1] + height / 2)
    axes.set_axis_off()
    figure.text(_MARGIN / paper[0], 1 - _ABOVE / 2 / paper[1], title, fontsize=14, va="center")
    return figure, axes


def _dots(excerpt: Excerpt, placed: list[_Placed], boxes: Points) -> Points:
    """Where the dots are: at the top of the labels' boxes."""
    middles = np.concatenate([one.tags for one in placed])
    dots: Points = middles + np.stack(
        [np.zeros(len(boxes)), boxes[:, 1] / 2 - _DOT / 2], axis=1
    )
    return dots


def _draw_links(axes: Any, excerpt: Excerpt, placed: list[_Placed], boxes: Points) -> None:
    dots = _dots(excerpt, placed, boxes)
    heaviest = max((weight for *_, weight in excerpt.links), default=1)
    for one, other, weight in excerpt.links:
        same = excerpt.tags[one].community == excerpt.tags[other].community
        share = weight / heaviest
        axes.plot(
            *dots[[one, other]].T,
            color=COLOURS[excerpt.tags[one].community] if same else "#888888",
            alpha=0.15 + 0.4 * share if same else 0.25,
            linewidth=0.4 + 1.4 * share if same else 0.5,
            zorder=2 if same else 1,
            solid_capstyle="round",
        )


def _draw_regions(axes: Any, placed: list[_Placed]) -> None:
    for community, one in enumerate(placed):
        width, height = one.high - one.low
        axes.add_patch(
            FancyBboxPatch(
                tuple(one.low), width, height, boxstyle="round,pad=0,rounding_size=10",
                facecolor=COLOURS[community], edgecolor=COLOURS[community], alpha=0.10,
                linewidth=0, zorder=0,
            )
        )  # fmt: skip
        axes.text(one.low[0] + 8, one.high[1] - 6, f"{community}", fontsize=11, weight="bold",
                  color=COLOURS[community], va="top", zorder=4)  # fmt: skip


def _draw_tags(
    axes: Any,
    excerpt: Excerpt,
    placed: list[_Placed],
    boxes: Points,
    labels: list[str],
    text_sizes: list[float],
    families: list[str],
) -> None:
    dots = _dots(excerpt, placed, boxes)
    halo = [patheffects.withStroke(linewidth=2, foreground="white", alpha=0.8)]
    for tag, (x, y), label, size in zip(excerpt.tags, dots, labels, text_sizes, strict=True):
        axes.plot(x, y, marker=SHAPES[tag.community], markersize=size * 0.7, linestyle="none",
                  color=COLOURS[tag.community], markeredgecolor="white",
                  markeredgewidth=0.5, zorder=3)  # fmt: skip
        axes.text(x, y - _DOT / 2, label, fontsize=size, family=families, ha="center", va="top",
                  parse_math=False, path_effects=halo, zorder=4)  # fmt: skip


def _draw_legend(figure: Figure, excerpt: Excerpt, quality: Quality) -> None:
    handles = [
        Line2D([], [], marker=SHAPES[community], color=COLOURS[community], linestyle="none",
               label=f"{community}: {size:,} hashtags ({size / quality.tags:.1%})")
        for community, size in enumerate(excerpt.sizes)
    ]  # fmt: skip
    paper = figure.get_size_inches() * 72
    figure.legend(
        handles=handles, loc="upper right", frameon=False, title="Community, size, share",
        bbox_to_anchor=(1 - _MARGIN / 2 / paper[0], 1 - _ABOVE / paper[1]),
        prop=FontProperties(family=fonts.BASE_FAMILY, size=9), alignment="left",
    )  # fmt: skip


def _caption(figure: Figure, excerpt: Excerpt, quality: Quality) -> None:
    modularity = "unknown" if quality.modularity is None else f"{quality.modularity:.3f}"
    paper = figure.get_size_inches() * 72
    figure.text(
        _MARGIN / paper[0], _BELOW / 2 / paper[1],
        f"{quality.tags:,} hashtags, {quality.edges:,} edges, {quality.communities:,} communities, "
        f"modularity {modularity}.  Drawn: the {len(excerpt.tags):,} strongest hashtags of the "
        f"{len(excerpt.sizes):,} largest; grey lines join communities.",
        fontsize=9, color="#444444", va="center",
    )  # fmt: skip
