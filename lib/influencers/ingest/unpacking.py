"""The bytes of packed files, and of text that is not bytewise, as lines of UTF-8.

What packs a file is told by its first bytes: names are often wrong.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import itertools
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO

import pyarrow as pa

from influencers.errors import UserError

GZIP, BZIP2, XZ, ZSTD, ZIP = "gzip", "bzip2", "xz", "zstd", "zip"
# The endings of names that are read by unpacking here; Spark itself unpacks `.gz` and `.bz2`.
ENDINGS = (".zst", ".zip", ".xz")
_MAGIC = {
    b"\x1f\x8b": GZIP,
    b"BZh": BZIP2,
    b"\xfd7zXZ\x00": XZ,
    b"\x28\xb5\x2f\xfd": ZSTD,
    b"PK\x03\x04": ZIP,
}
# Texts begin with two characters of ASCII, where no mark says which of the two it is.
_UTF_16 = {
    "utf-16": re.compile(b"\xff\xfe|\xfe\xff"),
    "utf-16-le": re.compile(b"[\x01-\x7f]\0[\x01-\x7f]\0"),
    "utf-16-be": re.compile(b"\0[\x01-\x7f]\0[\x01-\x7f]"),
}
_LONE_RETURN = re.compile(rb"\r(?!\n)")
_CHUNK_BYTES = 4 << 20
# What goes wrong where bytes are damaged or cut off.
_DAMAGED = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile,
            NotImplementedError, RuntimeError)  # fmt: skip


def packing_of(head: bytes) -> str | None:
    """What has packed a file that begins with these bytes; None: nothing that is known."""
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)


def needs_recoding(head: bytes) -> bool:
    """Whether a text is in UTF-16, or its lines end with carriage returns alone."""
    return _utf_16_of(head) is not None or _returns_end_lines(head)


def _utf_16_of(head: bytes) -> str | None:
    """Which UTF-16 a text is in; None: it is in none."""
    return next((name for name, start in _UTF_16.items() if start.match(head)), None)


def _returns_end_lines(text: bytes) -> bool:
    """Whether the first line of a text ends in a carriage return alone.

    Line feeds may follow: spreadsheets that end lines so have them within cells.
    """
    first = text.find(b"\r")
    ends_line = first >= 0 and text.count(b'"', 0, first) % 2 == 0
    return ends_line and b"\n" not in text[: first + 2]


def members(data: bytes, *, uri: str) -> Iterator[tuple[str, IO[bytes]]]:
    """The files in a file, by name, unpacked; one that is not packed has itself, without a name.

    Of a zip file, folders and hidden files are left out.

    Args:
        data: all bytes of the file.
        uri: its name, for messages.

    Raises:
        UserError: it is damaged, cut off, or encrypted.
    """
    kind = packing_of(data)
    try:
        if kind == ZIP:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for entry in archive.infolist():
                    if not entry.is_dir() and not _is_hidden(entry.filename):
                        with archive.open(entry) as stream:
                            yield entry.filename, stream
            return
        yield "", _stream(data, kind)
    except _DAMAGED as error:
        raise UserError(f"{uri} cannot be unpacked ({error}): fetch it again") from None


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in name.split("/"))


def _stream(data: bytes, kind: str | None) -> IO[bytes]:
    bytes_ = io.BytesIO(data)
    if kind == GZIP:
        return gzip.GzipFile(fileobj=bytes_)  # type: ignore[return-value]
    if kind == BZIP2:
        return bz2.BZ2File(bytes_)
    if kind == XZ:
        return lzma.LZMAFile(bytes_)
    if kind == ZSTD:
        return pa.CompressedInputStream(pa.BufferReader(data), "zstd")  # type: ignore[no-any-return]
    return bytes_


def pieces(stream: IO[bytes], *, uri: str, separator: bytes = b"\n") -> Iterator[bytes]:
    """The lines of a text in pieces, each line with what ends it; without a byte-order mark.

    UTF-16 becomes UTF-8. Carriage returns that stand alone become line feeds in a text whose first
    line ends in one, within its cells too.

    Raises:
        UserError: it is damaged or cut off.
    """
    rest = b""
    for chunk in _recoded(_chunks(stream, uri=uri)):
        whole, feed, rest_of_chunk = (rest + chunk).rpartition(separator)
        if feed:
            yield whole + feed
        rest = rest_of_chunk
    if rest:
        yield rest + separator


def _chunks(stream: IO[bytes], *, uri: str) -> Iterator[bytes]:
    try:
        while chunk := stream.read(_CHUNK_BYTES):
            yield bytes(chunk)
    except _DAMAGED as error:
        raise UserError(f"{uri} cannot be unpacked ({error}): fetch it again") from None


def _recoded(chunks: Iterator[bytes]) -> Iterator[bytes]:
    first = next(chunks, b"")
    decode: Callable[[bytes], bytes] = bytes
    if utf_16 := _utf_16_of(first):
        # Half a pair of surrogates is no text in UTF-8 either: whoever reads the line sees it.
        decoder = codecs.getincrementaldecoder(utf_16)(errors="surrogatepass")
        decode = lambda chunk: decoder.decode(chunk).encode("utf-8", "surrogatepass")  # noqa: E731
    text = decode(first).removeprefix(codecs.BOM_UTF8)
    texts = itertools.chain([text], map(decode, chunks))
    yield from _with_feeds(texts) if _returns_end_lines(text) else texts


def _with_feeds(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Line feeds in place of carriage returns that stand alone; a pair in a cell stays a pair."""
    held = b""
    for chunk in chunks:
        text = held + chunk
        # What follows the last byte decides whether it stands alone.
        held = text[-1:] if text.endswith(b"\r") else b""
        yield _LONE_RETURN.sub(b"\n", text.removesuffix(held))
    yield held.replace(b"\r", b"\n")
