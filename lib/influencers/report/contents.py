"""The sections of the report, in their order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from influencers.metrics import Numbers
from influencers.report.frames import Frames
from influencers.report.section import Section
from influencers.report.sections import (
    communities,
    content,
    data,
    duplicates,
    engagement,
    images,
    influence,
    virality,
)


def sections(metrics: Numbers, frames: Frames, config: Mapping[str, Any]) -> list[Section]:
    """The parts of the report, in order.

    Args:
        metrics: metrics.json, with every key of `metrics.empty`.
        frames: the small tables behind it.
        config: settings by their full names, without secrets.
    """
    models = metrics["models"]
    return [
        engagement.section(frames.tiers),
        influence.section(frames.leaders, models, config),
        virality.section(frames.virality, models),
        content.section(frames.content),
        communities.section(metrics["communities"], frames.circles, frames.profiles),
        images.section(metrics["images"]),
        duplicates.section(metrics["duplicates"], frames.copied),
        data.section(metrics, config),
    ]
