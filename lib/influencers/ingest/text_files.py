"""CSV and JSON-lines files as raw records, each file read by as many cores as it has splits.

Files of one split are read as they are. Of others, each split is looked at first: how many records
it has, and what of its lines belongs to a record of the split before (`csv_splits`).
"""

from __future__ import annotations

import codecs
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame, SparkSession

from influencers.config import IngestConfig
from influencers.ingest.columns import Header
from influencers.ingest.csv_batches import UTF_8, CsvBatches
from influencers.ingest.line_batches import JsonBatches, StrictCsvBatches
from influencers.ingest.split_plans import Plan, Summary, plan
from influencers.ingest.split_tasks import (
    Batches,
    Reading,
    read_splits,
    summarise_splits,
    with_distinct_files,
)
from influencers.storage.input_files import WHOLE_FILE, FileStatus

CSV, JSON = "csv", "json"

# Each core has several splits, unless that makes them smaller than it is worth.
_SPLITS_OF_A_CORE, _LEAST_SPLIT = 3, 1 << 20
_GZIP = ".gz"
# All of it, and what switches to other characters in ISO 2022.
_ASCII = (bytes(range(128)), b"\x1b$B!!", b"\x1b$)C\n\x0e!!")


@dataclass(frozen=True)
class TextFile:
    """A CSV or JSON-lines file: as it is listed, its format, and the header, if it is CSV."""

    file: FileStatus
    format: str
    header: Header


def read(spark: SparkSession, files: Sequence[TextFile], config: IngestConfig) -> DataFrame:
    """All records of the files, raw: the columns of `records.RECORDS_SCHEMA`.

    Grain: one row for each record. A file that is cut off fails the query that reads it.
    """
    split_bytes = _split_bytes(spark, files, config)
    several = [one for one in files if one.file.size > split_bytes and _is_splittable(one, config)]
    plans = _plans(spark, several, config, split_bytes=split_bytes)
    split: list[Reading] = []
    whole: list[Reading] = []
    for one in files:
        planned = plans.get(one.file.path)
        cannot = _is_strict(one, config) or (one.file.path in plans and planned is None)
        (whole if cannot else split).append(Reading(one.file, _batches_of(one, config), planned))
    frames = [
        read_splits(spark, readings, split_bytes=size)
        for some, size in ((split, split_bytes), (whole, WHOLE_FILE))
        for readings in with_distinct_files(some)
    ]
    return reduce(DataFrame.unionByName, frames)


def remarks(files: Sequence[TextFile], config: IngestConfig) -> list[str]:
    """A line on each large file that one core has to read alone."""
    why = {True: "gzip", False: f"text in {config.encoding}"}
    return [
        f"{one.file.uri}: {why[_is_gzip(one)]} cannot be split, so one core reads all of it"
        for one in files
        if one.file.size > config.split_bytes and not _is_splittable(one, config)
    ]


def _split_bytes(spark: SparkSession, files: Sequence[TextFile], config: IngestConfig) -> int:
    total = sum(one.file.size for one in files)
    share = total // (_SPLITS_OF_A_CORE * spark.sparkContext.defaultParallelism) + 1
    return min(config.split_bytes, max(_LEAST_SPLIT, share))


def _is_splittable(one: TextFile, config: IngestConfig) -> bool:
    return not _is_gzip(one) and not _is_strict(one, config)


def _is_gzip(one: TextFile) -> bool:
    return one.file.path.lower().endswith(_GZIP)


def _is_strict(one: TextFile, config: IngestConfig) -> bool:
    """Whether a file has to be read line by line from its start."""
    return one.format == CSV and not is_bytewise(config.encoding)


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


def _batches_of(one: TextFile, config: IngestConfig) -> Batches:
    # By one name, as `UTF8` and `utf-8` are the same.
    encoding = codecs.lookup(config.encoding).name
    uri, max_bytes = one.file.uri, config.max_record_bytes
    if one.format == JSON:
        return JsonBatches(uri, encoding=encoding, max_bytes=max_bytes)
    kind = StrictCsvBatches if _is_strict(one, config) else CsvBatches
    return kind(
        uri,
        one.header,
        encoding=encoding,
        max_chars=config.max_record_chars,
        max_bytes=max_bytes,
    )


def _plans(
    spark: SparkSession, files: Sequence[TextFile], config: IngestConfig, *, split_bytes: int
) -> dict[str, Mapping[int, Plan] | None]:
    """How the splits of files are read, by path and start; None for a file that is not split."""
    readings = [Reading(one.file, _batches_of(one, config), None) for one in files]
    of_file: dict[str, dict[int, Summary | None]] = defaultdict(dict)
    for some in with_distinct_files(readings):
        for path, start, summary in summarise_splits(spark, some, split_bytes=split_bytes):
            of_file[path][start] = summary
    plans: dict[str, Mapping[int, Plan] | None] = {}
    for path, summaries in of_file.items():
        starts = sorted(summaries)
        in_order = [one for start in starts if (one := summaries[start]) is not None]
        if len(in_order) < len(starts):
            plans[path] = None
            continue
        planned = plan(in_order, max_chars=config.max_record_chars)
        plans[path] = dict(zip(starts, planned, strict=True))
    return plans
