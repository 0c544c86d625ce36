"""Frames that are computed once and kept, for as long as a block lasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from pyspark import StorageLevel
from pyspark.sql import DataFrame

# For what is small and read at once again.
IN_MEMORY = StorageLevel.MEMORY_AND_DISK_DESER

Keep = Callable[[DataFrame], DataFrame]


@contextmanager
def frames(level: StorageLevel = StorageLevel.DISK_ONLY) -> Iterator[Keep]:
    """Gives a function that persists a frame and returns it; when the block ends, all are freed.

    Args:
        level: where their rows are kept.
    """
    with ExitStack() as kept:

        def keep(frame: DataFrame) -> DataFrame:
            kept.callback(frame.unpersist)
            return frame.persist(level)

        yield keep
