"""Files that Python turns into lines before they are read, each by one core: see `unpacking`.

Their bytes are taken as a whole, so that they work on every file system that Spark reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from influencers.errors import UserError
from influencers.ingest.csv_splits import without_lines
from influencers.ingest.records import RAW, Work
from influencers.ingest.split_plans import Plan
from influencers.ingest.split_tasks import Batches, row_batch
from influencers.ingest.unpacking import members, pieces
from influencers.storage import input_files
from influencers.storage.input_files import FileStatus

# Spark hands over no more bytes at once, and the task holds them.
MOST_BYTES = 2**31 - 1
_HEADS = pa.schema(
    [
        ("file", pa.int64()),
        ("member", pa.string()),
        ("head", pa.binary()),
        ("refusal", pa.string()),
    ]
)


@dataclass(frozen=True)
class Member:
    """A file within a file.

    Attributes:
        file: as it is listed.
        name: within it; empty if it has one alone.
        head: its first lines, in UTF-8 where they were in UTF-16.
    """

    file: FileStatus
    name: str
    head: bytes


def look(spark: SparkSession, files: Sequence[FileStatus], *, head_bytes: int) -> list[Member]:
    """What is within files, each looked at by a task.

    Raises:
        UserError: a file is too large, damaged, cut off, or encrypted.
    """
    found = [
        member
        for some in input_files.with_distinct_keys(files)
        for member in _members_of(spark, some, head_bytes=head_bytes)
    ]
    return sorted(found, key=lambda member: member.file.uri)


def _members_of(
    spark: SparkSession, files: Sequence[FileStatus], *, head_bytes: int
) -> Iterator[Member]:
    """As `look`, of files with keys of their own."""
    by_key = {key: file for file in files for key in file.keys}
    uris = spark.sparkContext.broadcast({key: file.uri for key, file in by_key.items()})

    def heads(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for key, content in _contents(batches):
            uri = uris.value[key]
            try:
                for name, stream in members(content, uri=uri):
                    head = b"".join(islice(pieces(stream, uri=uri), 1))[:head_bytes]
                    yield row_batch((key, name, head, None), _HEADS)
            except UserError as error:
                yield row_batch((key, None, None, str(error)), _HEADS)

    for row in _bytes_of(spark, files).mapInArrow(heads, from_arrow_schema(_HEADS)).collect():
        if row["refusal"]:
            raise UserError(row["refusal"])
        yield Member(by_key[row["file"]], row["member"], bytes(row["head"]))


def read(
    spark: SparkSession,
    files: Mapping[FileStatus, Mapping[str, Batches]],
    *,
    work: Work = RAW,
) -> DataFrame:
    """The records of files: as `split_tasks.read_splits`; those of a file are numbered through.

    Args:
        spark: the session.
        files: with keys of their own; what reads each of their members that is read.
        work: as for `read_splits`.
    """
    by_key = spark.sparkContext.broadcast(
        {key: (file.uri, batches) for file, batches in files.items() for key in file.keys}
    )

    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for key, content in _contents(batches):
            uri, readers = by_key.value[key]
            before = 0
            for name, stream in members(content, uri=uri):
                if name not in readers:
                    continue
                text = pieces(stream, uri=uri, separator=readers[name].separator)
                lines = without_lines(text, readers[name].preamble)
                number = before
                for batch in readers[name].of_split(lines, Plan()):
                    numbered = _numbered(batch, before)
                    number += len(batch)
                    yield numbered
                before = number

    return _bytes_of(spark, files).mapInArrow(lambda batches: work.of(read(batches)), work.schema)


def _numbered(batch: pa.RecordBatch, before: int) -> pa.RecordBatch:
    if not before:
        return batch
    place = batch.schema.get_field_index("record")
    return batch.set_column(place, "record", pc.add(batch.column(place), before))


def _bytes_of(spark: SparkSession, files: Iterable[FileStatus]) -> DataFrame:
    paths = []
    for file in files:
        if file.size > MOST_BYTES:
            raise UserError(f"{file.uri} is larger than 2 GB: unpack it, or pack it as .gz or .bz2")
        paths.append(file.path)
    return input_files.read_bytes_of(input_files.whole_file_session(spark), paths)


def _contents(batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[int, bytes]]:
    for batch in batches:
        for key, content in zip(batch.column(0), batch.column(1), strict=True):
            yield key.as_py(), content.as_py()
