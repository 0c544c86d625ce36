"""A thread that ends connections whose time is up: nothing else stops a server that drips."""

from __future__ import annotations

import os
import socket
import threading
import time
from dataclasses import dataclass

_NEVER = float("inf")


@dataclass(eq=False)
class Watch:
    """One connection under watch.

    Attributes:
        deadline: on `time.monotonic`'s clock.
        fired: whether the connection was ended at its deadline.
    """

    handle: socket.socket
    deadline: float
    fired: bool = False


class Watchdog:
    """Shuts sockets down at their deadline, which wakes whoever reads or writes there.

    A socket's timeout starts anew with every byte; a deadline checked between reads does not
    help while `http.client` reads header lines on its own. One thread serves all connections
    and sleeps until the earliest deadline.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._watches: set[Watch] = set()
        self._wakes_at = _NEVER
        self._thread: threading.Thread | None = None
        self._closed = False

    def watch(self, connected: socket.socket, deadline: float) -> Watch:
        """Watch a connection until `release`.

        The watch has a file descriptor of its own: whatever closes `connected` meanwhile, no
        other connection that got its number is hit.
        """
        handle = socket.socket(
            connected.family, socket.SOCK_STREAM, 0, fileno=os.dup(connected.fileno())
        )
        watch = Watch(handle, deadline)
        with self._changed:
            self._watches.add(watch)
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
                self._thread.start()
            elif deadline < self._wakes_at:
                self._changed.notify()
        return watch

    def release(self, watch: Watch) -> None:
        """Stop watching; the connection itself is left as it is."""
        with self._changed:
            self._watches.discard(watch)
            watch.handle.close()

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                for watch in [watch for watch in self._watches if watch.deadline <= now]:
                    self._end(watch)
                self._wakes_at = min((watch.deadline for watch in self._watches), default=_NEVER)
                self._changed.wait(None if self._wakes_at == _NEVER else self._wakes_at - now)

    def _end(self, watch: Watch) -> None:
        self._watches.discard(watch)
        watch.fired = True
        try:
            watch.handle.shutdown(socket.SHUT_RDWR)
        except OSError:  # the other side was faster
            pass
