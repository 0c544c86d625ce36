"""Report: everything a run found, on one page."""

from __future__ import annotations

import sys
from datetime import datetime, timezone

from pyspark.sql import DataFrame, SparkSession

from influencers import progress
from influencers.communities import tables as of_communities
from influencers.config import Config
from influencers.duplicates.popularity import most_copied
from influencers.duplicates.tables import DUPLICATE_GROUPS
from influencers.explore import tables as of_explore
from influencers.features.tables import ACCOUNTS
from influencers.figures import stored
from influencers.growth.tables import ACCOUNT_GROWTH, POST_PERFORMANCE
from influencers.images import shown
from influencers.images.tables import IMAGES
from influencers.ingest.tables import POSTS
from influencers.measured.metrics import Metrics
from influencers.report.contents import page_of
from influencers.report.figures import current_figures
from influencers.report.frames import Sources, collected
from influencers.report.page import render
from influencers.run import manifest, metrics, stages
from influencers.storage import files
from influencers.storage.store import Store
from jobs.command_line import OUTPUT, Job, main


def run(spark: SparkSession, config: Config) -> Metrics:
    """Write report.html from what the other jobs left."""
    store, numbers = Store(spark, config), metrics.read(spark, config)
    progress.say(*stages.remarks(store, config), *shown.remarks(store, config))
    frames = collected(_sources(store, config), numbers.communities, options=config.report)
    pngs, svgs = stored.read(spark, config.paths.output, current_figures(numbers))
    inputs = [file["uri"] for file in manifest.read(spark, config).get("inputs", [])]
    page = page_of(numbers, frames, config, made_at=datetime.now(timezone.utc), sources=inputs,
                   figures=pngs, drawings=svgs)  # fmt: skip
    files.write_text(spark, files.join(store.output, "report.html"), render(page))
    return Metrics()


def _sources(store: Store, config: Config) -> Sources:
    return Sources(
        leaders=store.read(of_explore.ANALYSIS_INFLUENCE),
        tiers=store.read(of_explore.ANALYSIS_TIERS),
        virality=store.read(of_explore.ANALYSIS_VIRALITY),
        content=store.read(of_explore.ANALYSIS_CONTENT),
        edges=store.read(of_communities.HASHTAG_EDGES),
        communities=store.read(of_communities.COMMUNITIES),
        members=store.read(of_communities.ACCOUNT_COMMUNITIES),
        accounts=store.read_complete(ACCOUNTS),
        copied=_copied(store, config),
        profiles=stages.read(store, config, of_communities.COMMUNITY_PROFILES),
        growth=stages.read(store, config, ACCOUNT_GROWTH),
        performance=stages.read(store, config, POST_PERFORMANCE),
    )


def _copied(store: Store, config: Config) -> DataFrame | None:
    groups = stages.read(store, config, DUPLICATE_GROUPS)
    if groups is None:
        return None
    posts, images = store.read(POSTS), store.read(IMAGES)
    post_images = shown.read(store, config, posts)
    return most_copied(groups, posts, post_images, images, limit=config.report.copied)


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
