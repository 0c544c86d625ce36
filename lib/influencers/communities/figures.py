"""The figures of the hashtag graph."""

from __future__ import annotations

from influencers.figures.figure import Figure

COMMUNITY_STRUCTURE = Figure(
    name="community_structure",
    title="Communities of hashtags",
    section="communities",
    caption="point at a hashtag, or go from one to the next with the tab key, to see what it is "
    "linked to.",
    has_svg=True,
)

FIGURES = (COMMUNITY_STRUCTURE,)
