"""Comparing a frame with rows that the oracle made."""

from __future__ import annotations

from collections.abc import Sequence

from chispa import assert_df_equality
from pyspark.sql import DataFrame

from influencers.catalog import TABLES
from influencers.storage.table import conform
from random_posts import Post, table_frame


def check_table(frame: DataFrame, table: str, rows: Sequence[Post]) -> None:
    """Assert that a frame fits a declared table and has exactly these rows, in any order."""
    key = TABLES[table].key[0]
    # A sort across partitions would compute the frame twice, to see how its keys lie.
    found, expected = (
        one.repartition(1).sortWithinPartitions(key)
        for one in (conform(frame, TABLES[table]), table_frame(frame.sparkSession, table, rows))
    )
    assert_df_equality(found, expected, ignore_nullable=True)
