"""CSV and JSON-lines files as raw records, each file read by as many cores as it has splits.

Files of one split are read as they are. Of others, each split is looked at first: how many records
it has, and what of its lines belongs to a record of the split before (`csv_splits`).
"""

from __future__ import annotations

import codecs
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache, reduce
from typing import TypeVar

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from influencers.config import IngestConfig
from influencers.ingest import packed_files
from influencers.ingest.csv_batches import CsvBatches
from influencers.ingest.csv_splits import without_lines
from influencers.ingest.encodings import UTF_8
from influencers.ingest.line_batches import JsonBatches, JsonStreamBatches, StrictCsvBatches
from influencers.ingest.naming import Naming
from influencers.ingest.partitions import FilledBatches
from influencers.ingest.records import ARROW_SCHEMA, RECORDS_SCHEMA, Work
from influencers.ingest.source import CSV, JSON, Source, files_of
from influencers.ingest.split_plans import Plan, Summary, plan
from influencers.ingest.split_tasks import (
    Batches,
    Reading,
    SplitBatches,
    read_splits,
    summarise_splits,
)
from influencers.storage import input_files
from influencers.storage.input_files import (
    LEAST_SPLIT,
    WHOLE_FILE,
    FileStatus,
    with_distinct_keys,
)
from influencers.storage.text_splits import open_cost

# A header, or enough JSON records to see every key that is in use.
HEAD_BYTES = 1 << 20

_GZIP = ".gz"
_Csv = TypeVar("_Csv", CsvBatches, StrictCsvBatches)
# All of it, and what switches to other characters in ISO 2022.
_ASCII = (bytes(range(128)), b"\x1b$B!!", b"\x1b$)C\n\x0e!!")


def reader(
    spark: SparkSession, files: Sequence[Source], config: IngestConfig
) -> Callable[[Work], DataFrame]:
    """What reads files, as often as it is called: it gives what is made of their records.

    A file that is cut off fails the query that reads it.

    Args:
        spark: the session.
        files: what is read; large ones are looked at now.
        config: how.
    """
    packed = [one for one in files if one.member is not None]
    files = [one for one in files if one.member is None]
    total = sum(one.file.size + _open_cost(one) for one in files)
    split_bytes = input_files.split_size(spark, total, most=config.split_bytes)
    several = [one for one in files if one.file.size > split_bytes and _is_splittable(one, config)]
    plans = _plans(spark, several, config, split_bytes=split_bytes)
    readings = {
        one.file: Reading(one.file, _batches_of(one, config), plans.get(one.file)) for one in files
    }
    # Smaller ones have one split, and share tasks.
    whole = {
        one.file
        for one in files
        if one.file.size > split_bytes
        and (_is_whole(one, config) or (one.file in plans and plans[one.file] is None))
    }
    streams = {one.file for one in files if one.head.layout.is_stream}
    parts = [
        ([readings[file] for file in some], size)
        for chosen, size in (
            (readings.keys() - whole - streams, split_bytes),
            (whole - streams, WHOLE_FILE),
            (streams - whole, split_bytes),
            (streams & whole, WHOLE_FILE),
        )
        for some in with_distinct_keys(file for file in readings if file in chosen)
    ]

    def read(work: Work) -> DataFrame:
        frames = _packed(spark, packed, config, work=work)
        frames += [read_splits(spark, some, split_bytes=size, work=work) for some, size in parts]
        return reduce(DataFrame.unionByName, frames)

    return read


def sample(spark: SparkSession, files: Sequence[Source], config: IngestConfig) -> DataFrame:
    """The records in the heads of files, raw: the columns of `records.RECORDS_SCHEMA`."""
    packed = files_of(one for one in files if one.member is not None)
    inside = {
        (member.file, member.name): member.head
        for member in packed_files.look(spark, packed, head_bytes=HEAD_BYTES)
    }
    batches: list[pa.RecordBatch] = []
    for one in files:
        head = (
            input_files.read_head(spark, one.file.path, HEAD_BYTES)
            if one.member is None
            else inside[one.file, one.member]
        )
        reader = _batches_of(one, config)
        pieces = without_lines(iter([whole_lines(head)]), reader.preamble)
        is_cut = one.head.layout.is_stream and len(head) >= HEAD_BYTES
        batches += reader.of_split(pieces, Plan(more=is_cut))
    rows = pa.Table.from_batches(batches, schema=ARROW_SCHEMA)
    return spark.createDataFrame(rows, RECORDS_SCHEMA)


def whole_lines(head: bytes) -> bytes:
    """The lines of a head, each with its line feed, without the one that may be cut."""
    text = head.removeprefix(codecs.BOM_UTF8)
    if len(head) == HEAD_BYTES:
        return text[: text.rfind(b"\n") + 1] or text + b"\n"
    return text if text.endswith(b"\n") else text + b"\n"


