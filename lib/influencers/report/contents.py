"""What is on the page: title, headlines, warnings, and the sections in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from influencers.config import Config, flatten
from influencers.measured.metrics import Metrics
from influencers.redaction import redacted, without_secrets
from influencers.report.frames import Frames
from influencers.report.headlines import headlines
from influencers.report.page import Page
from influencers.report.section import Section
from influencers.report.sections import (
    communities,
    content,
    data,
    duplicates,
    engagement,
    growth,
    images,
    influence,
    virality,
)
from influencers.report.warnings import warnings


def page_of(
    metrics: Metrics,
    frames: Frames,
    config: Config,
    *,
    made_at: datetime,
    sources: Sequence[str],
    figures: Mapping[str, bytes],
    drawings: Mapping[str, str],
) -> Page:
    """The page of a run, without secrets.

    Args:
        metrics: metrics.json.
        frames: the small tables behind the page.
        config: title and settings.
        made_at: when, in UTC.
        sources: the input files.
        figures: as `Page` has them.
        drawings: as `Page` has them.
    """
    return Page(
        title=redacted(config.report.title),
        made_at=made_at.strftime("%Y-%m-%d %H:%M UTC"),
        sources=sources,
        headlines=headlines(metrics, frames),
        warnings=warnings(metrics),
        sections=sections(metrics, frames, without_secrets(flatten(config))),
        figures=figures,
        drawings=drawings,
    )


def sections(metrics: Metrics, frames: Frames, config: Mapping[str, Any]) -> list[Section]:
    """The parts of the report, in order.

    Args:
        metrics: metrics.json.
        frames: the small tables behind it.
        config: settings by their full names, without secrets.
    """
    models = metrics.models
    found = metrics.growth
    changed = [growth.section(found, frames.changes, config)] if found and frames.changes else []
    # What changed comes first; after a single crawl posts are compared, and nothing else.
    is_first = bool(found and found.intervals)
    return [
        *(changed if is_first else ()),
        engagement.section(frames.tiers),
        influence.section(frames.leaders, models, config),
        virality.section(frames.virality, models),
        *(() if is_first else changed),
        content.section(frames.content),
        communities.section(metrics.communities, frames.circles, frames.profiles),
        images.section(metrics.images, config),
        duplicates.section(
            metrics.duplicates, frames.copied, images.without_images(metrics.images, config)
        ),
        data.section(metrics, config),
    ]
