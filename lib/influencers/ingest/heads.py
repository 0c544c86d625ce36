"""The column names at the head of CSV and JSON files; of many small files, looked at in tasks."""

from __future__ import annotations

import codecs
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from influencers.config import IngestConfig
from influencers.errors import UserError
from influencers.ingest import csv_records
from influencers.ingest.split_tasks import row_batch, splits_of
from influencers.storage import input_files
from influencers.storage.input_files import FileStatus

# A header, or enough JSON records to see every key that is in use.
_HEAD_BYTES = 1 << 20
_HEAD_RECORDS = 10_000
# Far more than a small file, so that none is split.
_TASK_BYTES = 32 << 20
# The driver has looked at so many before a job has begun.
_FEW_FILES = 32
_TOLD = pa.schema([("file", pa.int64()), ("names", pa.string()), ("refusal", pa.string())])


def column_names(
    spark: SparkSession, files: Mapping[FileStatus, str], config: IngestConfig
) -> Iterator[tuple[FileStatus, list[str]]]:
    """The column names of each file.

    Args:
        spark: the session.
        files: CSV and JSON-lines files, with their formats.
        config: how they are read.

    Raises:
        UserError: a header cannot be read; of several, that of the first file.
    """
    small = [file for file in files if file.size < _HEAD_BYTES]
    in_tasks = _in_tasks(spark, small, files, config) if len(small) > _FEW_FILES else {}
    for file, kind in files.items():
        told = in_tasks.get(file)
        if isinstance(told, str):
            raise UserError(told)
        if told is None:
            head = input_files.read_head(spark, file.path, _HEAD_BYTES)
            told = names_in(head, file.path, kind, config)
        yield file, told


def names_in(head: bytes, path: str, kind: str, config: IngestConfig) -> list[str]:
    """The column names that the head of a file has.

    Raises:
        UserError: it has none that can be read.
    """
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UserError(f"{path} is UTF-16: convert it to UTF-8")
    lines = head.removeprefix(codecs.BOM_UTF8).split(b"\n")
    if len(head) == _HEAD_BYTES:
        lines = lines[:-1]  # the last one may be cut
    texts = [csv_records.decode(line, config.encoding) for line in lines]
    return _csv_names(texts, path, config) if kind == "csv" else _json_names(texts)


def _in_tasks(
    spark: SparkSession,
    small: Sequence[FileStatus],
    kinds: Mapping[FileStatus, str],
    config: IngestConfig,
) -> dict[FileStatus, list[str] | str]:
    """Of small files, the column names or why there are none."""
    told: dict[FileStatus, list[str] | str] = {}
    for files in input_files.with_distinct_keys(small):
        told |= _of_distinct(spark, files, kinds, config)
    return told


def _of_distinct(
    spark: SparkSession,
    files: Sequence[FileStatus],
    kinds: Mapping[FileStatus, str],
    config: IngestConfig,
) -> dict[FileStatus, list[str] | str]:
    by_key = {key: file for file in files for key in file.keys}
    known = spark.sparkContext.broadcast(
        {key: (file.path, kinds[file]) for key, file in by_key.items()}
    )

    def look(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for key, _, pieces in splits_of(batches):
            # A gzipped file may be much larger than it looks.
            head = next(pieces)[:_HEAD_BYTES]
            names = refusal = None
            try:
                names = json.dumps(names_in(head, *known.value[key], config))
            except UserError as error:
                refusal = str(error)
            yield row_batch((key, names, refusal), _TOLD)

    session = input_files.split_session(spark, split_bytes=_TASK_BYTES)
    lines = input_files.read_splits(session, [file.path for file in files])
    told = lines.mapInArrow(look, from_arrow_schema(_TOLD)).collect()
    return {by_key[row["file"]]: row["refusal"] or json.loads(row["names"]) for row in told}


def _csv_names(texts: list[str], path: str, config: IngestConfig) -> list[str]:
    header = next(csv_records.split_records(texts, max_chars=config.max_record_chars), None)
    if header is None or header.problem:
        problem = header.problem if header else "no line"
        raise UserError(f"{path}: the header is not readable ({problem}): correct the first line")
    return header.cells


def _json_names(texts: list[str]) -> list[str]:
    names: dict[str, None] = {}
    for text in itertools.islice(texts, _HEAD_RECORDS):
        try:
            record = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            names.update(dict.fromkeys(record))
    return list(names)
