"""Rows in buckets by a hash: the same ones in every run, order and partitioning."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F


def bucket(*columns: Column | str, count: int, salt: str | None = None) -> Column:
    """The number of the bucket that a row is in, a bigint from 0 up to `count`, exclusive.

    Splits, folds and samples hang on its values: a change to it changes them all. Nulls are left
    out of the hash; where all columns are null, it is that of the salt alone.

    Args:
        columns: what is hashed, in this order.
        count: of the buckets; about as many keys fall into each.
        salt: a text that is hashed first, so that buckets of other salts are independent; None:
            none.
    """
    salts = [] if salt is None else [F.lit(salt)]
    return F.pmod(F.xxhash64(*salts, *columns), F.lit(count))
