"""Keeps the book of host budgets in the driver, for worker processes on any machine.

One thread, one selector, one connection per worker process. Clients say what they want, the server
pushes leases when they fall due: nobody polls. A connection that breaks gives back all its leases.
Messages: from clients `ask`, `cancel` [[host, n]], `release` [lease], `outcomes` [[host, succeeded,
failed, throttled, blocked, pause]]; to clients `grants` [[host, first lease, [seconds from now],
scarce]], `refusals` [[host, seconds]], `pace` (seconds between two messages of one client).
"""

from __future__ import annotations

import contextlib
import logging
import resource
import selectors
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType

from influencers.errors import UserError
from influencers.images.budget import protocol
from influencers.images.budget.book import Book, BudgetOptions

_log = logging.getLogger(__name__)

_SILENCE_SECONDS = 30.0  # a client beats every five
_GREETING_SECONDS = 5.0
_GREETING_BYTES = 1024
_STRANGERS = 1024  # connections that have not yet proved anything
_SWEEP_SECONDS = 5.0
_GATHER_SECONDS = 0.005  # at least, unless others wait: one message then serves several requests
_MOST_WANTED = 10_000  # in one message, of one host
_BACKLOG_BYTES = 4 << 20  # to a client that does not read
_MESSAGES_PER_SECOND = (
    3000  # that all clients together may send; the server manages several times that
)


class _Peer:
    """One connection."""

    def __init__(self, connection: socket.socket, now: float) -> None:
        self.connection = connection
        self.inbox = protocol.Inbox(_GREETING_BYTES)
        self.out = bytearray()
        self.reply: protocol.Message | None = None
        self.heard = now
        self.nonce = protocol.nonce()
        self.known = False
        self.writing = False
        self.gone = False


