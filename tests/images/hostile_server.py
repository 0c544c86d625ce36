"""A web server on loopback that misbehaves on request, and counts how it is treated.

    with HostileServer(files={"/a.jpg": data}) as server:
        client.fetch(server.url("/a.jpg"))
        server.count("/a.jpg")

Paths (numbers are milliseconds unless they say otherwise):

    /endless /tiny-chunks /drip?ms= /drip-headers?ms= /continue-forever /silent /slow?ms=
    /slow-body?ms= /odd-headers
    /short /cut-chunks /cut-headers /too-long?bytes= /too-short /smuggle /reset /garbage
    /two-lengths /html /please-wait /page-later /no-content /reset-content /empty
    /empty-until-close /until-close /chunked
    /close /hang-up /bomb /gzip /gzip-cut /gzip-members /brotli /huge-header
    /loop /hop?n= /redirect?to= /not-found /forbidden /status?code= /throttled?after=
    /flaky?fails= (503 that many times, then 200) /robots?say= /signed?oe= /to-login
    /turned-away?fails=&to= (as the path `to` that many times, then 200)
    and every path given in `files`.
"""

from __future__ import annotations

import bisect
import contextlib
import functools
import gzip
import socket
import ssl
import struct
import subprocess
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

IMAGE = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40  # what good answers carry by default
BOMB_BYTES = 400 * 1024 * 1024


@dataclass(frozen=True)
class Request:
    """One request that arrived: its path, when (monotonic), by which connection, its headers."""

    path: str
    query: Mapping[str, str]
    at: float
    connection: int
    headers: Mapping[str, str]


class HostileServer:
    """Serves until the end of its `with` block; every wait in it ends with the server.

    Args:
        address: any of 127.0.0.0/8 or ::1.
        port: 0 takes a free one.
        files: bodies by path, given with 200 and the right length.
        tls: certificate and key (PEM) for https.
        body: what the misbehaving routes send where they send something good.
    """

    def __init__(
        self,
        address: str = "127.0.0.1",
        port: int = 0,
        *,
        files: Mapping[str, bytes] | None = None,
        tls: tuple[Path, Path] | None = None,
        body: bytes = IMAGE,
    ) -> None:
        self.address = address
        self.files = dict(files or {})
        self.body = body
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._requests: list[Request] = []
        self._open: set[socket.socket] = set()
        self._active = self.most_active = self.connections = self.most_open = 0
        self._threads: list[threading.Thread] = []
        self._context = None
        if tls is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(*tls)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._listener = socket.create_server((address, port), family=family, backlog=256)
        self.port = self._listener.getsockname()[1]

    def __enter__(self) -> HostileServer:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        _shut(self._listener)
        with self._lock:
            for one in self._open:
                _shut(one)
            threads = list(self._threads)
        for thread in threads:
            thread.join(timeout=5)
        self._listener.close()

    # What tests ask.

    def url(self, path: str, host: str | None = None) -> str:
        """The address of a path; `host` replaces the server's own in the spelling."""
        scheme = "http" if self._context is None else "https"
        own = f"[{self.address}]" if ":" in self.address else self.address
        return f"{scheme}://{host or own}:{self.port}{path}"

    @property
    def host_key(self) -> str:
        return urlsplit(self.url("/")).netloc

    @property
    def requests(self) -> list[Request]:
        with self._lock:
            return list(self._requests)

    def count(self, path: str) -> int:
        """Requests for a path, whatever its query."""
        return sum(one.path == path for one in self.requests)

    def open_connections(self) -> int:
        with self._lock:
            return len(self._open)

    def most_in(self, seconds: float) -> int:
        """The most requests that arrived within any window of so many seconds."""
        times = sorted(one.at for one in self.requests)
        ends = (bisect.bisect_left(times, at + seconds) for at in times)
        return max((end - first for first, end in enumerate(ends)), default=0)

    # The machinery.

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, name="hostile-server", daemon=True)
        with self._lock:
            self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                connected, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                number = self.connections
                self._open.add(connected)
                self.most_open = max(self.most_open, len(self._open))
                self._threads = [one for one in self._threads if one.is_alive()]
            self._start(self._serve, connected, number)

    def _serve(self, plain: socket.socket, number: int) -> None:
        connected = plain
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is not None:
                plain.settimeout(5)
                connected = self._context.wrap_socket(plain, server_side=True)
                connected.settimeout(None)
                with self._lock:
                    self._open.discard(plain)
                    self._open.add(connected)
            with connected.makefile("rb") as stream:
                while not self.stopping.is_set() and self._one(connected, stream, number):
                    pass
        except (OSError, ValueError):
            pass
        finally:
            with self._lock:
                self._open.discard(plain)
                self._open.discard(connected)
            connected.close()
            plain.close()

    def _one(self, connected: socket.socket, stream, number: int) -> bool:  # type: ignore[no-untyped-def]
        """Read a request and answer it; whether the connection stays open."""
        if stream.peek(1)[:1] == b"\x16":  # a TLS handshake, in which there may be no line's end
            connected.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            return False
        first = stream.readline(65536).decode("latin-1").split()
        if len(first) != 3:
            return False
        headers = {}
        while (line := stream.readline(65536).strip()) != b"":
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        parts = urlsplit(first[1])
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        request = Request(parts.path, query, time.monotonic(), number, headers)
        with self._lock:
            self._requests.append(request)
            self._active += 1
            self.most_active = max(self.most_active, self._active)
        answer = Answer(self, connected, request)
        try:
            return answer.give()
        finally:
            answer.end()

    def ended(self) -> None:
        """An answer is no longer being given."""
        with self._lock:
            self._active -= 1


