"""The figure of the hashtag graph: its largest communities and their main hashtags."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch

from influencers.communities import layout
from influencers.communities.algorithms import algorithm_of
from influencers.communities.excerpt import Excerpt
from influencers.communities.layout import Points
from influencers.figures import fonts, style
from influencers.measured.communities import Quality

# The palette with its yellow darkened, to stand on white; shapes say the same once more.
COLOURS = (style.BLUE, style.VERMILION, style.GREEN, style.PURPLE,
           style.ORANGE, style.SKY, "#B8A800", style.GREY)  # fmt: skip
SHAPES = ("o", "s", "^", "D", "v", "P", "X", "h")

_TITLE = "Which hashtags go together"
_SUBTITLE = (
    "Hashtags that the same accounts use in one post are linked; lines are heavier, and hashtags "
    "larger, the further beyond chance."
)

# All lengths are points, 1/72 inch.
_LONGEST_LABEL = 26
_DOT = 9.0
_GAP = 5.0
_PADDING = 12.0
_HEADING = 16.0
_BETWEEN = 14.0
_ASPECT = 1.5
_SMALLEST_TEXT, _LARGEST_TEXT = 7.5, 11.0
_SMALLEST_DRAWING = np.array([420.0, 200.0])
# Room for the legend at the side, and for title, subtitle and caption.
_LEGEND, _WORDS = 230.0, 130.0


@dataclass(frozen=True)
class Label:
    """A hashtag as it is written, and the size of its letters in points."""

    text: str
    size: float


@dataclass(frozen=True)
class Placed:
    """A community in place: the corners of its box, and where its hashtags' dots are."""

    low: Points
    high: Points
    dots: Points


@dataclass(frozen=True)
class Arranged:
    """An excerpt in place: communities by number, labels in the order of its hashtags."""

    placed: list[Placed]
    labels: list[Label]
    families: list[str]


def arranged(excerpt: Excerpt) -> Arranged:
    """Where all of an excerpt stands, in points, upwards; the same for the same excerpt."""
    families = fonts.families_for(tag.hashtag for tag in excerpt.tags)
    labels = _labels(excerpt, families)
    with style.applied():
        return Arranged(_place(excerpt, _label_boxes(labels, families)), labels, families)


def draw_communities(excerpt: Excerpt, quality: Quality, *, algorithm: str) -> Figure:
    """A figure of the communities in an excerpt, side by side, with their hashtags.

    Hashtags stand close to those they are used with, larger ones have more edge weight inside
    their community; no label lies over another. The caption has the counts. A graph without
    communities gives a figure that says so.

    Args:
        excerpt: what to draw; at most `len(COLOURS)` communities.
        quality: the numbers of the whole graph.
        algorithm: the name of what found the communities.
    """
    if not excerpt.tags:
        return style.no_data(_TITLE, "No two hashtags are used together often enough to be linked.")
    at = arranged(excerpt)
    with style.applied():
        figure, axes = _canvas(at.placed, _caption(excerpt, quality, algorithm))
        _draw_links(axes, excerpt, at.placed)
        _draw_regions(axes, at.placed)
        _draw_tags(axes, excerpt, at)
        _draw_legend(figure, axes, excerpt, quality)
    return figure


def _labels(excerpt: Excerpt, families: list[str]) -> list[Label]:
    """Larger by the root of a hashtag's strength against the strongest of its community."""
    strongest: dict[int, int] = {}
    for tag in excerpt.tags:
        strongest[tag.community] = max(strongest.get(tag.community, 1), tag.strength)
    span = _LARGEST_TEXT - _SMALLEST_TEXT
    return [
        Label(
            fonts.written(tag.hashtag, families, longest=_LONGEST_LABEL),
            _SMALLEST_TEXT + span * float(np.sqrt(tag.strength / strongest[tag.community])),
        )
        for tag in excerpt.tags
    ]


def _label_boxes(labels: list[Label], families: list[str]) -> Points:
    """Widths and heights of the labels with the dot above them."""
    ruler = Figure(figsize=(1, 1), dpi=72)
    FigureCanvasAgg(ruler)
    boxes = []
    for label in labels:
        text = ruler.text(0, 0, label.text, fontsize=label.size, family=families)
        extent = text.get_window_extent()
        boxes.append((max(extent.width, _DOT), max(extent.height, label.size) + _DOT))
    return np.array(boxes)


def _place(excerpt: Excerpt, boxes: Points) -> list[Placed]:
    """Every community laid out by itself, then the communities as boxes."""
    members = _members(excerpt)
    inside: list[list[tuple[int, int, float]]] = [[] for _ in members]
    across: dict[tuple[int, int], float] = {}
    for first, second, weight in excerpt.links:
        a, b = sorted((excerpt.tags[first].community, excerpt.tags[second].community))
        if a == b:
            start = members[a].start
            inside[a].append((first - start, second - start, float(weight)))
        else:
            across[a, b] = across.get((a, b), 0.0) + weight
    local, extents = [], []
    for community, own in enumerate(members):
        sizes = boxes[own.start : own.stop] + _GAP
        at = layout.spread(layout.force_layout(len(own), inside[community]), sizes, aspect=1.6)
        low, high = layout.bounds(at, sizes)
        # Dots are at the top of the labels' boxes, and those below the community's number.
        up = boxes[own.start : own.stop, 1] / 2 - (_DOT + _HEADING) / 2
        local.append(at - (low + high) / 2 + np.stack([np.zeros(len(own)), up], axis=1))
        extents.append(high - low + 2 * _PADDING + np.array([0, _HEADING]))
    sizes = np.array(extents)
    between = [(a, b, weight) for (a, b), weight in sorted(across.items())]
    middles = layout.shelve(
        layout.force_layout(len(members), between), sizes + _BETWEEN, aspect=_ASPECT
    )
    return [
        Placed(middle - size / 2, middle + size / 2, dots + middle)
        for middle, size, dots in zip(middles, sizes, local, strict=True)
    ]


