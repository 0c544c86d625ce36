"""Find the input files, hold their headers against the fields, and read them as raw records."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Sequence
from functools import reduce

from pyspark.sql import DataFrame, SparkSession

from influencers.config import IngestConfig
from influencers.errors import UserError
from influencers.ingest import (
    delta_tables,
    encodings,
    exports,
    packed_files,
    parquet_files,
    text_files,
)
from influencers.ingest.crawl_times import CrawlTimes
from influencers.ingest.formats import PACKED, format_by_name, kinds_of, unpacked_name
from influencers.ingest.headers import header_of_file
from influencers.ingest.heads import head_of, read_heads
from influencers.ingest.records import RAW, Work
from influencers.ingest.source import CSV, JSON, PARQUET, Head, Source, first_of
from influencers.storage import files, input_files
from influencers.storage.input_files import FileStatus

# Reads files, as often as it is called: gives what is made of their records.
Read = Callable[[Work], DataFrame]


def find(
    spark: SparkSession, patterns: Sequence[str], config: IngestConfig, *, output: str | None = None
) -> tuple[Source, ...]:
    """The files behind paths, folders and globs, each looked at once from its start.

    Empty files inside folders, as Spark writes them, are left out.

    Args:
        spark: the session.
        patterns: paths, folders and globs.
        config: how the files are read.
        output: the folder that the run writes to: what lies below is no input, unless a pattern
            itself lies there.

    Raises:
        UserError: nothing is there, a format is unknown, or a required column is missing.
    """
    if not patterns:
        raise UserError("no input: name files, folders or globs with --input")
    encodings.check(config.encoding)
    listed = {file.uri: file for pattern in patterns for file in _listed(spark, pattern, output)}
    if not listed:
        raise UserError(
            f"{', '.join(patterns)}: every file lies below the output {output}: name another "
            "folder with --output"
        )
    filled = [file for uri, file in sorted(listed.items()) if file.size > 0]
    if not filled:
        raise UserError(f"{', '.join(patterns)}: every file is empty")
    named = {files.absolute(spark, pattern) for pattern in patterns}
    kinds = kinds_of(filled, named, config)
    texts = {file: kind for file, kind in kinds.items() if kind not in (PARQUET, PACKED)}
    heads = dict(read_heads(spark, texts, config))
    packed = [file for file in kinds if file not in heads or heads[file].is_packed]
    inside = _packed_sources(spark, [file for file in packed if kinds[file] != PARQUET], config)
    footers = parquet_files.look(spark, [file for file in kinds if kinds[file] == PARQUET], config)
    return tuple(
        source
        for file, kind in kinds.items()
        for source in inside.get(file)
        or ([footers[file]] if file in footers else [_text_source(file, kind, heads[file])])
    )


def _text_source(file: FileStatus, kind: str, head: Head, member: str | None = None) -> Source:
    header, folders = header_of_file(head.names, file, head.naming, kind=kind)
    return Source(file, kind, header, head, member=member, folders=folders)


def _packed_sources(
    spark: SparkSession, found: Sequence[FileStatus], config: IngestConfig
) -> dict[FileStatus, list[Source]]:
    """What is in packed files that can be read.

    Raises:
        UserError: a file has nothing of the kind, or cannot be unpacked.
    """
    sources: dict[FileStatus, list[Source]] = {file: [] for file in found}
    for member in packed_files.look(spark, found, head_bytes=text_files.HEAD_BYTES):
        named = member.name or unpacked_name(member.file.uri)
        kind = format_by_name(named) if config.format == "auto" else config.format
        if kind is None and not member.name:
            kind = JSON if member.head.lstrip()[:1] in (b"{", b"[") else CSV
        if kind in (CSV, JSON) and member.head.strip():
            head = head_of(member.head, f"{member.file.uri} {member.name}".strip(), kind, config)
            sources[member.file].append(_text_source(member.file, kind, head, member.name))
    for file, inside in sources.items():
        if not inside:
            raise UserError(f"{file.uri}: no CSV or JSON file is packed in it")
    return sources


def _listed(spark: SparkSession, pattern: str, output: str | None) -> list[FileStatus]:
    listed = input_files.list_files(spark, pattern)
    if output is not None:
        below = files.join(files.absolute(spark, output), "")
        if not files.absolute(spark, pattern).startswith(below):
            listed = [file for file in listed if not file.path.startswith(below)]
    return delta_tables.without_removed(spark, pattern, listed) if listed else []


def read_records(
    spark: SparkSession, sources: Sequence[Source], config: IngestConfig, work: Work = RAW
) -> DataFrame:
    """What is made of all records of the files, in the tasks that read them; see `reader`."""
    return reader(spark, sources, config)(work)


def reader(spark: SparkSession, sources: Sequence[Source], config: IngestConfig) -> Read:
    """What reads the files, as often as it is called: it gives what is made of their records.

    By itself (`records.RAW`) that is a row for each record, the columns of
    `records.RECORDS_SCHEMA`. A file that is cut off fails the query that reads it.
    """
    texts = [source for source in sources if source.format != PARQUET]
    columnar = [source for source in sources if source.format == PARQUET]
    of_texts = text_files.reader(spark, texts, config) if texts else None
    times = CrawlTimes.by(config)

    def read(made: Work) -> DataFrame:
        work = times.work(made)
        frames = [of_texts(work)] if of_texts else []
        frames += [
            records.mapInArrow(work.of, work.schema)
            for records in parquet_files.read(spark, columnar, config)
        ]
        return reduce(DataFrame.unionByName, frames)

    return read


def remarks(sources: Sequence[Source], config: IngestConfig) -> list[str]:
    """What is worth saying of the files before they are read, a line each."""
    said: dict[str, list[str]] = {}
    for source in sources:
        for written in _written(source, config):
            said.setdefault(written, []).append(source.file.uri)
        if source.header.extra:
            said.setdefault(f"left out columns {_listed_names(source.header.extra)}", []).append(
                source.file.uri
            )
        # A crawl's own time is rare: its absence is no news.
        absent = [name for name in source.header.absent if name != "crawled_at"]
        if source.folders:
            told = f"read in the names of folders: {', '.join(source.folders)}"
            said.setdefault(told, []).append(source.file.uri)
        if absent:
            said.setdefault(f"unknown throughout: {', '.join(absent)}", []).append(source.file.uri)
    of_columns = [f"{first_of(uris)}: {text}" for text, uris in said.items()]
    return of_columns + text_files.remarks(sources, config)


def without_records(sources: Sequence[Source], filled: Collection[str]) -> list[str]:
    """A line on the files that have a header and nothing else, if there are any.

    Args:
        sources: the files that were read.
        filled: the `source_file` of those that have a record.
    """
    empty = [source.file.uri for source in sources if source.file.uri not in filled]
    return [f"{first_of(empty)}: no records, just a header"] if empty else []


def require_unchanged(
    spark: SparkSession, patterns: Sequence[str], sources: Sequence[Source]
) -> None:
    """Hold the files that were read against what the file system lists now.

    Args:
        spark: the session.
        patterns: what the files were found by.
        sources: the files as they were found.

    Raises:
        UserError: a file is gone, or of another size or time: what was read is of no one time.
    """
    now = {}
    for pattern in patterns:
        with contextlib.suppress(UserError):  # nothing is there any more
            now.update({file.uri: file for file in input_files.list_files(spark, pattern)})
    for source in sources:
        if now.get(source.file.uri) != source.file:
            raise input_files.changed(source.file)


def uris(spark: SparkSession, patterns: Sequence[str]) -> list[str]:
    """The addresses of the files behind paths, folders and globs.

    Raises:
        UserError: nothing is there.
    """
    return [file.uri for pattern in patterns for file in input_files.list_files(spark, pattern)]


def _written(source: Source, config: IngestConfig) -> list[str]:
    """How a file is written, as far as that was found and is not the usual."""
    head = source.head
    asked = config.encoding == encodings.AUTO and head.encoding != encodings.UTF_8
    encoding = [f"taken for text in {head.encoding} (--encoding names another)"] if asked else []
    export = exports.named(head.naming.export)
    taken = [f"taken for {export.title} (--set ingest.export=none: for none)"] if export else []
    if export and export.has_made_ids:
        taken.append("owner_id is made of the username: no other id is there")
    told = (head.dialect.described(), head.layout.described())
    return [*encoding, *taken, *(text for text in told if text)]


def _listed_names(names: Sequence[str]) -> str:
    return ", ".join(name or "without a name" for name in names)
