"""The splits of text files, read in tasks: where each begins, and its lines in pieces.

Tasks read files of this machine themselves. Of all others Spark hands them the lines, one by one,
which takes ten times as long as what is done with them.
"""

from __future__ import annotations

import codecs
import itertools
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import BinaryIO, NamedTuple

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from influencers.errors import UserError
from influencers.storage import input_files
from influencers.storage.input_files import WHOLE_FILE, FileStatus

# A split is handed on in pieces of about so many bytes.
_PIECE_BYTES = 8 << 20
# What a file costs beside its bytes, in bytes that are parsed in that time: .6 ms a file of ten
# posts, at 25 MB a second.
_OPEN_COST = 16 << 10
# No line is longer: Spark's reader cannot have one, and none is of any use.
_MOST_LINE = (1 << 31) - 1
_LINE_FEED = b"\n"
# Decompressed by Spark's reader.
_COMPRESSED = (".gz", ".bz2")


class Split(NamedTuple):
    """A split that has lines.

    Attributes:
        key: one of the keys of its file.
        start: where it starts in the file.
        pieces: its lines, each with its end, without a byte-order mark; to be read in order.
    """

    key: int
    start: int
    pieces: Iterator[bytes]


OfSplits = Callable[[Iterator[Split]], Iterator[pa.RecordBatch]]


