"""The input of a saved model: posts that are new, or features that are computed already."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from influencers.config import Config
from influencers.ingest import formats, sources
from influencers.models.asked import Asked, asked, asked_of_table, is_posts
from influencers.models.scoring import has_features
from influencers.run.persisted import Keep
from influencers.storage import input_files
from influencers.storage.store import is_table


def read_input(
    spark: SparkSession, config: Config, card: Mapping[str, Any], *, keep: Keep
) -> DataFrame | Asked:
    """A table of features, or posts, with the records that cannot be scored.

    Args:
        spark: the session.
        config: `paths.input`, and how files are read.
        card: of the model, which tells features from posts.
        keep: persists a frame for as long as the result is used.

    Raises:
        UserError: nothing is there, or it cannot be read.
    """
    paths = config.paths.input
    if len(paths) == 1 and is_table(spark, paths[0]):
        table = spark.read.format("delta").load(paths[0])
        return asked_of_table(table) if is_posts(table) else table
    listed = [
        file for path in paths for file in input_files.list_files(spark, path) if file.size > 0
    ]
    if listed and all(formats.format_of(file.uri, config.ingest) == "parquet" for file in listed):
        table = input_files.read_parquet(spark, [file.path for file in listed])
        if has_features(table, card):
            return table
    files = sources.find(spark, paths, config.ingest)
    # They are gone through for the posts, for where each was read, and for what is left out.
    records = keep(sources.read_records(spark, files, config.ingest))
    return asked(records, config.ingest, now=int(time.time()))
