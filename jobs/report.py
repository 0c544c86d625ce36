"""Report: everything a run found, on one page."""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from influencers import files, manifest, metrics, progress, stages, tables
from influencers.config import Config
from influencers.duplicates.popularity import most_copied
from influencers.figures import stored
from influencers.report.contents import page_of
from influencers.report.figures import current_figures
from influencers.report.frames import Sources, collected
from influencers.report.page import render
from jobs.command_line import OUTPUT, Job, main


def run(spark: SparkSession, config: Config) -> dict[str, Any]:
    """Write report.html from what the other jobs left."""
    numbers = metrics.read(spark, config)
    for line in stages.remarks(spark, config):
        progress.say(line)
    frames = collected(_sources(spark, config), numbers["communities"], options=config.report)
    pngs, svgs = stored.read(spark, config.paths.output, current_figures(numbers))
    inputs = [one["uri"] for one in manifest.read(spark, config).get("inputs", [])]
    now = datetime.now(timezone.utc)
    page = page_of(
        numbers, frames, config, made_at=now, sources=inputs, figures=pngs, drawings=svgs
    )
    files.write_text(spark, files.join(config.paths.output, "report.html"), render(page))
    return {}


def _sources(spark: SparkSession, config: Config) -> Sources:
    return Sources(
        leaders=tables.read(spark, config, "analysis_influence"),
        tiers=tables.read(spark, config, "analysis_tiers"),
        virality=tables.read(spark, config, "analysis_virality"),
        content=tables.read(spark, config, "analysis_content"),
        edges=tables.read(spark, config, "hashtag_edges"),
        communities=tables.read(spark, config, "communities"),
        members=tables.read(spark, config, "account_communities"),
        accounts=tables.read(spark, config, "accounts"),
        copied=_copied(spark, config),
        profiles=_profiles(spark, config),
    )


def _profiles(spark: SparkSession, config: Config) -> DataFrame | None:
    has_profiles = tables.exists(spark, config, "community_profiles")
    known = has_profiles and stages.has(spark, config, "communities")
    return tables.read(spark, config, "community_profiles") if known else None


def _copied(spark: SparkSession, config: Config) -> DataFrame | None:
    if not all(stages.has(spark, config, stage) for stage in ("images", "duplicates")):
        return None
    groups, posts, images = (
        tables.read(spark, config, one) for one in (DUPLICATE_GROUPS, POSTS, IMAGES)
    )
    limit = config.report.copied
    return most_copied(groups, posts, images, mirrors=config.images.mirrors, limit=limit)


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
