"""A folder for what the rounds of graph algorithms build upon, for as long as a job needs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pyspark.sql import SparkSession

from influencers.config import Config
from influencers.storage import files


@contextmanager
def checkpoints(spark: SparkSession, config: Config) -> Iterator[None]:
    """Have Spark's reliable checkpoints below OUTPUT/checkpoints, gone when the block ends.

    GraphFrames asks for such a folder also where everything runs in one process. The output is one
    run's at a time: what lies there is of one that was killed, and goes too.
    """
    folder = files.join(config.paths.output, "checkpoints")
    files.delete(spark, folder)
    spark.sparkContext.setCheckpointDir(folder)
    try:
        yield
    finally:
        files.delete(spark, folder)
