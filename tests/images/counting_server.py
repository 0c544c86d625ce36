"""A web server on loopback that counts who is there at once, and answers as it is told."""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Answer(NamedTuple):
    """What came back, as far as the scheduler cares."""

    status: str
    retry_after: float | None = None


class CountingServer(ThreadingHTTPServer):
    """Answers with `code` after `seconds`; remembers arrivals and the most at once."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seconds = seconds
        self.code = 200
        self.retry_after: str | None = None
        self.arrivals: list[float] = []
        self.at_once = 0
        self.most_at_once = 0
        self.lock = threading.Lock()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: CountingServer

    def do_GET(self) -> None:
        server = self.server
        with server.lock:
            server.arrivals.append(time.monotonic())
            server.at_once += 1
            server.most_at_once = max(server.most_at_once, server.at_once)
        time.sleep(server.seconds)
        # Before the answer: whoever reads it may start the next request at once.
        with server.lock:
            server.at_once -= 1
        self.send_response(server.code)
        if server.retry_after is not None:
            self.send_header("Retry-After", server.retry_after)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def serving(seconds: float = 0.0) -> Iterator[CountingServer]:
    """A server for the time of the block."""
    with CountingServer(seconds) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def get(url: str) -> Answer:
    """Ask once, over a connection of its own."""
    host, _, path = url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host, timeout=10)
    try:
        connection.request("GET", f"/{path}")
        response = connection.getresponse()
        response.read()
        after = response.headers.get("Retry-After")
    except TimeoutError:
        return Answer("timeout")
    except ConnectionRefusedError:
        return Answer("refused")
    except (OSError, http.client.HTTPException):
        return Answer("reset")
    finally:
        connection.close()
    if response.status == 429:
        return Answer("throttled", None if after is None else float(after))
    return Answer("ok" if response.status == 200 else "server_error")
