"""Which files lie below a path, told in bulk: a call into the JVM for each takes milliseconds.

Python lists folders of this machine itself. Of other file systems the JVM tells all files below a
folder at once, as bytes, the way Hadoop sends them over a network.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

from pyspark.sql import SparkSession

from influencers.storage.files import jvm

_LOCAL = re.compile("^file:/+")
_HIDDEN = (".", "_")
# In no path.
_NUL = "\0"
# What Java's URI leaves as it is in a path: letters, digits, these, …
_KEPT = "_-!.~'()*,;:$&+=/@"
# … and what is not ASCII, but for spaces and control characters.
_NOT_ASCII = re.compile(r"([^\x00-\x9f\s]+)")
# Fields of Hadoop's `FileStatusProto`, and what says that it is of a folder.
_KIND, _PATH, _LENGTH, _MODIFIED = 1, 2, 3, 7
_FOLDER = 1
# How the values of its fields are written.
_NUMBER, _BYTES = 0, 2


class Listed(NamedTuple):
    """A file or a folder.

    Attributes:
        path: as Hadoop's `Path` writes it.
        size: bytes.
        modified_ms: Unix milliseconds.
        is_folder: whether it is one.
    """

    path: str
    size: int
    modified_ms: int
    is_folder: bool = False


def files_at(spark: SparkSession, path: Any, system: Any) -> Iterator[Listed]:
    """The files that a path or glob stands for: of a folder, all below it but hidden ones.

    Args:
        spark: the session.
        path: from `files.open_system`; one that exists is no glob.
        system: its file system.

    Raises:
        Py4JJavaError: the file system does not list them.
        OSError: this machine does not list them.
    """
    statuses = None if system.exists(path) else system.globStatus(path) or []
    if system.getUri().getScheme() == "file":
        roots = [path.toString()] if statuses is None else _paths(spark, statuses)
        for root in roots:
            yield from _of_this_machine(root)
        return
    if statuses is None:
        found = [_of_status(system.getFileStatus(path))]
    else:
        found = list(_told(spark, _list(spark, statuses))) if statuses else []
    for one in found:
        yield from _below(spark, system, one.path) if one.is_folder else [one]


def escaped(path: str) -> str:
    """A path as Java writes it in a URI.

    >>> escaped("/a b/50%/é.csv")
    '/a%20b/50%25/é.csv'
    """
    parts = _NOT_ASCII.split(path)
    parts[::2] = [quote(part, safe=_KEPT) for part in parts[::2]]
    return "".join(parts)


def _of_this_machine(root: str) -> Iterator[Listed]:
    """As Hadoop lists it: links are followed, and what leads nowhere is not there."""
    top = _LOCAL.sub("/", root)
    # Hadoop writes the address of a folder with one slash, or with three.
    start = root[: len(root) - len(top)]
    status = _status(top)
    if status is None:
        return
    if not stat.S_ISDIR(status.st_mode):
        yield _of_stat(f"{start}{top}", status)
        return
    folders = [top]
    while folders:
        folder = folders.pop()
        for name in os.listdir(folder):
            if name.startswith(_HIDDEN) or not _is_text(name):
                continue
            path = os.path.join(folder, name)
            status = _status(path)
            if status is None:
                continue
            if stat.S_ISDIR(status.st_mode):
                folders.append(path)
            else:
                yield _of_stat(f"{start}{path}", status)


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None


def _is_text(name: str) -> bool:
    """Whether a name is UTF-8: Java has no name for what is not."""
    return not any("\ud800" <= character <= "\udfff" for character in name)


def _of_stat(path: str, status: os.stat_result) -> Listed:
    return Listed(path, status.st_size, status.st_mtime_ns // 1_000_000)


def _below(spark: SparkSession, system: Any, root: str) -> Iterator[Listed]:
    """The files below a folder of another file system."""
    apache = jvm(spark).org.apache.hadoop
    remote = system.listFiles(apache.fs.Path(root), True)
    for one in _told(spark, apache.util.functional.RemoteIterators.toList(remote)):
        inside = one.path[len(root) :].strip("/").split("/")
        if not any(name.startswith(_HIDDEN) for name in inside):
            yield one


def _of_status(status: Any) -> Listed:
    return Listed(
        status.getPath().toString(),
        int(status.getLen()),
        int(status.getModificationTime()),
        is_folder=not status.isFile(),
    )


def _list(spark: SparkSession, array: Any) -> Any:
    """An array of Java as a list: calls from Python take no array of another class than theirs."""
    scala = jvm(spark).scala
    wrapped = scala.collection.immutable.ArraySeq.unsafeWrapArray(array)
    return scala.jdk.javaapi.CollectionConverters.asJava(wrapped)


def _paths(spark: SparkSession, statuses: Any) -> list[str]:
    """The paths of an array of Hadoop's `FileStatus`, by one call."""
    if not statuses:
        return []
    paths = _list(spark, jvm(spark).org.apache.hadoop.fs.FileUtil.stat2Paths(statuses))
    return str(jvm(spark).org.apache.commons.lang3.StringUtils.join(paths, _NUL)).split(_NUL)


def _told(spark: SparkSession, statuses: Any) -> Iterator[Listed]:
    """What a list of Hadoop's `FileStatus` says, by one call."""
    java = jvm(spark).java
    kind = java.lang.Class.forName("[Lorg.apache.hadoop.io.Writable;")
    writables = java.util.Arrays.copyOf(statuses.toArray(), statuses.size(), kind)
    yield from _read(bytes(jvm(spark).org.apache.hadoop.io.WritableUtils.toByteArray(writables)))


def _read(told: bytes) -> Iterator[Listed]:
    """Messages of `FileStatusProto`, each with its length before it; zeros are behind the last."""
    place = 0
    while size := int.from_bytes(told[place : place + 4], "big"):
        start = place + 4
        place = start + size
        values = _values(told[start:place])
        yield Listed(
            str(values[_PATH], "utf-8"),
            _signed(values.get(_LENGTH, 0)),
            _signed(values.get(_MODIFIED, 0)),
            is_folder=values[_KIND] == _FOLDER,
        )


def _values(message: bytes) -> dict[int, Any]:
    """The values of a message of Protocol Buffers by the numbers of their fields."""
    values: dict[int, Any] = {}
    place = 0
    while place < len(message):
        tag, place = _number(message, place)
        value, place = _number(message, place)
        kind = tag & 7
        if kind == _BYTES:
            place += value
            values[tag >> 3] = message[place - value : place]
        elif kind == _NUMBER:
            values[tag >> 3] = value
        else:
            raise ValueError(f"a file status has a value of kind {kind}")
    return values


def _signed(number: int) -> int:
    """A number of 64 bits that stands for another below zero: a time before 1970."""
    return number - (1 << 64) if number >> 63 else number


def _number(message: bytes, place: int) -> tuple[int, int]:
    """A number of several bytes, seven bits in each, and the place behind it."""
    number = shift = 0
    while True:
        byte = message[place]
        number |= (byte & 0x7F) << shift
        place += 1
        shift += 7
        if byte < 0x80:
            return number, place
