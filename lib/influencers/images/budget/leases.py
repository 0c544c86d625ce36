"""The right to start one request, and who waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from influencers.errors import UserError
from influencers.images import failures


class Lease(NamedTuple):
    """The right to start one request to a host at `start` (monotonic) and to be under way.

    `scarce`: others wait for the connection. `generation`: of the client's connection.
    """

    number: int
    host: str
    start: float
    scarce: bool
    generation: int


class HostUnavailable(failures.HostUnavailable):
    """The host is not to be asked for `seconds`: its breaker is open, or it is busy."""

    def __init__(self, host: str, seconds: float) -> None:
        super().__init__(f"{host} is not to be asked for {seconds:.1f} s")
        self.host = host
        self.seconds = seconds


class Waiter(Protocol):
    """Who wanted leases; called from the client's thread, and must return at once."""

    def granted(self, host: str, leases: list[Lease]) -> None: ...  # noqa: D102
    def refused(self, host: str, seconds: float) -> None: ...  # noqa: D102
    def failed(self, error: UserError) -> None: ...  # noqa: D102


class SingleLease:
    """Waits for one lease, for a thread that has nothing else to do.

    Args:
        release: gives leases back that nobody waits for any more.
    """

    def __init__(self, release: Callable[[Iterable[Lease]], None]) -> None:
        self.decided = threading.Event()
        self.seconds: float | None = None
        self.error: UserError | None = None
        self._release = release
        self._lock = threading.Lock()
        self._lease: Lease | None = None
        self._left = False

    def granted(self, host: str, leases: list[Lease]) -> None:
        """The lease came."""
        with self._lock:
            if not self._left:
                self._lease, leases = leases[0], leases[1:]
        self.decided.set()
        self._release(leases)

    def refused(self, host: str, seconds: float) -> None:
        """None will come for now."""
        self.seconds = seconds
        self.decided.set()

    def failed(self, error: UserError) -> None:
        """None will ever come."""
        self.error = error
        self.decided.set()

    def leave(self) -> Lease | None:
        """The lease, if it came; one that comes now is given back."""
        with self._lock:
            self._left = True
            return self._lease
