"""The figure of communities: readable, complete, and never in the way of a run."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from itertools import combinations

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from influencers.communities.excerpt import Excerpt, Tag
from influencers.communities.structure_figure import COLOURS, SHAPES, draw_communities
from influencers.figures import style
from influencers.measured.communities import Quality

QUALITY = Quality(0.81, 0.8, 106, 0.25, 1122, 3813)


def excerpt(communities: int, tags: int) -> Excerpt:
    names = [
        [f"tag{'x' * ((n * 5 + c) % 17)}{c}_{n}" for n in range(tags)] for c in range(communities)
    ]
    drawn = tuple(
        Tag(name, c, 10**6 * (tags - n))
        for c, own in enumerate(names)
        for n, name in enumerate(own)
    )
    inside = [
        (c * tags + a, c * tags + b, 10**5 * (1 + b))
        for c in range(communities) for a, b in combinations(range(tags), 2) if (a + b) % 3
    ]  # fmt: skip
    across = [(c * tags, (c + 1) * tags, 10**5) for c in range(communities - 1)]
    sizes = tuple(50 - c for c in range(communities))
    return Excerpt(drawn, tuple(sorted(inside + across)), sizes)


def texts(figure: Figure) -> list[str]:
    figure.canvas.draw()
    found = [*figure.texts, *(text for axes in figure.axes for text in axes.texts)]
    legends = [axes.get_legend() for axes in figure.axes]
    found += [text for legend in legends if legend for text in legend.get_texts()]
    return [text.get_text().replace("\n", " ") for text in found]


def label_boxes(figure: Figure, drawn: Excerpt) -> dict[str, np.ndarray]:
    figure.canvas.draw()
    wanted = {tag.hashtag for tag in drawn.tags}
    return {
        text.get_text(): text.get_window_extent().get_points()
        for text in figure.axes[0].texts if text.get_text() in wanted
    }  # fmt: skip


def test_labels_do_not_overlap_and_are_on_the_page() -> None:
    drawn = excerpt(8, 15)
    figure = draw_communities(drawn, QUALITY, algorithm="label_propagation")
    with style.applied():
        boxes = label_boxes(figure, drawn)
    assert len(boxes) == 120
    for (one, a), (other, b) in combinations(boxes.items(), 2):
        apart = (a[1] <= b[0] + 0.5) | (b[1] <= a[0] + 0.5)
        assert apart.any(), (one, other)
    page = figure.bbox.get_points()
    assert all((box[0] >= page[0]).all() and (box[1] <= page[1]).all() for box in boxes.values())


def test_caption_and_legend_have_the_counts() -> None:
    figure = draw_communities(excerpt(3, 4), QUALITY, algorithm="label_propagation")
    words = texts(figure)
    assert any("1,122 hashtags with 3,813 edges in 106 communities by label propagation, "
               "modularity 0.810" in text for text in words)  # fmt: skip
    assert any("12 hashtags of the 3 largest" in text for text in words)
    assert {"0: 50 hashtags, 4.5 %", "2: 48 hashtags, 4.3 %"} <= set(words)


def test_the_same_excerpt_gives_the_same_bytes() -> None:
    one, other = (
        style.png(draw_communities(excerpt(2, 6), QUALITY, algorithm="label_propagation"))
        for _ in range(2)
    )
    assert one == other
    assert Image.open(BytesIO(one)).size > (400, 300)


def test_an_empty_graph_is_a_figure_that_says_so() -> None:
    empty = Quality(None, None, 0, None, 0, 0)
    figure = draw_communities(Excerpt((), (), ()), empty, algorithm="label_propagation")
    assert "no data" in texts(figure)


def test_one_community_and_one_hashtag_are_drawn() -> None:
    alone = Excerpt((Tag("alone", 0, 0),), (), (1,))
    for drawn in (excerpt(1, 5), alone):
        figure = draw_communities(drawn, QUALITY, algorithm="label_propagation")
        assert set(label_boxes(figure, drawn)) == {tag.hashtag for tag in drawn.tags}


def test_any_text_is_drawn_without_a_warning() -> None:
    hostile = [
        "旅行",
        "\U0001f3a8art",
        "a$b$c",
        "\\frac{1}{2}",
        "線\u200d",
        "x" * 300,
        "مرحبا",
        "\x00",
    ]
    drawn = replace(excerpt(1, 8), tags=tuple(Tag(name, 0, 1) for name in hostile))
    style.png(draw_communities(drawn, QUALITY, algorithm="label_propagation"))


def test_every_community_that_the_configuration_allows_has_a_colour_and_a_shape() -> None:
    assert len(set(COLOURS)) == len(set(SHAPES)) == len(COLOURS) == 8