def remarks(files: Sequence[Source], config: IngestConfig) -> list[str]:
    """A line on each large file that one core has to read alone."""
    return [
        f"{one.file.uri}: {_obstacle(one)} cannot be split, so one core reads all of it"
        for one in files
        if one.file.size > config.split_bytes and not _is_splittable(one, config)
    ]


def _obstacle(one: Source) -> str:
    if one.member is not None:
        return "what has to be unpacked or recoded"
    if one.head.layout.is_stream:
        return one.head.layout.described()
    return "gzip" if _is_gzip(one) else f"text in {one.head.encoding}"


def _packed(
    spark: SparkSession,
    files: Sequence[Source],
    config: IngestConfig,
    *,
    work: Work,
) -> list[DataFrame]:
    """The records of files that are unpacked, in as many frames as it takes."""
    batches: dict[FileStatus, dict[str, Batches]] = defaultdict(dict)
    for one in files:
        assert one.member is not None
        batches[one.file][one.member] = _batches_of(one, config)
    return [
        packed_files.read(spark, {file: batches[file] for file in some}, work=work)
        for some in with_distinct_keys(batches)
    ]


def _open_cost(one: Source) -> int:
    return input_files.OPEN_COST if one.head.layout.is_stream else open_cost(one.file)


def _is_splittable(one: Source, config: IngestConfig) -> bool:
    return one.member is None and not _is_gzip(one) and not _is_whole(one, config)


def _is_whole(one: Source, config: IngestConfig) -> bool:
    """Whether a file has to be read from its start, by one task of its own."""
    # What stands before the header has to be in the first split.
    long_preamble = one.head.dialect.preamble > 0 and config.split_bytes < LEAST_SPLIT
    return _is_strict(one) or long_preamble


def _is_gzip(one: Source) -> bool:
    return one.file.path.lower().endswith(_GZIP)


def _is_strict(one: Source) -> bool:
    """Whether a file has to be read line by line from its start."""
    return one.head.layout.is_stream or (one.format == CSV and not is_bytewise(one.head.encoding))


@cache
def is_bytewise(encoding: str) -> bool:
    """Whether separators and quotes of a text can be found in its bytes.

    They can in UTF-8, and in ASCII with one byte for each other character.
    """
    if codecs.lookup(encoding).name == UTF_8:
        return True
    if any(text.decode(encoding, errors="replace") != text.decode("ascii") for text in _ASCII):
        return False
    # Encodings of several bytes take some of these pairs for one character.
    pairs = (bytes([first, second]) for first in range(128, 256) for second in (0x61, 0xA1))
    return all(len(pair.decode(encoding, errors="replace")) == len(pair) for pair in pairs)


def _batches_of(one: Source, config: IngestConfig) -> Batches:
    batches = _batches_alone(one, config)
    return FilledBatches(batches, {one.file.uri: one.folders}) if one.folders else batches


def _batches_alone(one: Source, config: IngestConfig) -> Batches:
    if one.head.layout.is_stream:
        wrapper = one.head.layout.wrapper
        return JsonStreamBatches(*_of_json(one, config), wrapper=wrapper)
    if _is_strict(one):
        return _csv_batches(StrictCsvBatches, one, config)
    return _split_batches_of(one, config)


def _split_batches_of(one: Source, config: IngestConfig) -> SplitBatches:
    if one.format == JSON:
        return JsonBatches(*_of_json(one, config))
    return _csv_batches(CsvBatches, one, config)


def _of_json(one: Source, config: IngestConfig) -> tuple[str, str, int, Naming]:
    return one.file.uri, one.head.encoding, config.max_record_bytes, one.head.naming


def _csv_batches(kind: type[_Csv], one: Source, config: IngestConfig) -> _Csv:
    return kind(
        one.file.uri,
        one.header,
        one.head.encoding,
        max_chars=config.max_record_chars,
        max_bytes=config.max_record_bytes,
        dialect=one.head.dialect,
        naming=one.head.naming,
    )


def _plans(
    spark: SparkSession, files: Sequence[Source], config: IngestConfig, *, split_bytes: int
) -> dict[FileStatus, Mapping[int, Plan] | None]:
    """How the splits of files are read, by where they start; None for a file that is not split."""
    batches = {one.file: _split_batches_of(one, config) for one in files}
    of_file: dict[FileStatus, dict[int, Summary | None]] = defaultdict(dict)
    for some in with_distinct_keys(batches):
        known = {file: batches[file] for file in some}
        for file, start, summary in summarise_splits(spark, known, split_bytes=split_bytes):
            of_file[file][start] = summary
    plans: dict[FileStatus, Mapping[int, Plan] | None] = {}
    for file, summaries in of_file.items():
        starts = sorted(summaries)
        in_order = [one for start in starts if (one := summaries[start]) is not None]
        if len(in_order) < len(starts):
            plans[file] = None
            continue
        planned = plan(in_order, max_chars=config.max_record_chars)
        plans[file] = dict(zip(starts, planned, strict=True))
    return plans
