"""Frames cut from what they were made of, so that plans of many rounds stay short.

On a cluster they are checkpointed to the reliable folder that the job has named: an executor that
dies takes blocks with it, and a local checkpoint cannot be made again. Within one process they stay
in its own memory and on its own disk.
"""

from __future__ import annotations

import re

from pyspark.sql import DataFrame, SparkSession

from influencers.storage import files

_ONE_PROCESS = re.compile(r"local(\[|$)")


def in_one_process(spark: SparkSession) -> bool:
    """Whether driver and executors are one process, and live and die together."""
    return bool(_ONE_PROCESS.match(spark.sparkContext.master or ""))


def cut(frame: DataFrame) -> DataFrame:
    """The frame, computed; give it to `release` when it is no longer read."""
    spark = frame.sparkSession
    if in_one_process(spark) or spark.sparkContext.getCheckpointDir() is None:
        return frame.localCheckpoint()
    return frame.checkpoint()


def held_as(frame: DataFrame) -> int:
    """The number that Spark's cache knows what `cut` holds by."""
    return int(frame._jdf.queryExecution().analyzed().rdd().id())


def release(frame: DataFrame | None) -> None:
    """Let go of what `cut` holds: blocks in memory or on disk, or files; None is nothing."""
    if frame is None:
        return
    rdd = frame._jdf.queryExecution().analyzed().rdd()
    rdd.unpersist(False)
    kept_in = rdd.getCheckpointFile()
    if kept_in.isDefined():
        files.delete(frame.sparkSession, kept_in.get())


def flattened(frame: DataFrame) -> DataFrame:
    """The same rows, partitions and columns in a frame whose plan is one scan.

    What is lost with an executor can be made again, unlike after a local checkpoint. Rows are made
    anew with every pass: persist what this returns.
    """
    spark = frame.sparkSession
    made = spark._jsparkSession.createDataFrame(frame._jdf.javaRDD(), frame._jdf.schema())
    return DataFrame(made, spark)
