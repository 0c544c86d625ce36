"""Connections to checked addresses, kept for the next request to the same host."""

from __future__ import annotations

import functools
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from urllib3 import HTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection

from influencers.images import statuses
from influencers.images.failures import FetchFailure, HostUnavailable, as_failure
from influencers.images.http.addresses import AllowedHosts, is_public
from influencers.images.http.resolver import Resolver
from influencers.images.http.urls import Address, Target
from influencers.images.http.watchdog import Watch, Watchdog

# Every flaw in a stranger's headers would be a line, or a traceback, in our log.
for _noisy in ("urllib3.connection", "urllib3.response"):
    logging.getLogger(_noisy).setLevel(logging.ERROR)

# An address that is tried leaves its share of the time to the ones after it.
_MAX_ADDRESSES = 4


class _Plain(HTTPConnection):
    dial: Callable[[], socket.socket]

    def _new_conn(self) -> socket.socket:
        return self.dial()


class _Encrypted(HTTPSConnection):
    dial: Callable[[], socket.socket]

    def _new_conn(self) -> socket.socket:
        return self.dial()


_Connection = _Plain | _Encrypted
_Key = tuple[str, str, int]


@dataclass(frozen=True)
class _Idle:
    key: _Key
    connection: _Connection
    since: float


class Connections:
    """Makes connections and keeps idle ones.

    The address is resolved, checked and connected to in one go, so that a name that changes
    its mind between check and connection gains nothing. Certificate, SNI and Host header are
    those of the name. Safe to use from several threads.

    Args:
        allowed: hosts whose addresses need not be public.
        detours: by `host:port`, the address and port to connect to, whatever the name says.
        resolver: names to addresses.
        watchdog: ends what lasts too long.
        connect_seconds: for name, connection and TLS together.
        read_seconds: between two bytes of an answer.
        context: makes the TLS context, when it is first needed.
        max_idle: connections that are kept; those not used for longest go first.
        idle_seconds: how long.
    """

    def __init__(
        self,
        allowed: AllowedHosts,
        detours: Mapping[str, tuple[Address, int]],
        resolver: Resolver,
        watchdog: Watchdog,
        *,
        connect_seconds: float,
        read_seconds: float,
        context: Callable[[], ssl.SSLContext],
        max_idle: int = 64,
        idle_seconds: float = 30.0,
    ) -> None:
        self._allowed = allowed
        self._detours = detours
        self._resolver = resolver
        self._watchdog = watchdog
        self._connect_seconds = connect_seconds
        self._read_seconds = read_seconds
        self._context = context
        self._max_idle = max_idle
        self._idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._idle: list[_Idle] = []
        self._closed = False

    @contextmanager
    def get(
        self,
        target: Target,
        headers: Mapping[str, str],
        deadline: float,
        before_second: Callable[[], float] | None = None,
    ) -> Iterator[HTTPResponse]:
        """The answer to a GET, its body not yet read; a body left unread ends the connection.

        Args:
            target: whom to ask.
            headers: of the request.
            deadline: monotonic seconds.
            before_second: called before the one further request that is sent when a kept
                connection ended under the first; gives the deadline of that one. It may raise
                `HostUnavailable`: then the first one's failure is what remains.

        Raises:
            FetchFailure: what any error of the socket, TLS or HTTP layers means, also when it
                comes up while the body is read inside the block.
        """
        connection, response, watch = self._ask(target, headers, deadline, before_second)
        sound = True
        try:
            yield response
        except Exception as error:
            # Our own verdict on an answer says nothing against the connection it came by.
            sound = isinstance(error, FetchFailure)
            raise _judged(error, watch) from error
        finally:
            self._watchdog.release(watch)
            finished = response.isclosed() and connection.sock is not None
            response.close()
            self._give_back(target, connection, sound and finished and not watch.fired)
        if watch.fired:
            raise FetchFailure(statuses.TIMEOUT, "deadline")

    def close(self) -> None:
        """Close what is idle, and from now on what comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for kept in idle:
            kept.connection.close()

    def _ask(
        self,
        target: Target,
        headers: Mapping[str, str],
        deadline: float,
        before_second: Callable[[], float] | None,
    ) -> tuple[_Connection, HTTPResponse, Watch]:
        kept = self._take(target)
        if kept is not None:
            try:
                return self._send(kept, target, headers, deadline)
            except FetchFailure as failure:
                # The server may have closed it while it was idle: that is no failed attempt. But
                # it may as well have read the request: the next one is a request of its own.
                if failure.status != statuses.RESET:
                    raise
                if before_second is not None:
                    deadline = _allowed_again(before_second, failure)
        return self._send(self._connect(target, deadline), target, headers, deadline)

    def _send(
        self, connection: _Connection, target: Target, headers: Mapping[str, str], deadline: float
    ) -> tuple[_Connection, HTTPResponse, Watch]:
        watch = None
        try:
            watch = self._watchdog.watch(connection.sock, deadline)
            connection.timeout = self._read_seconds
            connection.request(
                "GET", target.path, headers=headers, preload_content=False, decode_content=False
            )
            return connection, connection.getresponse(), watch
        except Exception as error:
            connection.close()
            failure = _judged(error, watch)
            if watch is not None:
                self._watchdog.release(watch)
            raise failure from error

    def _connect(self, target: Target, deadline: float) -> _Connection:
        until = min(deadline, time.monotonic() + self._connect_seconds)
        connection: _Connection
        if target.scheme == "https":
            connection = _Encrypted(target.host, target.port, ssl_context=self._context())
        else:
            connection = _Plain(target.host, target.port)
        connection.dial = functools.partial(self._dial, target, until)
        try:
            connection.connect()
        except Exception as error:
            connection.close()
            raise as_failure(error) from error
        return connection

    def _dial(self, target: Target, until: float) -> socket.socket:
        """A socket connected to a checked address of the target, its timeout what is left."""
        if target.host_key in self._detours:
            address, port = self._detours[target.host_key]
            addresses: tuple[Address, ...] = (address,)
        else:
            addresses, port = self._checked(target, until)[:_MAX_ADDRESSES], target.port
        failure = FetchFailure(statuses.TIMEOUT, "no time left to connect")
        for position, address in enumerate(addresses):
            left = until - time.monotonic()
            if left <= 0:
                break
            try:
                connection = _connected(address, port, left / (len(addresses) - position))
            except TimeoutError:
                failure = FetchFailure(statuses.TIMEOUT, f"connecting to {address}")
            except OSError as error:
                failure = FetchFailure(statuses.REFUSED, f"{address}: {error}")
            else:
                connection.settimeout(max(0.001, until - time.monotonic()))
                return connection
        raise failure

    def _checked(self, target: Target, until: float) -> tuple[Address, ...]:
        """The target's addresses; one that is not public condemns them all."""
        literal = target.address
        if literal is not None:
            addresses: tuple[Address, ...] = (literal,)
        else:
            addresses = self._resolver.addresses(target.host, until - time.monotonic())
        if target not in self._allowed:
            for address in addresses:
                if not is_public(address):
                    raise FetchFailure(
                        statuses.BLOCKED_ADDRESS, f"{target.host_key} leads to {address}"
                    )
        return addresses

    def _take(self, target: Target) -> _Connection | None:
        """An idle connection to the target that the server has not closed."""
        key = (target.scheme, target.host, target.port)
        while True:
            with self._lock:
                kept = next((kept for kept in reversed(self._idle) if kept.key == key), None)
                if kept is None:
                    return None
                self._idle.remove(kept)
            if time.monotonic() - kept.since < self._idle_seconds and _is_quiet(kept.connection):
                return kept.connection
            kept.connection.close()

    def _give_back(self, target: Target, connection: _Connection, reusable: bool) -> None:
        surplus: _Connection | None = connection
        if reusable:
            key = (target.scheme, target.host, target.port)
            with self._lock:
                if not self._closed:
                    self._idle.append(_Idle(key, connection, time.monotonic()))
                    full = len(self._idle) > self._max_idle
                    surplus = self._idle.pop(0).connection if full else None
        if surplus is not None:
            surplus.close()


def _allowed_again(before_second: Callable[[], float], failure: FetchFailure) -> float:
    try:
        return before_second()
    except HostUnavailable:
        raise failure from None


def _connected(address: Address, port: int, seconds: float) -> socket.socket:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.settimeout(seconds)
        made.connect((str(address), port))
    except BaseException:
        made.close()
        raise
    return made


def _is_quiet(connection: _Connection) -> bool:
    """Whether nothing came in since the last answer: neither its end nor bytes too many."""
    pending = getattr(connection.sock, "pending", None)
    return connection.is_connected and not (pending is not None and pending())


def _judged(error: Exception, watch: Watch | None) -> FetchFailure:
    """What an error means; after the deadline, whatever it looks like, a timeout."""
    if watch is not None and watch.fired:
        return FetchFailure(statuses.TIMEOUT, "deadline")
    return as_failure(error)
