"""Comparing a frame with rows that the oracle made."""

from __future__ import annotations

from collections.abc import Sequence

from chispa import assert_df_equality
from pyspark.sql import DataFrame

from influencers.schemas import SCHEMAS
from influencers.tables import conform
from random_posts import Post


def check_table(frame: DataFrame, table: str, rows: Sequence[Post]) -> None:
    """Assert that a frame fits a declared table and has exactly these rows, in any order."""
    names = SCHEMAS[table].fieldNames()
    wanted = [tuple(row[name] for name in names) for row in rows]
    expected = frame.sparkSession.createDataFrame(wanted, SCHEMAS[table])
    found = conform(frame, table)
    assert_df_equality(found.sort(names[0]), expected.sort(names[0]), ignore_nullable=True)
