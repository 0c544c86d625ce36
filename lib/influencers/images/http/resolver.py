"""Names to addresses, in bounded time: `getaddrinfo` itself knows no timeout."""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from influencers.images import statuses
from influencers.images.failures import FetchFailure
from influencers.images.http.urls import Address

# As `socket.getaddrinfo(host, port, family, type)`.
Resolve = Callable[..., Sequence[tuple[Any, ...]]]

_MAX_NAMES = 4096
# The name does not exist, or has no address: these constants are not on every platform.
_NO_SUCH_NAME = {
    getattr(socket, name) for name in ("EAI_NONAME", "EAI_NODATA") if hasattr(socket, name)
}


@dataclass(eq=False)
class _Lookup:
    host: str
    began: float
    done: threading.Event = field(default_factory=threading.Event)
    waiting: int = 0
    expires: float = float("inf")
    addresses: tuple[Address, ...] = ()
    failure: tuple[str, bool] | None = None  # what happened, and whether it may pass


class Resolver:
    """Looks names up in a few threads of its own; one lookup per name at a time, then a cache.

    A lookup that hangs keeps its thread, as nothing can stop it, but no caller: each leaves when
    its time is up, and one that comes later does not wait for a lookup that is overdue.

    Args:
        resolve: asks the name service; as `socket.getaddrinfo`.
        threads: lookups under way at once.
        found_seconds: how long an answer is kept: short, as the service's own term is not known.
        unknown_seconds: how long it is remembered that a name does not exist.
        failed_seconds: how long a passing failure is.
    """

    def __init__(
        self,
        resolve: Resolve = socket.getaddrinfo,
        *,
        threads: int = 32,
        found_seconds: float = 60.0,
        unknown_seconds: float = 30.0,
        failed_seconds: float = 1.0,
    ) -> None:
        self._resolve = resolve
        self._max_threads = threads
        self._found_seconds = found_seconds
        self._unknown_seconds = unknown_seconds
        self._failed_seconds = failed_seconds
        self._lock = threading.Lock()
        self._names: dict[str, _Lookup] = {}
        self._queue: queue.SimpleQueue[_Lookup | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._unfinished = 0

    def addresses(self, host: str, seconds: float) -> tuple[Address, ...]:
        """The addresses of a name, in the order of preference; at least one.

        Raises:
            FetchFailure: dns_error; transient unless the name does not exist.
        """
        now = time.monotonic()
        with self._lock:
            lookup = self._current(host, now)
            overdue = not lookup.done.is_set() and now - lookup.began > seconds
            lookup.waiting += 1
        in_time = lookup.done.wait(0.0 if overdue else max(0.0, seconds))
        with self._lock:
            lookup.waiting -= 1
        if not in_time:
            raise FetchFailure(statuses.DNS_ERROR, f"{host}: no answer in {seconds:.1f} s")
        if lookup.failure is not None:
            detail, transient = lookup.failure
            raise FetchFailure(statuses.DNS_ERROR, f"{host}: {detail}", transient=transient)
        return lookup.addresses

    def close(self) -> None:
        """End the threads; one whose lookup hangs ends when that does."""
        with self._lock:
            threads, self._threads = self._threads, []
            self._names.clear()
        for _ in threads:
            self._queue.put(None)
        until = time.monotonic() + 0.2
        for thread in threads:
            thread.join(timeout=max(0.0, until - time.monotonic()))

    def _current(self, host: str, now: float) -> _Lookup:
        """The lookup under way or remembered, or a new one; the lock is held."""
        lookup = self._names.get(host)
        if lookup is not None and lookup.expires > now:
            return lookup
        if len(self._names) >= _MAX_NAMES:
            self._names = {
                name: known for name, known in self._names.items() if not known.done.is_set()
            }
        lookup = self._names[host] = _Lookup(host, now)
        self._unfinished += 1
        if self._unfinished > len(self._threads) < self._max_threads:
            thread = threading.Thread(target=self._work, name="resolver", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._queue.put(lookup)
        return lookup

    def _work(self) -> None:
        while (lookup := self._queue.get()) is not None:
            self._answer(lookup)
            with self._lock:
                self._unfinished -= 1
            lookup.done.set()

    def _answer(self, lookup: _Lookup) -> None:
        with self._lock:
            wanted = lookup.waiting > 0
        if not wanted:  # all have left while it was queued
            lookup.failure = ("not looked up: too many names at once", True)
            lookup.expires = 0.0
            return
        keep = self._failed_seconds
        try:
            rows = self._resolve(lookup.host, None, 0, socket.SOCK_STREAM)
            lookup.addresses = _addresses(rows)
            if lookup.addresses:
                keep = self._found_seconds
            else:
                lookup.failure, keep = ("no address", False), self._unknown_seconds
        except socket.gaierror as error:
            unknown = error.errno in _NO_SUCH_NAME
            lookup.failure = (f"{error}", not unknown)
            keep = self._unknown_seconds if unknown else self._failed_seconds
        except Exception as error:  # a thread that died would leave its callers waiting
            lookup.failure = (f"{type(error).__name__}: {error}", True)
        lookup.expires = time.monotonic() + keep


def _addresses(rows: Sequence[tuple[Any, ...]]) -> tuple[Address, ...]:
    """The distinct addresses of `getaddrinfo`'s rows, in their order."""
    internet = (socket.AF_INET, socket.AF_INET6)
    texts = dict.fromkeys(str(row[4][0]) for row in rows if row[0] in internet)
    return tuple(ipaddress.ip_address(text) for text in texts)
