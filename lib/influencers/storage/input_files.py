"""The files that a run reads: which they are, what identifies their bytes, and their records."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from influencers.errors import UserError
from influencers.redaction import HIDDEN
from influencers.storage import listing
from influencers.storage.files import first_line, jvm, open_system, opened
from influencers.storage.named_files import load

# What opening a file costs, in bytes that are read in that time: a quarter of Spark's own value, as
# a task costs more than a file.
OPEN_COST = 1 << 20
# Each core has several splits, unless that makes them smaller than it is worth.
_SPLITS_OF_A_CORE, LEAST_SPLIT = 3, 1 << 20
# Into so many tasks at least Spark puts the question which of many named files are there.
_LOOKING_TASKS = 32
# Larger than any file, small enough that a million of them add up within 64 bits.
WHOLE_FILE = 1 << 40
# Hadoop and Spark disagree on how many slashes a local address has.
_LOCAL = re.compile("^file:/+")
# Of an address, its password; Java reads the pattern, too.
_PASSWORD = re.compile("^([A-Za-z0-9+.-]+://[^/:@]*:)[^/@]+(?=@)")


@dataclass(frozen=True)
class FileStatus:
    """A file as the file system lists it.

    Attributes:
        path: what opens it.
        uri: its name in tables: the address with URI escapes, local ones as `file:///…`, without
            a password.
        size: bytes.
        modified_ms: Unix milliseconds.
        address: its URI as Spark has it, with all that it holds.
    """

    path: str
    uri: str
    size: int
    modified_ms: int
    address: str = field(repr=False, compare=False, default="")

    @property
    def local_path(self) -> str | None:
        """Its path on this machine; None if it lies elsewhere."""
        is_local = self.address.startswith("file:")
        return unquote(urlsplit(self.address).path) if is_local else None

    @property
    def keys(self) -> tuple[int, int]:
        """What `read_splits` calls it, one or the other; two files may have the same."""
        one_slash, three_slashes = (
            _LOCAL.sub(start, self.address) for start in ("file:/", "file:///")
        )
        return zlib.crc32(one_slash.encode()), zlib.crc32(three_slashes.encode())


def list_files(spark: SparkSession, pattern: str) -> list[FileStatus]:
    """The files that a path, folder or glob stands for, by address.

    A folder stands for all files below it but hidden ones (`.x`, `_x`). A path that exists as it
    is written is taken literally, also when it holds `[` or `*`.

    Raises:
        UserError: nothing is there.
    """
    path, system = open_system(spark, pattern)
    address_of = _addresses(path)
    try:
        listed = [
            FileStatus(one.path, uri_of(address), one.size, one.modified_ms, address)
            for one in listing.files_at(spark, path, system)
            for address in [address_of(one.path)]
        ]
    except Py4JJavaError as error:
        raise UserError(f"cannot list {pattern}: {first_line(error)}") from None
    except (OSError, PySparkException) as error:
        raise UserError(f"cannot list {pattern}: {error}") from None
    if not listed:
        raise UserError(f"no input at {pattern}: check the path (a file, a folder or a glob)")
    return sorted(listed, key=lambda file: file.uri)


def _addresses(path: Any) -> Callable[[str], str]:
    """What makes URIs of paths of a file system, one of whose paths is given."""
    text, uri, below = path.toString(), path.toUri().toString(), path.toUri().getPath()
    before = text.removesuffix(below)
    start = uri.removesuffix(listing.escaped(below))
    return lambda other: start + listing.escaped(other.removeprefix(before))


def changed(file: FileStatus) -> UserError:
    """What to raise of a file that is no longer as it was listed."""
    return UserError(
        f"{file.uri} changed while it was read: no table was touched; run again when it is complete"
    )


def uri_of(uri: str) -> str:
    """A file's address as tables name it; the `FileStatus.uri`.

    >>> uri_of("ftp://ann:secret@host/posts.csv")
    'ftp://ann:***@host/posts.csv'
    """
    return _PASSWORD.sub(rf"\g<1>{HIDDEN}", _LOCAL.sub("file:///", uri))


def read_head(spark: SparkSession, uri: str, size: int) -> bytes:
    """Up to `size` bytes from the start of a file, decompressed if its name says so.

    Raises:
        UserError: the file cannot be read, or is not the compressed file its name promises.
    """
    apache = jvm(spark).org.apache
    hadoop = spark.sparkContext._jsc.hadoopConfiguration()
    with _readable(spark, uri) as stream:
        codecs = apache.hadoop.io.compress.CompressionCodecFactory(hadoop)
        codec = codecs.getCodec(apache.hadoop.fs.Path(uri))
        source = stream if codec is None else codec.createInputStream(stream)
        bounded = apache.commons.io.input.BoundedInputStream(source, size)
        return bytes(apache.commons.io.IOUtils.toByteArray(bounded))


def read_tail(spark: SparkSession, file: FileStatus, size: int) -> bytes:
    """The last `size` bytes of a file, or all of them.

    Raises:
        UserError: the file cannot be read.
    """
    start = max(file.size - size, 0)
    if file.local_path is not None:
        try:
            with open(file.local_path, "rb") as local:
                local.seek(start)
                return local.read()
        except OSError as error:
            raise UserError(f"cannot read {file.path}: {error.strerror}") from None
    with _readable(spark, file.path) as stream:
        stream.seek(start)
        return bytes(jvm(spark).org.apache.commons.io.IOUtils.toByteArray(stream))


@contextmanager
def _readable(spark: SparkSession, uri: str) -> Iterator[Any]:
    """As `files.opened`; what Java raises in the block is a UserError."""
    try:
        with opened(spark, uri) as stream:
            yield stream
    except Py4JJavaError as error:
        raise UserError(f"cannot read {uri}: {first_line(error)}") from None


def with_distinct_keys(files: Iterable[FileStatus]) -> Iterator[list[FileStatus]]:
    """The files, in as many lists as it takes to tell those of each by their keys; usually one."""
    left = list(files)
    while left:
        seen: set[int] = set()
        taken: list[FileStatus] = []
        others: list[FileStatus] = []
        for file in left:
            if seen.isdisjoint(file.keys):
                seen.update(file.keys)
                taken.append(file)
            else:
                others.append(file)
        yield taken
        left = others


def whole_file_session(spark: SparkSession) -> SparkSession:
    """A session that reads every file in one piece, and never passes over a damaged one.

    It shares everything with `spark` but the settings.
    """
    session = spark.newSession()
    session.conf.set("spark.sql.files.maxPartitionBytes", str(WHOLE_FILE))
    session.conf.set("spark.sql.files.openCostInBytes", str(WHOLE_FILE))
    # Else a task for each file, of those that are named.
    tasks = max(_LOOKING_TASKS, 4 * spark.sparkContext.defaultParallelism)
    session.conf.set("spark.sql.sources.parallelPartitionDiscovery.parallelism", str(tasks))
    session.conf.set("spark.sql.files.ignoreCorruptFiles", "false")
    session.conf.set("spark.sql.files.ignoreMissingFiles", "false")
    # A file may have columns that differ in case alone.
    session.conf.set("spark.sql.caseSensitive", "true")
    # Spark has no type for times in nanoseconds, which pandas writes.
    session.conf.set("spark.sql.legacy.parquet.nanosAsLong", "true")
    return session


def split_session(spark: SparkSession, *, split_bytes: int) -> SparkSession:
    """A session that reads text files in splits of so many bytes, and so all files that have more.

    It is else as `whole_file_session`, which is what `WHOLE_FILE` gives: a task for each file.
    Else files that are smaller share tasks. Files that cannot be split are read in one piece.
    """
    session = whole_file_session(spark)
    if split_bytes == WHOLE_FILE:
        return session
    session.conf.set("spark.sql.files.maxPartitionBytes", str(split_bytes))
    session.conf.set("spark.sql.files.openCostInBytes", str(min(split_bytes, OPEN_COST)))
    # Else the size of a split would depend on how many files are read, and on the cluster.
    session.conf.set("spark.sql.files.minPartitionNum", "1")
    return session


def split_size(spark: SparkSession, total: int, *, most: int) -> int:
    """The size of splits, in bytes, by which all cores have work.

    Args:
        spark: the session.
        total: bytes of all files that are read at once, with what it costs to open them.
        most: no split is larger.
    """
    share = total // (_SPLITS_OF_A_CORE * spark.sparkContext.defaultParallelism) + 1
    return min(most, max(LEAST_SPLIT, share))


def read_splits(
    session: SparkSession, paths: Sequence[str], *, separator: bytes = b"\n"
) -> DataFrame:
    """The lines of text files by split.

    Columns: `file` bigint, one of the `FileStatus.keys`; `start` bigint, where the split starts in
    the file; `line` binary, with its line feed, also where the file ends without one. Lines of a
    split are in one partition, in a row, in order. A line is in the split in which it begins, or
    in the one before if it begins where the split does.

    Files named `.gz` or `.bz2` are decompressed; one that is cut off fails when it is read.

    Args:
        session: from `split_session`.
        paths: files, taken literally.
        separator: what ends lines, in place of a line feed.
    """
    reader = session.read.format("text").option("lineSep", separator.decode())
    return load(reader, paths).select(
        _file_key().alias("file"),
        F.col("_metadata.file_block_start").alias("start"),
        F.concat(F.col("value").cast("binary"), F.lit(separator)).alias("line"),
    )


def read_bytes_of(session: SparkSession, paths: Sequence[str]) -> DataFrame:
    """The bytes of files, a row and a task each: `file`, as `read_splits` has it, and `content`.

    Args:
        session: from `whole_file_session`.
        paths: files of at most 2 GB, taken literally.
    """
    rows = load(session.read.format("binaryFile"), paths)
    return rows.select(_file_key().alias("file"), "content")


def _file_key() -> Column:
    return F.crc32(F.col("_metadata.file_path").cast("binary"))


def read_csv(spark: SparkSession, path: str) -> DataFrame:
    """The rows of CSV files whose first line is a header; all columns are text.

    Raises:
        UserError: nothing is there.
    """
    list_files(spark, path)  # says what is wrong with the path in one line
    return spark.read.csv(path, header=True, escape='"')


def read_parquet(spark: SparkSession, paths: Sequence[str]) -> DataFrame:
    """The columns of Parquet files, and `source_file` and `record` (from 1 in each file)."""
    reader = spark.read.format("parquet").option("mergeSchema", "true")
    return _with_origin(load(reader, paths))


def read_parquet_columns(
    whole: SparkSession, paths: Sequence[str], schema: StructType
) -> DataFrame:
    """Some columns of Parquet files, as the struct `cells`, and `source_file` and `record`."""
    rows = load(whole.read.format("parquet").schema(schema), paths)
    # A column may be named as these are, or not differ from another but in case.
    columns = [F.col(f"`{name.replace('`', '``')}`") for name in schema.names]
    return rows.select(F.struct(*columns).alias("cells"), _source_file(), _record())


def _with_origin(rows: DataFrame) -> DataFrame:
    return rows.select("*", _source_file(), _record())


def _record() -> Column:
    return (F.col("_metadata.row_index") + 1).alias("record")


def _source_file() -> Column:
    local = F.regexp_replace("_metadata.file_path", _LOCAL.pattern, "file:///")
    # As `FileStatus.uri` has it: the table is no place for the password of a file's address.
    return F.regexp_replace(local, _PASSWORD.pattern, rf"$1{HIDDEN}").alias("source_file")


def read_parquet_as_is(spark: SparkSession, path: str) -> DataFrame:
    """Parquet files that a user names, as they are.

    Raises:
        UserError: there is none.
    """
    list_files(spark, path)  # says what is wrong with the path in one line
    return spark.read.parquet(path)
