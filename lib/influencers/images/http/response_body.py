"""The body of an answer, within limits on what comes over the wire and what it unpacks to."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterable, Iterator

from urllib3 import HTTPResponse

from influencers.images import statuses
from influencers.images.failures import FetchFailure

_CHUNK = 1 << 16
_PACKED = ("gzip", "x-gzip", "deflate")


def read_body(
    response: HTTPResponse, *, max_bytes: int, max_decoded_bytes: int, deadline: float
) -> bytes:
    """All of the body, unpacked if it was packed against our wish.

    Raises:
        FetchFailure: too_large, as soon as that is known; timeout; reset when it ends early;
            empty_answer; broken, truncated or unsupported_format packing.
    """
    announced = response.length_remaining
    if announced is not None and announced > max_bytes:
        raise FetchFailure(statuses.TOO_LARGE, f"{announced} bytes announced")
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        body = (
            _whole(response, announced)
            if announced
            else _joined(_wire(response, max_bytes, deadline))
        )
    elif encoding in _PACKED:
        body = _unpacked(_wire(response, max_bytes, deadline), max_decoded_bytes)
    else:
        raise FetchFailure(statuses.UNSUPPORTED_FORMAT, f"encoded as {encoding[:40]}")
    if body:
        return body
    if announced is None and not response.chunked:
        # Headers that break off end like this, and so does a server that is being stopped.
        raise FetchFailure(statuses.RESET, "the connection ended before the body")
    raise FetchFailure(statuses.EMPTY_ANSWER, "empty")


def _whole(response: HTTPResponse, length: int) -> bytes:
    """A body of known length in one read: half the processor time of reading it in pieces.

    That it comes in time is here the watchdog's business alone.
    """
    body = response.read(length, decode_content=False)
    if len(body) < length:
        raise FetchFailure(statuses.RESET, f"{len(body)} of {length} bytes")
    return body


def _wire(response: HTTPResponse, max_bytes: int, deadline: float) -> Iterator[bytes]:
    """The body as it arrives: each piece is what one call to the system gave."""
    received = 0
    while piece := response.read1(_CHUNK, decode_content=False):
        received += len(piece)
        if received > max_bytes:
            raise FetchFailure(statuses.TOO_LARGE, f"over {max_bytes} bytes")
        if time.monotonic() > deadline:
            raise FetchFailure(statuses.TIMEOUT, f"{received} bytes until the deadline")
        yield piece


def _joined(chunks: Iterable[bytes]) -> bytes:
    """One piece of many; a list of them would take many times their size if they are tiny."""
    body = bytearray()
    for chunk in chunks:
        body += chunk
    return bytes(body)


def _unpacked(chunks: Iterable[bytes], max_bytes: int) -> bytes:
    """Gzip or zlib, never more of it in memory than allowed."""
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    body = bytearray()
    try:
        for chunk in chunks:
            body += unpacker.decompress(chunk, max_bytes - len(body) + 1)
            if len(body) > max_bytes:
                raise FetchFailure(statuses.TOO_LARGE, f"unpacks to over {max_bytes} bytes")
    except zlib.error as error:
        raise FetchFailure(statuses.BROKEN, f"packing: {error}") from None
    # A second stream behind the first is legal, unheard of for an image, and a way to burn time.
    if not unpacker.eof or unpacker.unused_data:
        status = statuses.BROKEN if unpacker.eof else statuses.TRUNCATED
        raise FetchFailure(status, "packing does not end with the body")
    return bytes(body)
