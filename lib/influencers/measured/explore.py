"""The verdicts of the analyses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from influencers.measured.keys import key

# By feature.
Verdicts = Mapping[str, str]


@dataclass(frozen=True)
class Explore:
    """What goes with engagement and virality, in words."""

    content: Verdicts = key(
        "By trait of posts: its verdict for the engagement rate, within accounts.", factory=dict
    )
    content_by_outcome: Mapping[str, Verdicts] = key(
        "By outcome and trait: the same for every outcome.", factory=dict
    )
    virality: Mapping[str, Verdicts] = key(
        "By label of virality and feature: how it differs between viral and other posts.",
        factory=dict,
    )
