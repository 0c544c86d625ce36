"""The files that show communities: a figure, an interactive drawing, the graph as GraphML."""

from __future__ import annotations

from pyspark.sql import DataFrame

from influencers.communities.excerpt import take_excerpt
from influencers.communities.figures import COMMUNITY_STRUCTURE
from influencers.communities.graphml import heaviest_as_graphml
from influencers.communities.structure_figure import draw_communities
from influencers.communities.view import interactive
from influencers.config import CommunitiesConfig
from influencers.figures import style
from influencers.measured.communities import Quality


def exports(
    edges: DataFrame,
    communities: DataFrame,
    quality: Quality,
    *,
    algorithm: str,
    settings: CommunitiesConfig,
) -> dict[str, bytes | None]:
    """The content of each file, by its path below the output; None: there is to be no such file.

    Args:
        edges: the table hashtag_edges.
        communities: hashtag, community; of one algorithm.
        quality: of this division.
        algorithm: its name.
        settings: how much is drawn, and how many edges other programs get.
    """
    excerpt = take_excerpt(
        edges,
        communities,
        top_communities=settings.figure_communities,
        top_tags=settings.figure_tags,
    )
    figure = draw_communities(excerpt, quality, algorithm=algorithm)
    text = None
    if settings.graphml_edges:
        text = heaviest_as_graphml(edges, communities, most=settings.graphml_edges)
    return {
        COMMUNITY_STRUCTURE.png: style.png(figure),
        COMMUNITY_STRUCTURE.svg: interactive(excerpt).encode("utf-8"),
        "graphs/hashtags.graphml": None if text is None else text.encode("utf-8"),
    }
