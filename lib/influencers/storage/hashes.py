"""Hashes of the files that a run reads."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from influencers.storage import input_files
from influencers.storage.files import jvm, opened
from influencers.storage.input_files import FileStatus

# The driver has read so many before a job has begun.
_FEW_FILES = 32
# A task holds all of a file: those that are larger are read by the driver.
_MOST_BYTES = 32 << 20
_BLOCK_BYTES = 1 << 20


def sha256(spark: SparkSession, files: Sequence[FileStatus]) -> dict[FileStatus, str]:
    """The SHA-256 of the bytes of files, in hex.

    The driver reads them; many small ones of another machine, which it waits for, are read in
    tasks.
    """
    small = [file for file in files if file.local_path is None and file.size <= _MOST_BYTES]
    in_tasks = input_files.with_distinct_keys(small if len(small) > _FEW_FILES else [])
    told = {file: one for some in in_tasks for file, one in _in_tasks(spark, some)}
    return {file: told.get(file) or _by_driver(spark, file) for file in files}


def _in_tasks(spark: SparkSession, files: Sequence[FileStatus]) -> Iterator[tuple[FileStatus, str]]:
    """Of files with keys of their own."""
    by_key = {key: file for file in files for key in file.keys}
    session = input_files.split_session(spark, split_bytes=_MOST_BYTES)
    contents = input_files.read_bytes_of(session, [file.path for file in files])
    for row in contents.select("file", F.sha2("content", 256).alias("told")).collect():
        yield by_key[row["file"]], row["told"]


def _by_driver(spark: SparkSession, file: FileStatus) -> str:
    if file.local_path is None:
        with opened(spark, file.path) as stream:
            return str(jvm(spark).org.apache.commons.codec.digest.DigestUtils.sha256Hex(stream))
    told = hashlib.sha256()
    with open(file.local_path, "rb") as local:
        while block := local.read(_BLOCK_BYTES):
            told.update(block)
    return told.hexdigest()