class Answer:
    """The answer to one request; routes are its methods named `on_<path>`."""

    def __init__(self, server: HostileServer, connected: socket.socket, request: Request) -> None:
        self.server = server
        self.connected = connected
        self.request = request
        self.body = server.body
        self._has_ended = False

    def end(self) -> None:
        """Count the answer as given."""
        if not self._has_ended:
            self._has_ended = True
            self.server.ended()

    def give(self) -> bool:
        path = self.request.path
        if path in self.server.files:
            return self.full(200, self.server.files[path])
        name = "on_" + path.strip("/").replace("-", "_")
        route = getattr(self, name, None)
        if route is None:
            return self.full(404, b"no such path")
        return bool(route())

    def number(self, name: str, default: int) -> int:
        return int(self.request.query.get(name, default))

    def wait(self, ms: float) -> bool:
        """Wait; false when the server stops meanwhile."""
        return not self.server.stopping.wait(ms / 1000)

    def head(self, code: int, *headers: str) -> None:
        lines = [f"HTTP/1.1 {code} Whatever", *headers, "", ""]
        self.connected.sendall("\r\n".join(lines).encode("utf-8"))

    def full(self, code: int, body: bytes, *headers: str) -> bool:
        lines = [f"HTTP/1.1 {code} Whatever", f"Content-Length: {len(body)}", *headers, "", ""]
        answer = "\r\n".join(lines).encode("utf-8") + body
        # Whoever has the last byte may ask again before this thread comes to run.
        self.connected.sendall(answer[:-1])
        self.end()
        self.connected.sendall(answer[-1:])
        return True

    # Time.

    def on_endless(self) -> bool:
        self.head(200, "Content-Type: image/jpeg")
        while not self.server.stopping.is_set():
            self.connected.sendall(bytes(65536))
        return False

    def on_tiny_chunks(self) -> bool:
        self.head(200, "Transfer-Encoding: chunked")
        while not self.server.stopping.is_set():
            self.connected.sendall(b"2\r\nab\r\n" * 5000)
        return False

    def on_drip(self) -> bool:
        self.head(200, f"Content-Length: {len(self.body)}")
        for byte in self.body:
            self.connected.sendall(bytes([byte]))
            if not self.wait(self.number("ms", 50)):
                break
        return False

    def on_drip_headers(self) -> bool:
        self.head_start()
        while self.wait(self.number("ms", 50)):
            self.connected.sendall(b"x")
        return False

    def head_start(self) -> None:
        self.connected.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")

    def on_continue_forever(self) -> bool:
        while self.wait(5):
            self.connected.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return False

    def on_silent(self) -> bool:
        self.server.stopping.wait()
        return False

    def on_slow(self) -> bool:
        return self.wait(self.number("ms", 300)) and self.full(200, self.body)

    def on_slow_body(self) -> bool:
        self.head(200, f"Content-Length: {len(self.body)}")
        if self.wait(self.number("ms", 300)):
            self.connected.sendall(self.body)
        return True

    # Bodies that are not what the headers say.

    def on_short(self) -> bool:
        self.head(200, f"Content-Length: {len(self.body)}")
        self.connected.sendall(self.body[: len(self.body) // 2])
        return False

    def on_cut_chunks(self) -> bool:
        self.head(200, "Transfer-Encoding: chunked")
        self.connected.sendall(b"%x\r\n%b\r\n" % (len(self.body), self.body))
        return False

    def on_cut_headers(self) -> bool:
        self.connected.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: image/jp")
        return False

    def on_too_long(self) -> bool:
        """Announces more than any limit, and would send it."""
        self.head(200, f"Content-Length: {self.number('bytes', 10**12)}")
        while not self.server.stopping.is_set():
            self.connected.sendall(bytes(65536))
        return False

    def on_too_short(self) -> bool:
        """Announces half of what it sends, and keeps the connection open."""
        self.head(200, f"Content-Length: {len(self.body) // 2}")
        self.connected.sendall(self.body)
        return True

    def on_smuggle(self) -> bool:
        """Sends an answer too many, which must not pass for that to the next request."""
        self.full(200, self.body)
        self.wait(20)
        return self.full(200, b"not what you asked for")

    def on_reset(self) -> bool:
        self.head(200, f"Content-Length: {len(self.body)}")
        self.connected.sendall(self.body[: len(self.body) // 2])
        self.wait(50)
        linger = struct.pack("ii", 1, 0)
        self.connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        return False

    def on_two_lengths(self) -> bool:
        self.head(200, "Content-Length: 10", "Content-Length: 20")
        self.connected.sendall(self.body[:20])
        return False

    def on_garbage(self) -> bool:
        self.connected.sendall(b"\x00\x01SSH-2.0 what are you talking about\r\n\r\n")
        return False

    def on_odd_headers(self) -> bool:
        self.head(200, "no colon here", "Transfer-Encoding: chunked", "Content-Length: 3")
        self.connected.sendall(b"3\r\nabc\r\n0\r\n\r\n")
        return False

    def on_huge_header(self) -> bool:
        self.head(200, "X-Long: " + "x" * 200_000, "Content-Length: 0")
        return False

    # Bodies that are no images, or come in another way.

    def on_html(self) -> bool:
        return self.full(200, b"<html><body>log in</body></html>", "Content-Type: text/html")

    def on_please_wait(self) -> bool:
        body = b'{"message": "Please wait a few minutes before you try again.", "status": "fail"}'
        return self.full(200, body, "Content-Type: application/json", "X-Robots-Tag: noindex")

    def on_page_later(self) -> bool:
        return self.full(200, b"<html>later</html>", "Retry-After: 7")

    def on_to_login(self) -> bool:
        return self.full(302, b"", "Location: /accounts/login/?next=%2Fp%2F1")

    def on_no_content(self) -> bool:
        self.head(204)
        return True

    def on_reset_content(self) -> bool:
        return self.full(205, b"")

    def on_empty(self) -> bool:
        return self.full(200, b"")

    def on_empty_until_close(self) -> bool:
        self.head(200, "Content-Type: image/jpeg")
        return False

    def on_until_close(self) -> bool:
        self.head(200, "Content-Type: image/jpeg")
        self.connected.sendall(self.body)
        return False

    def on_chunked(self) -> bool:
        self.head(200, "Transfer-Encoding: chunked")
        half = len(self.body) // 2
        for part in (self.body[:half], self.body[half:], b""):
            self.connected.sendall(b"%x\r\n%b\r\n" % (len(part), part))
        return True

    def on_close(self) -> bool:
        """A good answer that says it keeps the connection, and then does not."""
        self.full(200, self.body)
        return False

    def on_hang_up(self) -> bool:
        """A good answer to a connection's first request; reads a second one, and hangs up."""
        number = self.request.connection
        if sum(one.connection == number for one in self.server.requests) > 1:
            return False
        return self.full(200, self.body)

    def on_bomb(self) -> bool:
        return self.full(200, bomb(), "Content-Encoding: gzip")

    def on_gzip(self) -> bool:
        return self.full(200, gzip.compress(self.body), "Content-Encoding: gzip")

    def on_gzip_cut(self) -> bool:
        return self.full(200, gzip.compress(self.body)[:-20], "Content-Encoding: gzip")

    def on_gzip_members(self) -> bool:
        return self.full(200, gzip.compress(self.body) * 2, "Content-Encoding: gzip")

    def on_brotli(self) -> bool:
        return self.full(200, self.body, "Content-Encoding: br")

    # Statuses.

    def on_loop(self) -> bool:
        return self.full(302, b"", "Location: /loop")

    def on_hop(self) -> bool:
        left = self.number("n", 1)
        target = f"/hop?n={left - 1}" if left > 1 else "/until-close"
        code = (301, 302, 303, 307, 308)[left % 5]
        return self.full(code, b"", f"Location: {target}")

    def on_redirect(self) -> bool:
        return self.full(302, b"", f"Location: {self.request.query['to']}")

    def on_not_found(self) -> bool:
        return self.full(404, b"<html>not found</html>")

    def on_forbidden(self) -> bool:
        return self.full(403, b"")

    def on_status(self) -> bool:
        return self.full(self.number("code", 200), self.body)

    def on_throttled(self) -> bool:
        after = self.request.query.get("after")
        return self.full(429, b"", *([f"Retry-After: {after}"] if after else []))

    def on_flaky(self) -> bool:
        if self.server.count(self.request.path) <= self.number("fails", 1):
            return self.full(503, b"")
        return self.full(200, self.body)

    def on_turned_away(self) -> bool:
        query = self.request.query
        if sum(one.query == query for one in self.server.requests) > self.number("fails", 1):
            return self.full(200, self.body)
        return bool(getattr(self, f"on_{query['to'].replace('-', '_')}")())

    def on_robots(self) -> bool:
        self.head(200, *(f"X-Robots-Tag: {say}" for say in self.request.query["say"].split("|")),
                  f"Content-Length: {len(self.body)}")  # fmt: skip
        self.connected.sendall(self.body)
        return True

    def on_signed(self) -> bool:
        if int(self.request.query["oe"], 16) <= time.time():
            return self.full(403, b"URL signature expired")
        return self.full(200, self.body)


@functools.lru_cache(maxsize=1)
def bomb() -> bytes:
    """A valid gzip body of 400 KB that unpacks to `BOMB_BYTES` zeros, made in half a second.

    After a full flush the packer starts anew, so a packed piece may be repeated as it is.
    """
    piece = bytes(4 * 1024 * 1024)
    times = BOMB_BYTES // len(piece)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)
    end = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS).flush()
    check = 0
    for _ in range(times):
        check = zlib.crc32(piece, check)
    header = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    return header + packed * times + end + struct.pack("<II", check, BOMB_BYTES)


@contextlib.contextmanager
def silent_port(address: str = "127.0.0.1") -> Iterator[int]:
    """A port that takes connections and never says a word: a TLS handshake waits for ever."""
    with socket.create_server((address, 0), backlog=64) as listener:
        yield listener.getsockname()[1]


@contextlib.contextmanager
def unreachable_port(address: str = "127.0.0.1") -> Iterator[int]:
    """A port whose queue is full: who connects hears nothing, as behind a firewall that drops."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((address, 0), backlog=0))
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def certificate(folder: Path, *names: str) -> tuple[Path, Path]:
    """A new self-signed certificate for `DNS:…` and `IP:…` names, and its key, by OpenSSL."""
    public, private = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=test", "-addext",
         f"subjectAltName={','.join(names)}", "-keyout", private, "-out", public],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip
    return public, private


def _shut(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        socket.socket.shutdown(one, socket.SHUT_RDWR)
