"""Features that stand in tables of their own, put beside the rows that they are of."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def with_features(
    table: DataFrame, found: DataFrame | None, columns: Sequence[str], *, key: str
) -> DataFrame:
    """The table with further columns; as it is where it has them already.

    Args:
        table: has the key.
        found: the key and the columns, for some of the rows; None: all are unknown.
        columns: their names, of double.
        key: the column that the two share.
    """
    if columns[0] in table.columns:
        return table
    if found is not None:
        return table.join(found, on=key, how="left")
    return table.withColumns(dict.fromkeys(columns, F.lit(None).cast("double")))