class BudgetServer:
    """Serves the budget while the `with` block runs.

    Attributes:
        address: host and port that it listens on; the port is chosen by the system if 0 was asked.
    """

    def __init__(
        self, options: BudgetOptions, secret: bytes, *, host: str = "127.0.0.1", port: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._secret = secret
        self._book = Book(options)
        self._clock = clock
        self._listener = _listen(host, port)
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        self._selector = selectors.DefaultSelector()
        self._wake_in, self._wake_out = socket.socketpair()
        self._peers: set[_Peer] = set()
        self._replying: set[_Peer] = set()
        self._clients = 0
        self._swept = clock()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="budget-server", daemon=True)

    def __enter__(self) -> BudgetServer:
        _allow_connections()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._wake_in, selectors.EVENT_READ)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._ending = True
        with contextlib.suppress(OSError):
            self._wake_out.send(b"!")
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._ending:
                self._turn()
        except Exception:
            _log.exception("the server of host budgets failed")
        finally:
            for peer in list(self._peers):
                peer.connection.close()
            for other in (self._listener, self._wake_in, self._wake_out):
                other.close()
            self._selector.close()

    def _turn(self) -> None:
        now = self._clock()
        timeout = min(max(self._book.next_wake() - now, 0.0), 1.0)
        events = self._selector.select(timeout)
        now = self._clock()
        for key, mask in events:
            if key.fileobj is self._listener:
                self._accept(now)
            elif isinstance(key.data, _Peer) and not key.data.gone:
                if mask & selectors.EVENT_WRITE:
                    self._flush(key.data)
                if mask & selectors.EVENT_READ:
                    self._read(key.data, now)
        self._settle(now)
        if now - self._swept > _SWEEP_SECONDS:
            self._swept = now
            self._sweep(now)

    def _accept(self, now: float) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            time.sleep(0.01)  # it went away again, or there are no descriptors left
            return
        if len(self._peers) - self._clients >= _STRANGERS:
            connection.close()
            return
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer = _Peer(connection, now)
        self._peers.add(peer)
        self._selector.register(connection, selectors.EVENT_READ, peer)
        self._send(peer, {"nonce": peer.nonce})

    def _read(self, peer: _Peer, now: float) -> None:
        try:
            data = peer.connection.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop(peer, now)
            return
        peer.heard = now
        try:
            for message in peer.inbox.feed(data):
                if peer.known:
                    self._note(peer, message, now)
                elif not peer.gone:
                    self._introduce(peer, message, now)
        except (protocol.WireError, TypeError, ValueError, OverflowError):
            self._drop(peer, now)

    def _introduce(self, peer: _Peer, message: protocol.Message, now: float) -> None:
        client_nonce = str(message.get("nonce"))
        if not protocol.proves(message, self._secret, "client", peer.nonce, client_nonce):
            self._send(peer, {"proof": None})
            self._drop(peer, now)
            return
        peer.known = True
        peer.inbox.max_bytes = protocol.MAX_BYTES
        self._clients += 1
        said = protocol.proof(self._secret, "server", peer.nonce, client_nonce)
        self._send(peer, {"proof": said, "pace": self._pace()})

    def _note(self, peer: _Peer, message: protocol.Message, now: float) -> None:
        # Outcomes before releases: a probe that comes back without a verdict was in vain.
        for host, succeeded, failed, throttled, blocked, pause in message.get("outcomes", ()):
            self._book.report(
                str(host), int(succeeded), int(failed), now, throttled=int(throttled),
                blocked=int(blocked), pause=None if pause is None else float(pause),
            )  # fmt: skip
        for host, count in message.get("cancel", ()):
            self._book.cancel(peer, str(host), int(count))
        self._book.release(peer, message.get("release", ()), now)
        for host, count in message.get("ask", ()):
            self._book.ask(peer, str(host), min(int(count), _MOST_WANTED), now)
        if not message:
            self._reply_to(peer)

    def _settle(self, now: float) -> None:
        grants, refusals = self._book.settle(now)
        for grant in grants:
            if isinstance(grant.client, _Peer):
                delays = [round(max(0.0, start - now), 4) for start in grant.starts]
                entry = [grant.host, grant.first, delays, int(grant.scarce)]
                self._reply_to(grant.client).setdefault("grants", []).append(entry)
        for refusal in refusals:
            if isinstance(refusal.client, _Peer):
                entry = [refusal.host, round(refusal.seconds, 3)]
                self._reply_to(refusal.client).setdefault("refusals", []).append(entry)
        replying, self._replying = self._replying, set()
        for peer in replying:
            reply, peer.reply = peer.reply, None
            if reply is not None and not peer.gone:
                self._send(peer, reply)

    def _reply_to(self, peer: _Peer) -> protocol.Message:
        if peer.reply is None:
            peer.reply = {"pace": self._pace()}
            self._replying.add(peer)
        return peer.reply

    def _pace(self) -> float:
        return round(max(_GATHER_SECONDS, self._clients / _MESSAGES_PER_SECOND), 4)

    def _send(self, peer: _Peer, message: protocol.Message) -> None:
        peer.out += protocol.frame(message)
        self._flush(peer)

    def _flush(self, peer: _Peer) -> None:
        try:
            sent = peer.connection.send(peer.out)
            del peer.out[:sent]
        except BlockingIOError:
            pass
        except OSError:
            peer.out.clear()  # reading will find the end
        if len(peer.out) > _BACKLOG_BYTES:
            self._drop(peer, self._clock())
            return
        writing = bool(peer.out)
        if writing != peer.writing:
            peer.writing = writing
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if writing else 0)
            self._selector.modify(peer.connection, wanted, peer)

    def _drop(self, peer: _Peer, now: float) -> None:
        if peer.gone:
            return
        peer.gone = True
        self._selector.unregister(peer.connection)
        peer.connection.close()
        self._peers.discard(peer)
        if peer.known:
            self._clients -= 1
            self._book.forget(peer, now)

    def _sweep(self, now: float) -> None:
        for peer in list(self._peers):
            allowed = _SILENCE_SECONDS if peer.known else _GREETING_SECONDS
            if now - peer.heard > allowed:
                self._drop(peer, now)
        self._book.sweep(now)


def _allow_connections() -> None:
    """Lift the limit on open files, often 1,024: each worker process takes one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _listen(host: str, port: int) -> socket.socket:
    listener: socket.socket | None = None
    with contextlib.ExitStack() as undo:
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
            listener = undo.enter_context(socket.socket(family, socket.SOCK_STREAM))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            listener.listen(1024)
            listener.setblocking(False)
        except OSError as error:
            raise UserError(
                f"cannot listen on {host}:{port} for host budgets: {error.strerror or error}; set "
                "images.budget_port to a free port (0: any) and spark.driver.bindAddress to an "
                "address of this machine"
            ) from None
        undo.pop_all()
    return listener
