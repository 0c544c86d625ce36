"""Files through Hadoop's file system, so that a folder, `hdfs://` and `s3a://` work alike."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from influencers.errors import UserError
from influencers.redaction import HIDDEN

# Larger than any file, small enough that a million of them add up within 64 bits.
_WHOLE_FILE = 1 << 40
# Where an object is there at once or not at all, and renaming means copying.
_OBJECT_STORES = {"s3a", "gs", "abfs", "abfss", "wasb", "wasbs", "oss", "cosn"}
# S3A's name for a PUT with `If-None-Match`.
_IF_NONE_MATCH = "fs.option.create.conditional.overwrite"
# What Hadoop raises where a file is to be created and another writer was first.
_REFUSALS = ("FileAlreadyExistsException", "RemoteFileChangedException")
# Hadoop and Spark disagree on how many slashes a local address has.
_LOCAL = re.compile("^file:/+")
# Of an address, its password; Java reads the pattern, too.
_PASSWORD = re.compile("^([A-Za-z0-9+.-]+://[^/:@]*:)[^/@]+(?=@)")

# What is asked before a write: a run that has lost its output is told so, and writes no more.
before_write: list[Callable[[], None]] = []


@dataclass(frozen=True)
class FileStatus:
    """A file as the file system lists it.

    Attributes:
        path: what opens it.
        uri: its name in tables: the address with URI escapes, local ones as `file:///…`, without
            a password.
        size: bytes.
        modified_ms: Unix milliseconds.
    """

    path: str
    uri: str
    size: int
    modified_ms: int


def join(base: str, *names: str) -> str:
    """`base` with `names` below it."""
    return "/".join([base.rstrip("/") or "/", *names])


def absolute(spark: SparkSession, uri: str) -> str:
    """`uri` with its scheme and from the root of its file system: SQL takes no other path."""
    path, _ = _open_system(spark, uri)
    return str(path.toString())


def exists(spark: SparkSession, uri: str) -> bool:
    """Whether there is a file or folder at `uri`."""
    path, system = _open_system(spark, uri)
    return bool(system.exists(path))


def names(spark: SparkSession, uri: str) -> list[str]:
    """The names of what lies in a folder itself; none where there is no folder."""
    path, system = _open_system(spark, uri)
    found = system.listStatus(path) if system.exists(path) else []
    return [str(status.getPath().getName()) for status in found]


def older_names(spark: SparkSession, uri: str, before_ms: int) -> set[str]:
    """The names of the files in a folder itself that were last written before a time.

    Args:
        before_ms: Unix milliseconds.
    """
    path, system = _open_system(spark, uri)
    found = system.listStatus(path) if system.exists(path) else []
    old = [one for one in found if one.getModificationTime() < before_ms and one.isFile()]
    return {str(one.getPath().getName()) for one in old}


def write_bytes(spark: SparkSession, uri: str, data: bytes) -> None:
    """Put `data` at `uri`, replacing what is there; folders are made.

    A reader, or a run after a killed one, finds the old bytes or the new ones, never half and never
    none: they are written beside the target and renamed over it. An object store shows an object
    when it is whole, and has no renaming.

    Raises:
        UserError: this run had claimed the output and lost it.
    """
    may_write()
    _put(spark, uri, data)


def may_write() -> None:
    """Raises UserError if this run had claimed an output and lost it: ask before any write."""
    for ask in list(before_write):
        ask()


def _put(spark: SparkSession, uri: str, data: bytes) -> None:
    path, system = _open_system(spark, uri)
    if system.getUri().getScheme() in _OBJECT_STORES:
        _write(system.create(path, True), data)
        return
    hadoop = _jvm(spark).org.apache.hadoop.fs
    beside = hadoop.Path(path.getParent(), f"_{path.getName()}.part")
    _write(system.create(beside, True), data)
    if system.getUri().getScheme() == "file":
        # The kernel's own rename: Hadoop's would remove the target first.
        moved = bool(system.rename(beside, path))
    else:
        context = hadoop.FileContext.getFileContext(path.toUri(), system.getConf())
        overwrite = spark.sparkContext._gateway.new_array(hadoop.Options.Rename, 1)  # type: ignore[union-attr]
        overwrite[0] = hadoop.Options.Rename.OVERWRITE
        context.rename(beside, path, overwrite)
        moved = True
    if not moved:
        raise OSError(f"could not move {beside} to {path}")


def _write(stream: Any, data: bytes) -> None:
    try:
        stream.write(bytearray(data))
    finally:
        stream.close()


def create_text(spark: SparkSession, uri: str, text: str) -> bool:
    """Put `text` at `uri` if nothing is there; whether it was done. Of two at once, one does it."""
    path, system = _open_system(spark, uri)
    if system.getUri().getScheme() == "file":
        system.mkdirs(path.getParent())
        return _link(path.toUri().getPath(), text)
    if system.exists(path):
        return False
    try:
        _write(_creation(path, system), text.encode("utf-8"))
    except Py4JJavaError as error:
        if _was_refused(error) or system.exists(path):
            return False
        raise
    return True


def _was_refused(error: Py4JJavaError) -> bool:
    """Whether a file was not created because one was there: it may be gone by now."""
    cause = error.java_exception
    while cause is not None:
        if cause.getClass().getSimpleName() in _REFUSALS:
            return True
        cause = cause.getCause()
    return False


def _link(target: str, text: str) -> bool:
    """Create a local file, whole from its first moment on; False if there is one.

    Hadoop looks first and creates then; the kernel does both at once.
    """
    beside = f"{target}.{secrets.token_hex(4)}.part"
    try:
        with open(beside, "x", encoding="utf-8") as file:
            file.write(text)
        try:
            os.link(beside, target)
        except FileExistsError:
            return False
        except OSError:  # a file system without links
            with open(target, "x", encoding="utf-8") as file:
                file.write(text)
    except FileExistsError:
        return False
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside)
    return True


def _creation(path: Any, system: Any) -> Any:
    """A stream into a file that is not there yet."""
    if not system.hasPathCapability(path, _IF_NONE_MATCH):
        return system.create(path, False)
    # A store of objects that looks once more when the object is whole, and then refuses it.
    builder = system.createFile(path)
    builder.recursive()
    builder.overwrite(True)
    builder.must(_IF_NONE_MATCH, "true")
    return builder.build()


def write_text(spark: SparkSession, uri: str, text: str) -> None:
    """Put `text` at `uri` in UTF-8; as `write_bytes`."""
    write_bytes(spark, uri, text.encode("utf-8"))


def put_text(spark: SparkSession, uri: str, text: str) -> None:
    """As `write_text`, of the claim itself: nothing is asked before."""
    _put(spark, uri, text.encode("utf-8"))


def delete(spark: SparkSession, uri: str) -> None:
    """Remove a file, or a folder with all that is in it; nothing there is no error.

    Raises:
        UserError: this run had claimed the output and lost it.
    """
    may_write()
    remove(spark, uri)


def remove(spark: SparkSession, uri: str) -> None:
    """As `delete`, of the claim itself: nothing is asked before."""
    path, system = _open_system(spark, uri)
    system.delete(path, True)


def read_bytes(spark: SparkSession, uri: str) -> bytes:
    """The whole file; for files that this application wrote itself.

    Raises:
        UserError: there is no such file.
    """
    path, system = _open_system(spark, uri)
    try:
        stream = system.open(path)
        try:
            return bytes(_jvm(spark).org.apache.commons.io.IOUtils.toByteArray(stream))
        finally:
            stream.close()
    except Py4JJavaError as error:
        # Not looked for before: it may go in between.
        missing = "FileNotFound" in error.java_exception.getClass().getName()
        if missing and "Permission denied" not in _first_line(error):
            raise UserError(f"no file {uri}") from None
        raise


def read_text(spark: SparkSession, uri: str) -> str:
    """The whole file as UTF-8; as `read_bytes`."""
    return read_bytes(spark, uri).decode("utf-8")


def read_head(spark: SparkSession, uri: str, size: int) -> bytes:
    """Up to `size` bytes from the start of a file, decompressed if its name says so.

    Raises:
        UserError: the file cannot be read, or is not the compressed file its name promises.
    """
    path, system = _open_system(spark, uri)
    jvm = _jvm(spark)
    hadoop = spark.sparkContext._jsc.hadoopConfiguration()
    codec = jvm.org.apache.hadoop.io.compress.CompressionCodecFactory(hadoop).getCodec(path)
    try:
        stream = system.open(path)
        try:
            source = stream if codec is None else codec.createInputStream(stream)
            bounded = jvm.org.apache.commons.io.input.BoundedInputStream(source, size)
            return bytes(jvm.org.apache.commons.io.IOUtils.toByteArray(bounded))
        finally:
            stream.close()
    except Py4JJavaError as error:
        raise UserError(f"cannot read {uri}: {_first_line(error)}") from None


def whole_file_session(spark: SparkSession) -> SparkSession:
    """A session that reads every file in one piece, and never passes over a damaged one.

    It shares everything with `spark` but the settings.
    """
    session = spark.newSession()
    session.conf.set("spark.sql.files.maxPartitionBytes", str(_WHOLE_FILE))
    session.conf.set("spark.sql.files.openCostInBytes", str(_WHOLE_FILE))
    session.conf.set("spark.sql.files.ignoreCorruptFiles", "false")
    session.conf.set("spark.sql.files.ignoreMissingFiles", "false")
    # Spark has no type for times in nanoseconds, which pandas writes.
    session.conf.set("spark.sql.legacy.parquet.nanosAsLong", "true")
    return session


def read_lines(whole: SparkSession, paths: Sequence[str]) -> DataFrame:
    """The lines of text files: `source_file` string, `line` binary without its line feed.

    Each file is one partition, its lines in order: who reads records that span lines needs that.
    Files named `.gz` or `.bz2` are decompressed; one that is cut off fails when it is read.

    Args:
        whole: a session from `whole_file_session`.
        paths: files, taken literally.
    """
    reader = whole.read.option("lineSep", "\n").option("__globPaths__", "false")
    return reader.text(list(paths)).select(
        _source_file(),
        F.col("value").cast("binary").alias("line"),
    )


def read_tail(spark: SparkSession, uri: str, file_size: int, size: int) -> bytes:
    """The last `size` bytes of a file of `file_size` bytes, or all of them.

    Raises:
        UserError: the file cannot be read.
    """
    path, system = _open_system(spark, uri)
    try:
        stream = system.open(path)
        try:
            stream.seek(max(file_size - size, 0))
            return bytes(_jvm(spark).org.apache.commons.io.IOUtils.toByteArray(stream))
        finally:
            stream.close()
    except Py4JJavaError as error:
        raise UserError(f"cannot read {uri}: {_first_line(error)}") from None


def read_parquet_columns(
    whole: SparkSession, paths: Sequence[str], schema: StructType
) -> DataFrame:
    """Some columns of Parquet files, and `source_file` and `record`; as `read_parquet`."""
    reader = whole.read.schema(schema).option("__globPaths__", "false")
    return reader.parquet(*paths).select(
        "*",
        _source_file(),
        (F.col("_metadata.row_index") + 1).alias("record"),
    )


def read_parquet(spark: SparkSession, paths: Sequence[str]) -> DataFrame:
    """The columns of Parquet files, and `source_file` and `record` (from 1 in each file)."""
    frame = spark.read.option("mergeSchema", "true").option("__globPaths__", "false")
    return frame.parquet(*paths).select(
        "*",
        _source_file(),
        (F.col("_metadata.row_index") + 1).alias("record"),
    )


def _source_file() -> Column:
    local = F.regexp_replace("_metadata.file_path", _LOCAL.pattern, "file:///")
    # As `FileStatus.uri` has it: the table is no place for the password of a file's address.
    return F.regexp_replace(local, _PASSWORD.pattern, rf"$1{HIDDEN}").alias("source_file")


def sha256(spark: SparkSession, uri: str) -> str:
    """The SHA-256 of the file's bytes, in hex; read by the driver."""
    path, system = _open_system(spark, uri)
    stream = system.open(path)
    try:
        return str(_jvm(spark).org.apache.commons.codec.digest.DigestUtils.sha256Hex(stream))
    finally:
        stream.close()