def _members(excerpt: Excerpt) -> list[range]:
    """The positions of each community's hashtags; they stand together and in order."""
    counts = np.bincount([tag.community for tag in excerpt.tags], minlength=len(excerpt.sizes))
    ends = np.cumsum(counts)
    return [range(int(end - count), int(end)) for count, end in zip(counts, ends, strict=True)]


def _canvas(placed: list[Placed], caption: str) -> tuple[Figure, Axes]:
    """A figure in which a point of the layout is a point of paper, and its axes."""
    low = np.min([region.low for region in placed], axis=0)
    high = np.max([region.high for region in placed], axis=0)
    drawn = np.maximum(high - low, _SMALLEST_DRAWING)
    middle = (low + high) / 2
    paper = drawn + np.array([_LEGEND, _WORDS])
    figure, (axes,) = style.new_figure(
        _TITLE, subtitle=_SUBTITLE, caption=caption, size=(paper[0] / 72, paper[1] / 72)
    )
    engine = figure.get_layout_engine()
    assert engine is not None
    left, bottom, _, height = engine.get()["rect"]
    figure.set_layout_engine("none")
    width, tall = drawn / paper
    axes.set_position((left, bottom + (height - tall) / 2, width, tall))
    axes.set_xlim(middle[0] - drawn[0] / 2, middle[0] + drawn[0] / 2)
    axes.set_ylim(middle[1] - drawn[1] / 2, middle[1] + drawn[1] / 2)
    axes.set_axis_off()
    return figure, axes


def _caption(excerpt: Excerpt, quality: Quality, algorithm: str) -> str:
    modularity = "" if quality.modularity is None else f", modularity {quality.modularity:.3f}"
    return (
        f"{quality.tags:,} hashtags with {quality.edges:,} edges in {quality.communities:,} "
        f"communities by {algorithm_of(algorithm).title}{modularity}. Drawn: "
        f"{len(excerpt.tags):,} hashtags of the {len(excerpt.sizes):,} largest communities, those "
        f"with the most edge weight inside, and the {len(excerpt.links):,} edges among them."
    )


def _draw_links(axes: Axes, excerpt: Excerpt, placed: list[Placed]) -> None:
    dots = np.concatenate([region.dots for region in placed])
    heaviest = max((weight for *_, weight in excerpt.links), default=1)
    for first, second, weight in excerpt.links:
        same = excerpt.tags[first].community == excerpt.tags[second].community
        share = weight / heaviest
        axes.plot(
            *dots[[first, second]].T,
            color=COLOURS[excerpt.tags[first].community] if same else style.GREY,
            alpha=0.15 + 0.4 * share if same else 0.3,
            linewidth=0.4 + 1.4 * share if same else 0.6,
            zorder=2 if same else 1,
        )


def _draw_regions(axes: Axes, placed: list[Placed]) -> None:
    for community, region in enumerate(placed):
        width, height = region.high - region.low
        axes.add_patch(
            FancyBboxPatch(
                tuple(region.low), width, height, boxstyle="round,pad=0,rounding_size=10",
                facecolor=COLOURS[community], alpha=0.10, linewidth=0, zorder=0,
            )
        )  # fmt: skip
        axes.text(region.low[0] + 8, region.high[1] - 6, f"{community}", fontsize=11, weight="bold",
                  color=COLOURS[community], va="top", zorder=4)  # fmt: skip


def _draw_tags(axes: Axes, excerpt: Excerpt, at: Arranged) -> None:
    dots = np.concatenate([region.dots for region in at.placed])
    for tag, (x, y), label in zip(excerpt.tags, dots, at.labels, strict=True):
        axes.plot(x, y, marker=SHAPES[tag.community], markersize=label.size * 0.7,
                  color=COLOURS[tag.community], markeredgecolor="white",
                  markeredgewidth=0.5, zorder=3)  # fmt: skip
        axes.text(x, y - _DOT / 2, label.text, fontsize=label.size, family=at.families, ha="center",
                  va="top", path_effects=style.outlined(width=2), zorder=4)  # fmt: skip


def _draw_legend(figure: Figure, axes: Axes, excerpt: Excerpt, quality: Quality) -> None:
    handles = [
        Line2D([], [], marker=SHAPES[community], color=COLOURS[community], linestyle="none",
               label=f"{community}: {size:,} hashtags, {style.percent(size / quality.tags)}")
        for community, size in enumerate(excerpt.sizes)
    ]  # fmt: skip
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1, 1), borderaxespad=1,
                title="Community, size, share", alignment="left", fontsize=9)  # fmt: skip
