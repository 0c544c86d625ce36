"""An HTTP server for the images of a sample, for as long as a run lasts."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""

    def list_directory(self, path: Any) -> None:
        """Only images are given out."""
        self.send_error(404)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news."""


@contextmanager
def serving(folder: Path, *, address: str = "127.0.0.1") -> Iterator[tuple[str, int]]:
    """Serve the files below a folder at an address and a free port, which it gives.

    Raises:
        OSError: the address is not this machine's.
    """
    handler = functools.partial(_Handler, directory=str(folder))
    with _Server((address, 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="image-server")
        thread.start()
        try:
            yield str(server.server_address[0]), int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()
