"""The figure of the hashtag graph as SVG that answers the pointer, without a script.

Over a hashtag, and where the keyboard's focus is, its links and neighbours stay and all else fades:
a rule of CSS for each hashtag does it, so that the file stays small and a page may forbid scripts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from influencers.communities.excerpt import Excerpt
from influencers.communities.graphml import without_impossible
from influencers.communities.layout import Points
from influencers.communities.structure_figure import COLOURS, Label, Placed, arranged
from influencers.figures import style

_DOT, _MARGIN = 4.0, 8.0
# What all of it looks like, and how it fades.
_STYLE = """
.hashtags text { font-family: system-ui, sans-serif; text-anchor: middle; fill: #222;
  paint-order: stroke; stroke: #fff; stroke-width: 2px; }
.hashtags .tag { cursor: default; outline: none; }
.hashtags .tag, .hashtags .link { transition: opacity .12s; }
.hashtags:has(.tag:is(:hover, :focus)) :is(.tag, .link) { opacity: .12; }
"""

_NOTHING = """<svg class="hashtags" xmlns="http://www.w3.org/2000/svg" role="img"
  aria-label="Communities of hashtags: none" viewBox="0 0 480 60"><text x="240" y="34"
  font-size="14" text-anchor="middle" font-family="system-ui, sans-serif">No two hashtags are
  linked: there are no communities to draw.</text></svg>
"""


def interactive(excerpt: Excerpt) -> str:
    """An SVG of the communities in an excerpt; one that says so where there is none.

    Positions are those of the figure. The same excerpt gives the same text.

    Args:
        excerpt: what to draw; at most `len(COLOURS)` communities.
    """
    if not excerpt.tags:
        return _NOTHING
    figure = arranged(excerpt)
    low = np.min([region.low for region in figure.placed], axis=0) - _MARGIN
    high = np.max([region.high for region in figure.placed], axis=0) + _MARGIN
    width, height = high - low
    # Paper is measured upwards, a screen downwards.
    down = [(region.low[0] - low[0], high[1] - region.high[1]) for region in figure.placed]
    dots = np.concatenate([region.dots for region in figure.placed])
    at = np.stack([dots[:, 0] - low[0], high[1] - dots[:, 1]], axis=1)
    return "\n".join([
        '<svg class="hashtags" xmlns="http://www.w3.org/2000/svg" role="img" '
        f'aria-label="Communities of hashtags" viewBox="0 0 {width:.0f} {height:.0f}">',
        f"<style>{_STYLE}{_rules(len(excerpt.tags))}</style>",
        *_regions(excerpt, figure.placed, down),
        *_links(excerpt, at),
        *_tags(excerpt, at, figure.labels),
        "</svg>\n",
    ])  # fmt: skip


def _regions(
    excerpt: Excerpt, placed: Sequence[Placed], corners: Sequence[tuple[float, float]]
) -> Iterator[str]:
    for community, (region, (x, y)) in enumerate(zip(placed, corners, strict=True)):
        width, height = region.high - region.low
        yield (
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="10" '
            f'fill="{COLOURS[community]}" fill-opacity=".1"><title>Community {community}: '
            f"{excerpt.sizes[community]:,} hashtags</title></rect>"
            f'<text x="{x + 14:.1f}" y="{y + 19:.1f}" font-size="12" font-weight="bold" '
            f'style="fill: {COLOURS[community]}">{community}</text>'
        )


def _links(excerpt: Excerpt, at: Points) -> Iterator[str]:
    heaviest = max((weight for *_, weight in excerpt.links), default=1)
    for first, second, weight in excerpt.links:
        same = excerpt.tags[first].community == excerpt.tags[second].community
        colour = COLOURS[excerpt.tags[first].community] if same else style.GREY
        (x1, y1), (x2, y2), share = at[first], at[second], weight / heaviest
        yield (
            f'<line class="link l{first} l{second}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" '
            f'y2="{y2:.1f}" stroke="{colour}" stroke-opacity="{0.2 + 0.5 * share:.2f}" '
            f'stroke-width="{0.5 + 1.5 * share:.2f}"/>'
        )


def _tags(excerpt: Excerpt, at: Points, labels: Sequence[Label]) -> Iterator[str]:
    beside = _neighbours(excerpt)
    for place, (tag, (x, y), label) in enumerate(zip(excerpt.tags, at, labels, strict=True)):
        near = "".join(f" n{other}" for other in sorted(beside[place]))
        said = (
            f"#{without_impossible(tag.hashtag)}: community {tag.community}, "
            f"linked to {len(beside[place])} of the hashtags shown"
        )
        yield (
            f'<g class="tag t{place}{near}" tabindex="0" aria-label={quoteattr(said)}>'
            f'<title>{escape(said)}</title><circle cx="{x:.1f}" cy="{y:.1f}" r="{_DOT}" '
            f'fill="{COLOURS[tag.community]}"/><text x="{x:.1f}" y="{y + _DOT + label.size:.1f}" '
            f'font-size="{label.size:.1f}">{escape(without_impossible(label.text))}</text></g>'
        )


def _rules(count: int) -> str:
    """For each hashtag, that it, its links and its neighbours do not fade."""
    return "".join(
        f".hashtags:has(.t{n}:is(:hover,:focus)) :is(.t{n},.n{n},.l{n}){{opacity:1}}\n"
        for n in range(count)
    )


def _neighbours(excerpt: Excerpt) -> dict[int, set[int]]:
    neighbours: dict[int, set[int]] = defaultdict(set)
    for first, second, _ in excerpt.links:
        neighbours[first].add(second)
        neighbours[second].add(first)
    return neighbours
