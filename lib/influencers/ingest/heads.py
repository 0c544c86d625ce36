"""What the head of a CSV or JSON file says: its columns, and how it is written.

Of many small files, heads are looked at in tasks.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from influencers.config import IngestConfig
from influencers.errors import UserError
from influencers.ingest import csv_records
from influencers.ingest.dialect import Dialect, found_in
from influencers.ingest.encodings import encoding_of
from influencers.ingest.formats import check_is_text
from influencers.ingest.json_heads import JsonLayout, layout_of, records_of
from influencers.ingest.naming import Naming, for_names, for_records, names_in
from influencers.ingest.source import CSV, Head
from influencers.ingest.split_tasks import row_batches
from influencers.ingest.text_files import HEAD_BYTES, whole_lines
from influencers.ingest.unpacking import needs_recoding, packing_of
from influencers.storage import input_files
from influencers.storage.input_files import FileStatus
from influencers.storage.text_splits import Split, map_splits

# Far more than a small file, so that none is split.
_TASK_BYTES = 32 << 20
# The driver has looked at so many before a job has begun.
_FEW_FILES = 32
# Of a task's files, told in one batch.
_ROWS = 256
_TOLD = pa.schema([("file", pa.int64()), ("head", pa.string()), ("refusal", pa.string())])
# Records after the header by which its width is known.
_WIDE_RECORDS = 100
_WHOLE_NUMBER = re.compile(r"[0-9]{1,18}")


def read_heads(
    spark: SparkSession, files: Mapping[FileStatus, str], config: IngestConfig
) -> Iterator[tuple[FileStatus, Head]]:
    """What the head of each file says.

    Args:
        spark: the session.
        files: CSV and JSON-lines files, with their formats.
        config: how they are read.

    Raises:
        UserError: a header cannot be read; of several, that of the first file.
    """
    small = [file for file in files if file.size < HEAD_BYTES]
    in_tasks = _in_tasks(spark, small, files, config) if len(small) > _FEW_FILES else {}
    for file, kind in files.items():
        told = in_tasks.get(file)
        if isinstance(told, str):
            raise UserError(told)
        if told is None:
            head = input_files.read_head(spark, file.path, HEAD_BYTES)
            told = head_of(head, file.path, kind, config)
        yield file, told


def head_of(head: bytes, path: str, kind: str, config: IngestConfig) -> Head:
    """What the first bytes of a file say.

    Raises:
        UserError: they name no columns that can be read.
    """
    check_is_text(head, path)
    if packing_of(head) or needs_recoding(head):
        return Head(is_packed=True)
    whole = whole_lines(head)
    encoding = encoding_of(whole, config.encoding)
    if kind == CSV:
        return _csv_head(whole, path, encoding, config)
    text = whole.decode(encoding, errors="replace")
    layout = layout_of(text)
    records = records_of(text, layout)
    naming = for_records(records, config)
    return Head(names_in(records, naming), encoding=encoding, layout=layout, naming=naming)


def _lines(text: bytes) -> list[bytes]:
    return text.removesuffix(b"\n").split(b"\n")


def _in_tasks(
    spark: SparkSession,
    small: Sequence[FileStatus],
    kinds: Mapping[FileStatus, str],
    config: IngestConfig,
) -> dict[FileStatus, Head | str]:
    """Of small files, what their heads say or why they say nothing."""
    told: dict[FileStatus, Head | str] = {}
    for files in input_files.with_distinct_keys(small):
        told |= _of_distinct(spark, files, kinds, config)
    return told


def _of_distinct(
    spark: SparkSession,
    files: Sequence[FileStatus],
    kinds: Mapping[FileStatus, str],
    config: IngestConfig,
) -> dict[FileStatus, Head | str]:
    by_key = {key: file for file in files for key in file.keys}
    known = spark.sparkContext.broadcast(
        {key: (file.path, kinds[file]) for key, file in by_key.items()}
    )

    def told_of(splits: Iterator[Split]) -> Iterator[tuple[int, str | None, str | None]]:
        for key, _, pieces in splits:
            # A gzipped file may be much larger than it looks.
            start = next(pieces)[:HEAD_BYTES]
            head = refusal = None
            try:
                head = json.dumps(asdict(head_of(start, *known.value[key], config)))
            except UserError as error:
                refusal = str(error)
            yield key, head, refusal

    def look(splits: Iterator[Split]) -> Iterator[pa.RecordBatch]:
        return row_batches(told_of(splits), _TOLD, size=_ROWS)

    schema = from_arrow_schema(_TOLD)
    told = map_splits(spark, files, look, schema, split_bytes=_TASK_BYTES).collect()
    return {by_key[row["file"]]: row["refusal"] or _from_json(row["head"]) for row in told}


def _from_json(text: str) -> Head:
    told = json.loads(text)
    naming = told["naming"]
    parts = {
        "dialect": Dialect(**told["dialect"]),
        "layout": JsonLayout(**told["layout"]),
        "naming": Naming(**{**naming, "elsewhere": tuple(naming["elsewhere"])}),
    }
    return Head(**{**told, **parts})


def _csv_head(text: bytes, path: str, encoding: str, config: IngestConfig) -> Head:
    decoded = [csv_records.decode(line, encoding) for line in _lines(text)]
    dialect = found_in(decoded, config)
    lines = _lines(dialect.with_doubled_quotes(text))[dialect.preamble :]
    records = csv_records.split_records(
        (csv_records.decode(line, encoding) for line in lines),
        max_chars=config.max_record_chars,
        dialect=dialect,
    )
    header = next(records, None)
    if header is None or header.problem:
        problem = header.problem if header else "no line"
        raise UserError(f"{path}: the header is not readable ({problem}): correct the first line")
    first = [one.cells for one in itertools.islice(records, _WIDE_RECORDS) if one.problem is None]
    names = as_wide_as(first, header.cells)
    return Head(names, dialect, encoding, naming=for_names(names, config))


def as_wide_as(records: Sequence[Sequence[str]], names: list[str]) -> list[str]:
    """The names of columns, where all records have one cell more or less than there are names.

    Less: the header ends in a separator, and records do not. More, and they begin with whole
    numbers, each its own: with the number of the row, as R has it. More otherwise, the last cell
    always empty: they end in a separator. Else a cell too many is no column: a separator in a text
    without quotes would move all cells behind it.
    """
    widths = {len(cells) for cells in records}
    if widths == {len(names) - 1} and not names[-1].strip():
        return names[:-1]
    if widths == {len(names) + 1}:
        numbers = {cells[0] for cells in records}
        if len(numbers) == len(records) and all(map(_WHOLE_NUMBER.fullmatch, numbers)):
            return ["", *names]
        if not any(cells[-1] for cells in records):
            return [*names, ""]
    return names
