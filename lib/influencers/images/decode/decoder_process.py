"""Decode in a process of its own, whose death is an answer.

Decoders are native code that reads strangers' bytes. Where one takes its process with it, by a bad
address or because memory ran out, Spark tries the task again; that attempt decodes apart, so that
the one image is known and entered, and all others are not lost to it.
"""

from __future__ import annotations

import contextlib
import pickle
import struct
import subprocess
import sys
from threading import Lock
from typing import IO

from influencers.images import statuses
from influencers.images.decode.decoding import DecodedImage, DecodeLimits, decode

_SIZE = struct.Struct(">Q")


class ApartDecoder:
    """A process that decodes, started when it is needed, and again after its death."""

    def __init__(self, limits: DecodeLimits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = Lock()

    def decode(self, body: bytes) -> DecodedImage | str:
        """As `decoding.decode`; `decoder_crashed` if it was the process's end."""
        with self._lock:
            process = self._process or self._start()
            assert process.stdin is not None and process.stdout is not None
            try:
                _send(process.stdin, body)
                answer = _receive(process.stdout)
            except (OSError, EOFError):
                self._end()
                return statuses.DECODER_CRASHED
        decoded: DecodedImage | str = pickle.loads(answer)
        return decoded

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _start(self) -> subprocess.Popen[bytes]:
        # Spark's Python workers find this code by a path that no environment variable holds.
        program = (
            f"import sys; sys.path[:] = {sys.path!r}; "
            "from influencers.images.decode import decoder_process; decoder_process.serve()"
        )
        self._process = subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdin is not None
        _send(self._process.stdin, pickle.dumps(self._limits))
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for stream in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()
        process.wait()


def serve() -> None:
    """What the process does: bytes in, an image or a status out, until its input ends."""
    source, target = sys.stdin.buffer, sys.stdout.buffer
    limits: DecodeLimits = pickle.loads(_receive(source))
    with contextlib.suppress(EOFError):
        while True:
            body = _receive(source)
            try:
                decoded = decode(body, limits)
            except MemoryError:
                decoded = statuses.DECODER_CRASHED
            _send(target, pickle.dumps(decoded))


def _send(stream: IO[bytes], data: bytes) -> None:
    stream.write(_SIZE.pack(len(data)))
    stream.write(data)
    stream.flush()


def _receive(stream: IO[bytes]) -> bytes:
    (size,) = _SIZE.unpack(_exactly(stream, _SIZE.size))
    return _exactly(stream, size)


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data
