"""Find the input files, hold their headers against the fields, and read them as raw records."""

from __future__ import annotations

import codecs
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame, SparkSession

from influencers import files
from influencers.config import IngestConfig
from influencers.errors import UserError
from influencers.files import FileStatus
from influencers.ingest import csv_records, records
from influencers.ingest.columns import Header, read_header

_FORMATS = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".parquet": "parquet",
}
_COMPRESSED = (".gz", ".bz2")
# A header, or enough JSON records to see every key that is in use.
_HEAD_BYTES = 1 << 20
_HEAD_RECORDS = 10_000


@dataclass(frozen=True)
class Source:
    """An input file, its format, and what its header says."""

    file: FileStatus
    format: str
    header: Header


def find(spark: SparkSession, patterns: Sequence[str], config: IngestConfig) -> tuple[Source, ...]:
    """The files behind paths, folders and globs, each looked at once from its start.

    Empty files inside folders, as Spark writes them, are left out.

    Raises:
        UserError: nothing is there, a format is unknown, or a required column is missing.
    """
    if not patterns:
        raise UserError("no input: name files, folders or globs with --input")
    check_encoding(config.encoding)
    listed = {one.uri: one for pattern in patterns for one in files.list_files(spark, pattern)}
    filled = [one for uri, one in sorted(listed.items()) if one.size > 0]
    if not filled:
        raise UserError(f"{', '.join(patterns)}: every file is empty")
    sources = []
    for one in filled:
        kind = format_of(one.uri, config)
        names = _column_names(spark, one.path, kind, config)
        sources.append(Source(one, kind, check_header(names, one.uri)))
    return tuple(sources)


def read_records(spark: SparkSession, sources: Sequence[Source], config: IngestConfig) -> DataFrame:
    """All records of the files, raw: the columns of `records.RECORDS_SCHEMA`.

    Grain: one row for each record. A file that is cut off fails the query that reads it.
    """
    whole = files.whole_file_session(spark)
    readers = {
        "csv": records.csv_record_reader(
            encoding=config.encoding, max_chars=config.max_record_chars
        ),
        "json": records.json_record_reader(encoding=config.encoding),
    }
    frames = []
    for kind in ("csv", "json", "parquet"):
        paths = [source.file.path for source in sources if source.format == kind]
        if paths and kind == "parquet":
            frames.append(records.from_columns(files.read_parquet(whole, paths)))
        elif paths:
            frames.append(records.from_lines(files.read_lines(whole, paths), readers[kind]))
    return reduce(DataFrame.unionByName, frames)


def remarks(sources: Sequence[Source]) -> list[str]:
    """What is worth saying of the files before they are read, a line each."""
    said: dict[str, list[str]] = {}
    for source in sources:
        if source.header.extra:
            said.setdefault(f"left out columns {', '.join(source.header.extra)}", []).append(
                source.file.uri
            )
        # A crawl's own time is rare: its absence is no news.
        absent = [name for name in source.header.absent if name != "crawled_at"]
        if absent:
            said.setdefault(f"unknown throughout: {', '.join(absent)}", []).append(source.file.uri)
    return [f"{uris[0]}{_and_more(len(uris))}: {text}" for text, uris in said.items()]


def _and_more(files_count: int) -> str:
    return f" and {files_count - 1} more" if files_count > 1 else ""


def format_of(uri: str, config: IngestConfig) -> str:
    """The format that the configuration or the file's name gives.

    Raises:
        UserError: neither does.
    """
    if config.format != "auto":
        return config.format
    name = uri.lower()
    for ending in _COMPRESSED:
        name = name.removesuffix(ending)
    for ending, kind in _FORMATS.items():
        if name.endswith(ending):
            return kind
    known = ", ".join(_FORMATS)
    raise UserError(
        f"{uri}: what format is this? Name it with --set ingest.format=csv (or json, parquet), "
        f"or end the file's name in one of {known}, with {' or '.join(_COMPRESSED)} behind"
    )


def check_header(names: Sequence[str], uri: str) -> Header:
    """What the column names say.

    Raises:
        UserError: a required column is missing, or two columns are the same field.
    """
    header = read_header(names)
    if header.missing:
        found = ", ".join(name for name in names[:20]) or "none"
        raise UserError(
            f"{uri}: no column {', '.join(header.missing)} (found: {found}): "
            "name the columns in the first line"
        )
    if header.repeated:
        raise UserError(f"{uri}: two columns for {header.repeated[0]}: rename or drop one")
    return header


def check_encoding(encoding: str) -> None:
    """Refuse an encoding that Python does not know or whose line feed is not one byte.

    Raises:
        UserError: it is such a one.
    """
    try:
        plain = codecs.decode(b"a,\n", encoding) == "a,\n"
    except (LookupError, UnicodeError):
        plain = False
    if not plain:
        raise UserError(
            f"encoding {encoding!r} is unknown or not a superset of ASCII: convert the file to "
            "UTF-8, or name another with --encoding"
        )


def _column_names(spark: SparkSession, path: str, kind: str, config: IngestConfig) -> list[str]:
    if kind == "parquet":
        return list(files.read_parquet(spark, [path]).drop("source_file", "record").columns)
    head = files.read_head(spark, path, _HEAD_BYTES)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UserError(f"{path} is UTF-16: convert it to UTF-8")
    lines = head.removeprefix(codecs.BOM_UTF8).split(b"\n")
    if len(head) == _HEAD_BYTES:
        lines = lines[:-1]  # the last one may be cut
    texts = [csv_records.decode(line, config.encoding) for line in lines]
    return _csv_names(texts, path, config) if kind == "csv" else _json_names(texts)


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
            found = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            names.update(dict.fromkeys(found))
    return list(names)