def list_files(spark: SparkSession, pattern: str) -> list[FileStatus]:
    """The files that a path, folder or glob stands for, by address.

    A folder stands for all files below it but hidden ones (`.x`, `_x`). A path that exists as it
    is written is taken literally, also when it holds `[` or `*`.

    Raises:
        UserError: nothing is there.
    """
    path, system = _open_system(spark, pattern)
    try:
        found = (
            [system.getFileStatus(path)] if system.exists(path) else system.globStatus(path) or []
        )
    except Py4JJavaError as error:
        raise UserError(f"cannot list {pattern}: {_first_line(error)}") from None
    listed = [one for status in found for one in _below(system, status)]
    if not listed:
        raise UserError(f"no input at {pattern}: check the path (a file, a folder or a glob)")
    return sorted(listed, key=lambda one: one.uri)


def _below(system: Any, status: Any) -> list[FileStatus]:
    if status.isFile():
        return [_status(status)]
    root = status.getPath().toString()
    listed = []
    remote = system.listFiles(status.getPath(), True)
    while remote.hasNext():
        entry = remote.next()
        inside = entry.getPath().toString()[len(root) :].strip("/").split("/")
        if not any(part.startswith((".", "_")) for part in inside):
            listed.append(_status(entry))
    return listed


def _status(entry: Any) -> FileStatus:
    path = entry.getPath()
    return FileStatus(
        path=path.toString(),
        uri=_named(path.toUri().toString()),
        size=int(entry.getLen()),
        modified_ms=int(entry.getModificationTime()),
    )


def _named(uri: str) -> str:
    """A file's address as tables name it.

    >>> _named("ftp://ann:secret@host/posts.csv")
    'ftp://ann:***@host/posts.csv'
    """
    return _PASSWORD.sub(rf"\g<1>{HIDDEN}", _LOCAL.sub("file:///", uri))


def _open_system(spark: SparkSession, uri: str) -> tuple[Any, Any]:
    """The Hadoop path, qualified, and its file system; a local one without `.crc` companions."""
    jvm = _jvm(spark)
    try:
        path = jvm.org.apache.hadoop.fs.Path(uri)
        system = path.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())
    except Py4JJavaError as error:
        raise UserError(f"cannot use {uri!r}: {_first_line(error)}") from None
    if system.getUri().getScheme() == "file":
        system = system.getRawFileSystem()
    return system.makeQualified(path), system


def _jvm(spark: SparkSession) -> Any:
    return spark.sparkContext._jvm


def _first_line(error: Any) -> str:
    java = error.java_exception
    return str(java.getMessage() or java.getClass().getSimpleName()).splitlines()[0]
