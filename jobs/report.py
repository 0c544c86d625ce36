"""Report: everything a run found, on one page."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from pyspark.sql import SparkSession

from influencers import files, manifest, metrics, progress, stages, tables
from influencers.config import Config, flatten
from influencers.duplicates.popularity import most_copied
from influencers.redaction import redacted, without_secrets
from influencers.report import frames
from influencers.report.contents import sections
from influencers.report.figures import current_figures
from influencers.report.headlines import headlines
from influencers.report.page import Page, render
from influencers.report.sections.communities import best_algorithm
from influencers.report.warnings import warnings
from jobs.command_line import OUTPUT, Job, main


def run(spark: SparkSession, config: Config) -> dict[str, Any]:
    """Write report.html from what the other jobs left."""
    numbers = metrics.read(spark, config)
    for line in stages.remarks(spark, config):
        progress.say(line)
    found = _frames(spark, config, numbers)
    drawn = current_figures(numbers)
    pngs = _existing(spark, config, {one.name: one.png for one in drawn})
    svgs = _existing(spark, config, {one.name: one.svg for one in drawn if one.has_svg})
    page = Page(
        title=redacted(config.report.title),
        made_at=datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        sources=[one["uri"] for one in manifest.read(spark, config).get("inputs", [])],
        headlines=headlines(numbers, found),
        warnings=warnings(numbers),
        sections=sections(numbers, found, without_secrets(flatten(config))),
        figures={name: files.read_bytes(spark, uri) for name, uri in pngs.items()},
        drawings={name: files.read_text(spark, uri) for name, uri in svgs.items()},
    )
    files.write_text(spark, files.join(config.paths.output, "report.html"), render(page))
    return {}


def _frames(spark: SparkSession, config: Config, numbers: metrics.Numbers) -> frames.Frames:
    return frames.Frames(
        leaders=frames.leader_rows(tables.read(spark, config, "analysis_influence")),
        tiers=frames.tier_rows(tables.read(spark, config, "analysis_tiers")),
        virality=frames.virality_rows(tables.read(spark, config, "analysis_virality")),
        content=frames.content_rows(tables.read(spark, config, "analysis_content")),
        circles=frames.largest_circles(
            tables.read(spark, config, "hashtag_edges"),
            tables.read(spark, config, "communities"),
            tables.read(spark, config, "account_communities"),
            algorithm=best_algorithm(numbers["communities"]),
            top_communities=config.report.communities,
            top_tags=config.report.tags,
        ),
        accounts=tables.read(spark, config, "accounts").count(),
        copied=_copied(spark, config),
        profiles=_profiles(spark, config),
    )


def _profiles(spark: SparkSession, config: Config) -> Any:
    has_profiles = tables.exists(spark, config, "community_profiles")
    if not (has_profiles and stages.has(spark, config, "communities")):
        return None
    profiles = tables.read(spark, config, "community_profiles")
    return frames.profile_rows(profiles, communities=config.report.communities)


def _copied(spark: SparkSession, config: Config) -> Any:
    if not all(stages.has(spark, config, stage) for stage in ("images", "duplicates")):
        return None
    groups, posts, images = (
        tables.read(spark, config, name) for name in ("duplicate_groups", "posts", "images")
    )
    limit = config.report.copied
    return most_copied(groups, posts, images, mirrors=config.images.mirrors, limit=limit).toPandas()


def _existing(spark: SparkSession, config: Config, paths: Mapping[str, str]) -> dict[str, str]:
    """Of files by name, given as paths below the output, the locations of those that exist."""
    locations = {name: files.join(config.paths.output, path) for name, path in paths.items()}
    return {name: uri for name, uri in locations.items() if files.exists(spark, uri)}


JOB = Job(
    name="report",
    summary="Put figures, numbers and analyses on one page that needs no network.",
    reads="metrics.json, manifest.json, figures, tables of all stages",
    writes="report.html",
    run=run,
    options=(OUTPUT,),
)

if __name__ == "__main__":
    sys.exit(main(JOB))
