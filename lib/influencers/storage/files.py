"""Files through Hadoop's file system, so that a folder, `hdfs://` and `s3a://` work alike."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from influencers.errors import UserError

# Where an object is there at once or not at all, and renaming means copying.
_OBJECT_STORES = {"s3a", "gs", "abfs", "abfss", "wasb", "wasbs", "oss", "cosn"}
# S3A's name for a PUT with `If-None-Match`.
_IF_NONE_MATCH = "fs.option.create.conditional.overwrite"
# What Hadoop raises where a file is to be created and another writer was first.
_REFUSALS = ("FileAlreadyExistsException", "RemoteFileChangedException")
# What a store of objects answers when an object is another one than was asked for.
_PRECONDITION_FAILED = 412
# How often a file is opened that others write while it is read.
_OPENINGS = 20

# What is asked before a write: a run that has lost its output is told so, and writes no more.
before_write: list[Callable[[], None]] = []


def join(base: str, *names: str) -> str:
    """`base` with `names` below it."""
    return "/".join([base.rstrip("/") or "/", *names])


def absolute(spark: SparkSession, uri: str) -> str:
    """`uri` with its scheme and from the root of its file system: SQL takes no other path."""
    path, _ = open_system(spark, uri)
    return str(path.toString())


def local_path(spark: SparkSession, uri: str) -> Path | None:
    """The path of a file or folder of this machine; None for what lies elsewhere."""
    path, system = open_system(spark, uri)
    is_local = system.getUri().getScheme() == "file"
    return Path(path.toUri().getPath()) if is_local else None


def exists(spark: SparkSession, uri: str) -> bool:
    """Whether there is a file or folder at `uri`."""
    path, system = open_system(spark, uri)
    return bool(system.exists(path))


def names(spark: SparkSession, uri: str) -> list[str]:
    """The names of what lies in a folder itself; none where there is no folder."""
    return [str(status.getPath().getName()) for status in _statuses(spark, uri)]


def older_names(spark: SparkSession, uri: str, before_ms: int) -> set[str]:
    """The names of the files of a table's folder that were last written before a time.

    They lie in the folder itself, or in one for values of its columns, such as `month=2026-11`.
    Hidden ones, such as checksums, are left out.

    Args:
        before_ms: Unix milliseconds.
    """
    old: set[str] = set()
    for status in _statuses(spark, uri):
        name = str(status.getPath().getName())
        if status.isFile() and not name.startswith("."):
            old |= {name} if status.getModificationTime() < before_ms else set()
        elif "=" in name:
            old |= older_names(spark, str(status.getPath()), before_ms)
    return old


def _statuses(spark: SparkSession, uri: str) -> list[Any]:
    path, system = open_system(spark, uri)
    return list(system.listStatus(path)) if system.exists(path) else []


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
    path, system = open_system(spark, uri)
    if system.getUri().getScheme() in _OBJECT_STORES:
        _write(system.create(path, True), data)
        return
    hadoop = jvm(spark).org.apache.hadoop.fs
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
    path, system = open_system(spark, uri)
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
    return any(cause.getClass().getSimpleName() in _REFUSALS for cause in _causes(error))


def _was_replaced(error: Py4JJavaError) -> bool:
    """Whether an object was replaced after it was opened, and before it was read."""
    return any(
        cause.getClass().getSimpleName() == "RemoteFileChangedException"
        or (
            cause.getClass().getSimpleName() == "S3Exception"
            and cause.statusCode() == _PRECONDITION_FAILED
        )
        for cause in _causes(error)
    )


def _causes(error: Py4JJavaError) -> Iterator[Any]:
    cause = error.java_exception
    while cause is not None:
        yield cause
        cause = cause.getCause()


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


def replace_all(spark: SparkSession, folder: str, contents: Mapping[str, bytes | None]) -> None:
    """Write files below a folder, each as `write_bytes`; None: the file is removed."""
    for name, data in contents.items():
        if data is None:
            delete(spark, join(folder, name))
        else:
            write_bytes(spark, join(folder, name), data)


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
    path, system = open_system(spark, uri)
    system.delete(path, True)


def read_bytes(spark: SparkSession, uri: str) -> bytes:
    """The whole file; for files that this application wrote itself.

    One that is replaced while it is read is read again.

    Raises:
        UserError: there is no such file.
    """
    openings = 0
    while True:
        openings += 1
        try:
            with opened(spark, uri) as stream:
                return bytes(jvm(spark).org.apache.commons.io.IOUtils.toByteArray(stream))
        except Py4JJavaError as error:
            # Not looked for before: it may go in between.
            missing = "FileNotFound" in error.java_exception.getClass().getName()
            if missing and "Permission denied" not in first_line(error):
                raise UserError(f"no file {uri}") from None
            if openings == _OPENINGS or not _was_replaced(error):
                raise


def read_text(spark: SparkSession, uri: str) -> str:
    """The whole file as UTF-8; as `read_bytes`."""
    return read_bytes(spark, uri).decode("utf-8")


@contextlib.contextmanager
def opened(spark: SparkSession, uri: str) -> Iterator[Any]:
    """The Java stream of a file's bytes, closed when the block ends.

    Raises:
        Py4JJavaError: it cannot be opened.
    """
    path, system = open_system(spark, uri)
    stream = system.open(path)
    try:
        yield stream
    finally:
        stream.close()


def open_system(spark: SparkSession, uri: str) -> tuple[Any, Any]:
    """The Hadoop path, qualified, and its file system; a local one without `.crc` companions.

    Raises:
        UserError: there is no such file system.
    """
    try:
        path = jvm(spark).org.apache.hadoop.fs.Path(uri)
        system = path.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())
    except Py4JJavaError as error:
        raise UserError(f"cannot use {uri!r}: {first_line(error)}") from None
    if system.getUri().getScheme() == "file":
        system = system.getRawFileSystem()
    return system.makeQualified(path), system


def jvm(spark: SparkSession) -> Any:
    """The JVM that the session runs in."""
    return spark.sparkContext._jvm


def first_line(error: Any) -> str:
    """What a Py4JJavaError says, in a line."""
    java = error.java_exception
    return str(java.getMessage() or java.getClass().getSimpleName()).splitlines()[0]
