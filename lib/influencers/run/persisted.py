"""Frames that are computed once and kept, for as long as a block lasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from pyspark import StorageLevel
from pyspark.sql import DataFrame

from influencers.run import lineage

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


@contextmanager
def flat_frames(level: StorageLevel = IN_MEMORY) -> Iterator[Keep]:
    """As `frames`; what is kept has the same rows and partitions, and its plan is one scan.

    Spark analyses, compares and describes the whole plan of a frame in every query, even where its
    rows are persisted.

    Args:
        level: where their rows are kept, by columns.
    """
    with frames(level) as keep:
        yield lambda frame: keep(lineage.flattened(frame))


@contextmanager
def cut_frames(level: StorageLevel = IN_MEMORY) -> Iterator[Keep]:
    """As `flat_frames`, for what hundreds of small jobs read.

    Every task is told how lost rows would be made again. Within one process no row is lost that is
    not lost with the driver, so that a local checkpoint cuts them off; it keeps them row by row.

    Args:
        level: where their rows are kept.
    """
    with ExitStack() as kept, flat_frames(level) as keep_flat:

        def keep(frame: DataFrame) -> DataFrame:
            if not lineage.in_one_process(frame.sparkSession):
                return keep_flat(frame)
            local = frame.localCheckpoint(eager=False, storageLevel=level)
            kept.callback(lineage.release, local)
            return local

        yield keep