def map_splits(
    spark: SparkSession,
    files: Iterable[FileStatus],
    work: OfSplits,
    schema: StructType,
    *,
    split_bytes: int,
    separator: bytes = _LINE_FEED,
) -> DataFrame:
    """What is made of the splits of files, in tasks.

    A line is in the split in which it begins. Files named `.gz` or `.bz2` are decompressed; one
    that is cut off fails when it is read.

    Args:
        spark: the session.
        files: at least one; with keys of their own.
        work: makes batches of the splits of a task; it has to read each before the next.
        schema: of the batches.
        split_bytes: the size of a split; `WHOLE_FILE`: each file is one, with a task of its own.
        separator: what ends lines.
    """
    direct: list[FileStatus] = []
    others: list[FileStatus] = []
    for file in files:
        (direct if separator == _LINE_FEED and _is_direct(file) else others).append(file)
    frames = []
    if direct:
        tasks = tasks_of(direct, split_bytes=split_bytes)
        shared = spark.sparkContext.broadcast(tasks)

        def read(numbers: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            told = (number for batch in numbers for number in batch.column(0).to_pylist())
            stretches = itertools.chain.from_iterable(shared.value[number] for number in told)
            yield from work(_read(stretches))

        numbers = spark.range(0, len(tasks), 1, len(tasks))
        frames.append(numbers.mapInArrow(read, schema))
    if others:
        session = input_files.split_session(spark, split_bytes=split_bytes)
        lines = input_files.read_splits(
            session, [file.path for file in others], separator=separator
        )
        frames.append(lines.mapInArrow(lambda batches: work(_of_lines(batches)), schema))
    return reduce(DataFrame.unionByName, frames)


@dataclass(frozen=True)
class Stretch:
    """The bytes of a file that a split is made of.

    Attributes:
        file: as it is listed.
        start: the first byte.
        end: behind the last.
    """

    file: FileStatus
    start: int
    end: int

    def pieces(self) -> Iterator[bytes]:
        """The lines that begin in it, each with its line feed, also the last of the file.

        Raises:
            UserError: the file is gone, not as it was listed, or has a line of more than 2 GB.
        """
        try:
            stream = open(self.file.local_path or "", "rb")
        except FileNotFoundError:
            raise input_files.changed(self.file) from None
        with stream:
            self._require_unchanged(stream)
            if self._first_line(stream):
                yield from self._pieces(stream)
            self._require_unchanged(stream)

    def _first_line(self, stream: BinaryIO) -> bool:
        """Go to the first line that begins in the stretch; whether there is one."""
        if self.start == 0:
            return True
        stream.seek(self.start - 1)
        while stream.tell() < self.end:
            block = stream.read(min(_PIECE_BYTES, self.end - stream.tell()))
            if not block:
                return False
            feed = block.find(_LINE_FEED)
            if feed >= 0:
                stream.seek(feed + 1 - len(block), os.SEEK_CUR)
                return stream.tell() < self.end
        return False

    def _pieces(self, stream: BinaryIO) -> Iterator[bytes]:
        held: list[bytes] = []
        place = stream.tell()
        while place < self.end:
            block = stream.read(min(_PIECE_BYTES, self.end - place))
            place += len(block)
            if place >= self.end or not block:
                rest = b"" if block.endswith(_LINE_FEED) else self._rest_of_line(stream)
                text = b"".join((*held, block, rest))
                if text:
                    yield text if text.endswith(_LINE_FEED) else text + _LINE_FEED
                return
            whole = block.rfind(_LINE_FEED) + 1
            if whole:
                yield b"".join((*held, block[:whole]))
                held = []
            held.append(block[whole:])
            if sum(map(len, held)) > _MOST_LINE:
                raise self._long_line()

    def _rest_of_line(self, stream: BinaryIO) -> bytes:
        rest = stream.readline(_MOST_LINE)
        if len(rest) == _MOST_LINE:
            raise self._long_line()
        return rest

    def _long_line(self) -> UserError:
        return UserError(f"{self.file.uri}: a line of more than 2 GB: is it the right file?")

    def _require_unchanged(self, stream: BinaryIO) -> None:
        now = os.fstat(stream.fileno())
        if (now.st_size, now.st_mtime_ns // 1_000_000) != (self.file.size, self.file.modified_ms):
            raise input_files.changed(self.file)


def tasks_of(files: Iterable[FileStatus], *, split_bytes: int) -> list[list[Stretch]]:
    """The stretches of each task: large files have several splits, small ones share a task."""
    opening = split_bytes if split_bytes == WHOLE_FILE else min(split_bytes, _OPEN_COST)
    tasks: list[list[Stretch]] = []
    room = 0
    for file in files:
        for start in range(0, max(file.size, 1), split_bytes):
            stretch = Stretch(file, start, min(start + split_bytes, file.size))
            cost = stretch.end - stretch.start + opening
            if not tasks or cost > room:
                tasks.append([])
                room = split_bytes
            tasks[-1].append(stretch)
            room -= cost
    return tasks


def open_cost(file: FileStatus) -> int:
    """What it costs to open a file, in bytes that are read in that time."""
    return _OPEN_COST if _is_direct(file) else input_files.OPEN_COST


def _is_direct(file: FileStatus) -> bool:
    """Whether tasks can read a file themselves."""
    path = file.local_path
    if path is None or path.lower().endswith(_COMPRESSED):
        return False
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        # Gone, or its name is no text: whatever reads it says so.
        return False


def _read(stretches: Iterable[Stretch]) -> Iterator[Split]:
    for stretch in stretches:
        pieces = stretch.pieces()
        first = next(pieces, None)
        if first is not None:
            key, _ = stretch.file.keys
            whole = itertools.chain([first], pieces)
            yield Split(key, stretch.start, _unmarked(whole, stretch.start))


def _of_lines(batches: Iterable[pa.RecordBatch]) -> Iterator[Split]:
    """The splits in a partition of `input_files.read_splits`."""
    for (key, start), stretches in itertools.groupby(_stretches(batches), lambda one: one[0]):
        pieces = _joined(text for _, text in stretches)
        yield Split(key, start, _unmarked(pieces, start))


def _stretches(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[tuple[int, int], memoryview]]:
    """Lines of the same split in a row, as one text."""
    for batch in batches:
        keys, starts = batch.column(0).to_numpy(), batch.column(1).to_numpy()
        changes = np.flatnonzero((np.diff(keys) != 0) | (np.diff(starts) != 0)) + 1
        for first, end in itertools.pairwise([0, *changes.tolist(), len(keys)]):
            text = _text(batch.column(2).slice(first, end - first))
            yield (int(keys[first]), int(starts[first])), text


def _text(lines: pa.Array) -> memoryview:
    """The bytes of an array's values; Arrow has them in a row."""
    kind = np.int64 if pa.types.is_large_binary(lines.type) else np.int32
    _, offsets, data = lines.buffers()
    places = np.frombuffer(offsets, kind)[lines.offset : lines.offset + len(lines) + 1]
    return memoryview(data)[places[0] : places[-1]]


def _joined(texts: Iterator[memoryview]) -> Iterator[bytes]:
    held: list[memoryview] = []
    size = 0
    for text in texts:
        held.append(text)
        size += len(text)
        if size >= _PIECE_BYTES:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def _unmarked(pieces: Iterator[bytes], start: int) -> Iterator[bytes]:
    """Pieces without the byte-order mark that a file may start with."""
    if start == 0:
        yield next(pieces).removeprefix(codecs.BOM_UTF8)
    yield from pieces
