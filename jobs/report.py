"""Report: everything a run found, on one page."""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from typing import Any

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from influencers import files, manifest, metrics, progress, stages, tables
from influencers.communities.excerpt import take_excerpt
from influencers.communities.profiles import in_words
from influencers.communities.tables import (
    ACCOUNT_COMMUNITIES,
    COMMUNITIES,
    COMMUNITY_PROFILES,
    HASHTAG_EDGES,
)
from influencers.config import Config, flatten
from influencers.duplicates.popularity import most_copied
from influencers.duplicates.tables import DUPLICATE_GROUPS
from influencers.explore.standing import OUTCOMES
from influencers.explore.tables import (
    ANALYSIS_CONTENT,
    ANALYSIS_INFLUENCE,
    ANALYSIS_TIERS,
    ANALYSIS_VIRALITY,
)
from influencers.features.tables import ACCOUNTS
from influencers.images.tables import IMAGES
from influencers.ingest.tables import POSTS
from influencers.redaction import redacted, without_secrets
from influencers.report import sections
from influencers.report.page import Page, render
from influencers.storage.table import Table
from jobs.command_line import OUTPUT, Job, main

# What an account or a table may add to the page at most.
_ROWS = 200
_TRAIT = ("feature", "position", "level", "outcome")


def run(spark: SparkSession, config: Config) -> dict[str, Any]:
    """Write report.html from what the other jobs left."""
    numbers = metrics.read(spark, config)
    for line in stages.remarks(spark, config):
        progress.say(line)
    frames = _frames(spark, config, numbers)
    page = Page(
        title=redacted(config.report.title),
        made_at=datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        sources=[one["uri"] for one in manifest.read(spark, config).get("inputs", [])],
        headlines=sections.headlines(numbers, frames),
        warnings=sections.warnings(numbers),
        sections=sections.sections(numbers, frames, without_secrets(flatten(config))),
        figures=_figures(spark, config, numbers),
        drawings=_drawings(spark, config),
    )
    files.write_text(spark, files.join(config.paths.output, "report.html"), render(page))
    return {}


def _frames(spark: SparkSession, config: Config, numbers: metrics.Numbers) -> sections.Frames:
    def shown(table: Table, *order: str, rows: int = _ROWS) -> Any:
        return tables.read(spark, config, table).sort(*order).limit(rows).toPandas()

    return sections.Frames(
        leaders=shown(ANALYSIS_INFLUENCE, "tier", "rank"),
        tiers=shown(ANALYSIS_TIERS, "median_followers"),
        virality=shown(ANALYSIS_VIRALITY, "label", "feature"),
        # The outcomes of a trait are one row of the report.
        content=shown(ANALYSIS_CONTENT, *_TRAIT, rows=_ROWS * len(OUTCOMES)),
        circles=_circles(spark, config, numbers),
        accounts=tables.read(spark, config, ACCOUNTS).count(),
        copied=_copied(spark, config),
        profiles=_profiles(spark, config),
    )


def _profiles(spark: SparkSession, config: Config) -> Any:
    has_profiles = tables.exists(spark, config, COMMUNITY_PROFILES)
    if not (has_profiles and stages.has(spark, config, "communities")):
        return None
    largest = F.col("community") < config.report.communities
    profiles = tables.read(spark, config, COMMUNITY_PROFILES).where(largest)
    return in_words(profiles).sort("community").toPandas()


def _copied(spark: SparkSession, config: Config) -> Any:
    if not all(stages.has(spark, config, stage) for stage in ("images", "duplicates")):
        return None
    groups, posts, images = (
        tables.read(spark, config, one) for one in (DUPLICATE_GROUPS, POSTS, IMAGES)
    )
    limit = config.report.copied
    return most_copied(groups, posts, images, mirrors=config.images.mirrors, limit=limit).toPandas()


def _circles(
    spark: SparkSession, config: Config, numbers: metrics.Numbers
) -> list[sections.Circle]:
    best = F.col("algorithm") == (sections.best_algorithm(numbers["communities"]) or "")
    largest = F.col("community") < config.report.communities
    excerpt = take_excerpt(
        tables.read(spark, config, HASHTAG_EDGES),
        tables.read(spark, config, COMMUNITIES).where(best).drop("algorithm"),
        top_communities=config.report.communities,
        top_tags=config.report.tags,
    )
    members = tables.read(spark, config, ACCOUNT_COMMUNITIES).where(best & largest)
    accounts = {row["community"]: row["count"] for row in _counted(members, "community")}
    return sections.circles(excerpt, accounts)


def _counted(frame: DataFrame, column: str) -> list[Row]:
    return frame.groupBy(column).count().collect()


def _figures(spark: SparkSession, config: Config, numbers: metrics.Numbers) -> dict[str, bytes]:
    found = {
        name: files.join(config.paths.output, "figures", f"{name}.png")
        for name in sections.current_figures(numbers)
    }
    return {
        name: files.read_bytes(spark, uri)
        for name, uri in found.items()
        if files.exists(spark, uri)
    }


def _drawings(spark: SparkSession, config: Config) -> dict[str, str]:
    name = "community_structure"
    uri = files.join(config.paths.output, "figures", f"{name}.svg")
    return {name: files.read_text(spark, uri)} if files.exists(spark, uri) else {}


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
