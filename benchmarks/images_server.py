"""The images of the images benchmark, and a server that costs as little as possible.

    python benchmarks/images_server.py FOLDER --addresses 127.0.0.1 [--delay .3] [--fail .1]

Answers any path that ends in `/NUMBER.jpg` with one of the folder's images, by `sendfile`, on
connections that stay open; `/numbers` with what it has done so far. Prints its port.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import sys
import threading
import time
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

SIDE = 1080
_QUALITY = 81
_NUMBER = re.compile(rb"GET (\S*?(\d+)\.jpg\S*) ")


def make_images(folder: Path, count: int) -> float:
    """Write so many JPEGs of 1080 x 1080, the same ones every time; their mean size in bytes.

    Noise of many scales, as rough as photographs are: large shapes, fine texture, some colour.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        path = folder / f"{number}.jpg"
        if not path.exists():
            _image(np.random.default_rng(number)).save(path, quality=_QUALITY)
    return sum((folder / f"{number}.jpg").stat().st_size for number in range(count)) / count


def _image(random: np.random.Generator) -> Image.Image:
    levels = np.full((SIDE, SIDE, 3), 128, dtype=np.float32)
    for cells in (3, 9, 27, 81, 270, 540):
        # Fine detail is mostly of brightness, in photographs as here.
        channels = 3 if cells < 100 else 1
        noise = random.normal(0, 1, (cells, cells, channels)).astype(np.float32)
        for channel in range(channels):
            layer = Image.fromarray(noise[..., channel])
            layer = layer.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
            where = slice(None) if channels == 1 else slice(channel, channel + 1)
            levels[..., where] += np.asarray(layer)[..., None] * (90 / cells**0.42)
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))


class _Server:
    def __init__(self, folder: Path, delay: float, fail: float) -> None:
        names = sorted(folder.glob("*.jpg"))
        self._files = [(os.open(name, os.O_RDONLY), name.stat().st_size) for name in names]
        self._delay, self._fail = delay, fail
        self._failed: set[bytes] = set()
        self._starts: list[float] = []
        self._answers = 0

    def listen(self, address: str, port: int) -> int:
        listener = socket.create_server((address, port), backlog=1024)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return int(listener.getsockname()[1])

    def _accept(self, listener: socket.socket) -> None:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with connection:
                while (request := _head(connection)) is not None:
                    self._answer(connection, request)
        except OSError:
            pass  # the client hung up

    def _answer(self, connection: socket.socket, request: bytes) -> None:
        found = _NUMBER.match(request)
        if found is None:
            body = json.dumps(self._numbers()).encode()
            connection.sendall(_header("200 OK", len(body), "application/json") + body)
            return
        self._starts.append(time.time())
        if self._delay:
            time.sleep(self._delay)
        path = found[1]
        if zlib.crc32(path) % 1000 < 1000 * self._fail and path not in self._failed:
            self._failed.add(path)  # once: the second attempt succeeds
            connection.sendall(_header("503 Service Unavailable", 0, "text/plain"))
            return
        file, size = self._files[int(found[2]) % len(self._files)]
        connection.send(_header("200 OK", size, "image/jpeg"), socket.MSG_MORE)
        sent = 0
        while sent < size:
            sent += os.sendfile(connection.fileno(), file, sent, size - sent)
        self._answers += 1

    def _numbers(self) -> dict[str, float]:
        starts, self._starts = self._starts, []
        return {
            "cpu": time.process_time(),
            "requests": len(starts),
            "first": min(starts, default=0.0),
            "last": max(starts, default=0.0),
        }


def _head(connection: socket.socket) -> bytes | None:
    request = b""
    while not request.endswith(b"\r\n\r\n"):
        piece = connection.recv(1 << 16)
        if not piece:
            return None
        request += piece
    return request


def _header(status: str, length: int, kind: str) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n".encode()


def main() -> None:
    """Listen until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--addresses", nargs="+", default=["127.0.0.1"])
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--fail", type=float, default=0.0, help="share of images with a 503")
    chosen = parser.parse_args()
    server = _Server(chosen.folder, chosen.delay, chosen.fail)
    port = 0
    for address in chosen.addresses:
        port = server.listen(address, port)
    print(port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
