"""Parquet files as sources, and their records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from influencers.config import IngestConfig
from influencers.ingest import parquet, parquet_records, partitions
from influencers.ingest.exports import PROFILES
from influencers.ingest.headers import header_of_file
from influencers.ingest.naming import for_names, naming_of
from influencers.ingest.records import RECORDS_SCHEMA
from influencers.ingest.source import PARQUET, Source
from influencers.storage import input_files
from influencers.storage.input_files import FileStatus

_FOOTERS_AT_ONCE = 16


def look(
    spark: SparkSession, found: Sequence[FileStatus], config: IngestConfig
) -> dict[FileStatus, Source]:
    """The Parquet files by what their footers say; in object stores, reading one is waiting."""
    with ThreadPoolExecutor(max_workers=_FOOTERS_AT_ONCE) as pool:
        sources = pool.map(partial(_source, spark, config), found)
        return dict(zip(found, sources, strict=True))


def _source(spark: SparkSession, config: IngestConfig, file: FileStatus) -> Source:
    # The length of the metadata and the magic number end the file.
    end = input_files.read_tail(spark, file, 8)
    size = int.from_bytes(end[:4], "little") + 8
    if len(end) == 8 and 8 < size <= file.size and end.endswith(parquet.MAGIC):
        end = input_files.read_tail(spark, file, size)
    footer = parquet.read_footer(end, file.uri)
    # Exports are text: of Parquet, only what is set.
    chosen = config if config.export == PROFILES.name else replace(config, export="none")
    columns = parquet.columns_in(footer, naming_of(chosen).columns.values())
    names = [".".join(path) for path, _ in columns]
    naming = for_names(names, chosen)
    header, folders = header_of_file(names, file, naming, kind=PARQUET)
    read = parquet.columns_of(footer, columns, header, file.uri)
    return Source(file, PARQUET, header, columns=read, folders=folders)


def read(
    spark: SparkSession, sources: Sequence[Source], config: IngestConfig
) -> Iterator[DataFrame]:
    """All records of the files, raw: the columns of `records.RECORDS_SCHEMA`.

    Files of the same columns are read at once, others by themselves.
    """
    alike: dict[tuple[parquet.ParquetColumn, ...], list[Source]] = {}
    for source in sources:
        alike.setdefault(source.columns, []).append(source)
    for columns, some in alike.items():
        schema = parquet.schema_of(columns)
        folders = {source.file.uri: source.folders for source in some if source.folders}
        for session, paths in _tasks(spark, some, config):
            frame = input_files.read_parquet_columns(session, paths, schema)
            read = parquet_records.from_columns(frame, columns, max_bytes=config.max_record_bytes)
            yield _with_folders(read, folders) if folders else read


def _tasks(
    spark: SparkSession, sources: Sequence[Source], config: IngestConfig
) -> Iterator[tuple[SparkSession, list[str]]]:
    """Files, with a session in which a task reads several small ones, or a large one."""
    total = sum(source.file.size + input_files.OPEN_COST for source in sources)
    most = input_files.split_size(spark, total, most=config.split_bytes)
    small = [source.file.path for source in sources if source.file.size <= most]
    large = [source.file.path for source in sources if source.file.size > most]
    if small:
        yield input_files.split_session(spark, split_bytes=most), small
    if large:
        yield input_files.whole_file_session(spark), large


def _with_folders(records: DataFrame, folders: dict[str, Mapping[str, str]]) -> DataFrame:
    by_file = records.sparkSession.sparkContext.broadcast(folders)

    def fill(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield partitions.filled(batch, by_file.value)

    return records.mapInArrow(fill, RECORDS_SCHEMA)
