"""Spark's readers, given files by their names: taken literally, and handed over by one call."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pyspark.sql import DataFrame, DataFrameReader

from influencers.storage.files import jvm

# What Spark takes for a sign of a pattern.
_SIGN = re.compile(r"[{}\[\]*?\\]")
# In no path.
_NUL = "\0"


def load(reader: DataFrameReader, paths: Sequence[str]) -> DataFrame:
    """The rows of files.

    Args:
        reader: with a format.
        paths: at least one, taken literally.
    """
    # Spark has a setting to take paths literally, but then reads all of several files again for
    # each that looks like a pattern. So these are patterns that stand for nothing but themselves.
    # Of one file there is nothing to read again, and Spark complains of patterns aloud.
    are_patterns = len(paths) > 1 and any(map(_SIGN.search, paths))
    named = [_SIGN.sub(r"\\\g<0>", path) for path in paths] if are_patterns else paths
    reader = reader.option("__globPaths__", str(are_patterns).lower())
    texts = jvm(reader._spark).org.apache.commons.lang3.StringUtils
    # Python's list would go one by one.
    return reader._df(reader._jreader.load(texts.split(_NUL.join(named), _NUL)))
