"""Whether what a stage has left is of this run, or of an earlier one that a reader must not mix in.

A stage may be switched off after it has run: its tables are still in the output, of other posts.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession

from influencers.config import Config
from influencers.run import metrics
from influencers.storage import files
from influencers.storage.store import Store
from influencers.storage.table import Table

# A table of each stage whose output other stages read if it is there.
_TABLES = {
    "growth": "post_performance",
    "images": "images",
    "duplicates": "duplicate_pairs",
    "communities": "account_communities",
}

# The stages that a table is of: what one of these left in an earlier run is not of this one.
_STAGES_OF = {
    "images": ("images",),
    "duplicate_pairs": ("images", "duplicates"),
    "duplicate_groups": ("images", "duplicates"),
    "account_communities": ("communities",),
    "community_profiles": ("communities",),
    "account_growth": ("growth",),
    "post_performance": ("growth",),
}


def left_out(spark: SparkSession, config: Config, stage: str) -> str:
    """Why the tables of a stage are not of this run; empty if they are.

    The configuration says so, or metrics.json: a pipeline begins it anew, and every job adds the
    time that it took. Without that file nothing is known, and the tables are taken as they are.
    """
    if stage in ("images", "duplicates") and not config.images.enabled:
        return "images.enabled is false"
    if not files.exists(spark, metrics.location(config)):
        return ""
    ran = stage in metrics.read(spark, config).seconds
    return "" if ran else "the last pipeline has not run it"


def has(store: Store, config: Config, stage: str) -> bool:
    """Whether a stage has left tables, and they are of this run."""
    return store.exists(_TABLES[stage]) and not left_out(store.spark, config, stage)


def read(store: Store, config: Config, table: Table) -> DataFrame | None:
    """A table as it stands; None if there is none, or a stage that it comes from has not run."""
    if not all(has(store, config, stage) for stage in _STAGES_OF.get(table.name, ())):
        return None
    return store.read_if_exists(table)


def remarks(store: Store, config: Config, stages: Sequence[str] = tuple(_TABLES)) -> list[str]:
    """A line for each stage whose tables are there and are left alone."""
    return [
        f"{stage}: tables of an earlier run are not read, as {why}"
        for stage in stages
        if store.exists(_TABLES[stage]) and (why := left_out(store.spark, config, stage))
    ]
