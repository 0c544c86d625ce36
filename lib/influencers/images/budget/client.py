"""Leases from the driver's budget server, for all threads of one worker process.

One connection and one thread of its own. What the process wants, gives back and has seen is
gathered for a moment and sent as one message; leases arrive whenever the server grants them.
"""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Iterable

from influencers.errors import UserError
from influencers.images.budget import protocol
from influencers.images.budget.leases import HostUnavailable, Lease, SingleLease, Waiter
from influencers.images.budget.outbox import Outbox

_BEAT_SECONDS = 5.0
_SILENCE_SECONDS = 15.0
_CONNECT_SECONDS = 5.0
_RETRY_SECONDS = 0.5
# What nobody waits for travels together: a message costs as much as a tenth of an image.
_GATHER_SECONDS = 0.04


class BudgetClient:
    """The budget as one process sees it.

    Args:
        address: host and port of the server in the driver.
        secret: shared with the server.
        patience: seconds without a connection after which everything fails, by name.
    """

    def __init__(self, address: tuple[str, int], secret: bytes, *, patience: float = 60.0) -> None:
        self._address = address
        self._secret = secret
        self._patience = patience
        self._lock = threading.Lock()
        self._wanted: dict[str, deque[tuple[Waiter, int]]] = {}
        self._out = Outbox()
        self._generation = 0
        self._connected = False
        self._error: UserError | None = None
        self._pace = 0.0
        self._sent = 0.0
        self._closed = threading.Event()
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._woken = False
        self._looks = False  # the thread will look at what is to be said without being woken
        self._thread = threading.Thread(target=self._run, name="budget-client", daemon=True)
        self._thread.start()

    def ask(
        self, host: str, count: int, waiter: Waiter, *, first: bool = False, soon: bool = False
    ) -> None:
        """Want leases.

        Args:
            host: of the requests.
            count: of leases.
            waiter: who gets them.
            first: before everything else that this process wants of the host.
            soon: somebody has nothing to do until they come.

        Raises:
            UserError: the server has been out of reach for too long.
        """
        with self._lock:
            if self._error is not None:
                raise self._error
            queue = self._wanted.setdefault(host, deque())
            if first:
                queue.appendleft((waiter, count))
                self._out.urgent = True
            elif queue and queue[-1][0] is waiter:
                queue[-1] = (waiter, queue[-1][1] + count)
            else:
                queue.append((waiter, count))
            self._out.ask[host] = self._out.ask.get(host, 0) + count
            self._out.soon |= soon
            self._nudge()

    def cancel(self, waiter: Waiter) -> None:
        """Want nothing more; leases already on their way are given back when they arrive."""
        with self._lock:
            for host, queue in list(self._wanted.items()):
                unwanted = sum(count for wanting, count in queue if wanting is waiter)
                if unwanted:
                    self._out.cancel[host] = self._out.cancel.get(host, 0) + unwanted
                    kept = deque(entry for entry in queue if entry[0] is not waiter)
                    self._keep(host, kept)
            self._nudge()

    def release(self, leases: Iterable[Lease]) -> None:
        """Give connections back."""
        with self._lock:
            for lease in leases:
                if lease.generation == self._generation and self._connected:
                    self._out.release.append(lease.number)
                    self._out.urgent |= lease.scarce
            self._nudge()

    def report(
        self, host: str, *, succeeded: int = 0, failed: int = 0, throttled: int = 0,
        blocked: int = 0, pause: float | None = None,
    ) -> None:  # fmt: skip
        """Tell how requests ended; travels with the next message."""
        with self._lock:
            self._out.add_outcomes(host, (succeeded, failed, throttled, blocked), pause)
            self._out.urgent |= bool(throttled or blocked)
            self._nudge()

    @property
    def broken(self) -> bool:
        """Whether it has given up on the server."""
        return self._error is not None

    def holds(self, lease: Lease) -> bool:
        """Whether the server still knows of a lease: a broken connection ends them all."""
        return self._connected and lease.generation == self._generation

    def lease(self, host: str, seconds: float) -> Lease:
        """Wait for one lease, at most so many seconds; the caller still waits for its start.

        Raises:
            HostUnavailable: the host is refused, or none came in time.
            UserError: the server has been out of reach for too long.
        """
        waiter = SingleLease(self.release)
        self.ask(host, 1, waiter, first=True)
        waiter.decided.wait(seconds)
        self.cancel(waiter)
        lease = waiter.leave()
        if lease is not None:
            return lease
        if waiter.error is not None:
            raise waiter.error
        raise HostUnavailable(host, waiter.seconds if waiter.seconds is not None else seconds)

    def close(self) -> None:
        """Say what is left to say, and hang up."""
        self._closed.set()
        with self._lock:
            self._nudge()
        self._thread.join()
        self._wake_in.close()
        self._wake_out.close()

    def _nudge(self) -> None:
        hurries = self._out.urgent or self._out.soon
        if self._looks and not hurries and not self._closed.is_set():
            return
        if not self._woken and not (self._closed.is_set() and not self._thread.is_alive()):
            self._woken = True
            self._wake_out.send(b"!")

    def _keep(self, host: str, queue: deque[tuple[Waiter, int]]) -> None:
        if queue:
            self._wanted[host] = queue
        else:
            self._wanted.pop(host, None)

    def _run(self) -> None:
        lost_at = time.monotonic()
        while not self._closed.is_set():
            try:
                with socket.create_connection(self._address, timeout=_CONNECT_SECONDS) as server:
                    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    welcome = protocol.greet(server, self._secret)
                    self._begin(welcome)
                    try:
                        self._converse(server)
                    finally:
                        lost_at = time.monotonic()
            except protocol.SecretError:
                self._fail("does not share this run's secret: another run listens there")
                return
            except (OSError, protocol.WireError) as error:
                self._connected = False
                if time.monotonic() - lost_at > self._patience:
                    self._fail(f"has been out of reach for {self._patience:g} s ({error})")
                    return
                self._closed.wait(_RETRY_SECONDS)
            except Exception as error:
                # Whoever waits must hear of it: nothing may hang, or go on without a budget.
                self._fail(f"was answered with {type(error).__name__}: {error}")
                raise

    def _begin(self, welcome: protocol.Message) -> None:
        """A new connection knows nothing of the old: say again what is wanted."""
        with self._lock:
            self._generation += 1
            self._connected = True
            self._pace = float(welcome.get("pace", 0.0))
            self._out.cancel.clear()
            self._out.release.clear()
            self._out.ask = {
                host: sum(count for _, count in queue) for host, queue in self._wanted.items()
            }

    def _converse(self, server: socket.socket) -> None:
        inbox = protocol.Inbox()
        heard = time.monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(server, selectors.EVENT_READ)
            selector.register(self._wake_in, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select(self._say(server)):
                    if key.fileobj is self._wake_in:
                        self._awake()
                        continue
                    data = server.recv(1 << 16)
                    if not data:
                        raise protocol.WireError("the server hung up")
                    heard = time.monotonic()
                    for message in inbox.feed(data):
                        self._hear(message, heard)
                if self._closed.is_set():
                    self._say(server, now_or_never=True)
                    return
                if time.monotonic() - heard > _SILENCE_SECONDS:
                    raise protocol.WireError("no answer")

    def _awake(self) -> None:
        with self._lock:
            self._wake_in.recv(16)
            self._woken = False

    def _say(self, server: socket.socket, *, now_or_never: bool = False) -> float:
        """Send what is due; seconds until something may be due again."""
        now = time.monotonic()
        with self._lock:
            self._looks = False
            pace = self._pace if self._out.soon else max(self._pace, _GATHER_SECONDS)
            wait = self._sent + pace - now
            if self._out and (self._out.urgent or wait <= 0 or now_or_never):
                out, self._out = self._out, Outbox()
                said = protocol.frame(out.message())
            elif now - self._sent >= _BEAT_SECONDS:
                said = protocol.frame({})
            elif self._out:
                self._looks = True
                return wait
            else:
                return self._sent + _BEAT_SECONDS - now
            self._sent = now
        server.sendall(said)
        return _BEAT_SECONDS

    def _hear(self, message: protocol.Message, now: float) -> None:
        self._pace = float(message.get("pace", self._pace))
        for host, first, delays, scarce in message.get("grants", ()):
            leases = [
                Lease(first + at, host, now + delay, bool(scarce), self._generation)
                for at, delay in enumerate(delays)
            ]
            self._hand_out(host, leases)
        for host, seconds in message.get("refusals", ()):
            with self._lock:
                queue = self._wanted.pop(host, ())
                self._out.ask.pop(host, None)
            for waiter in {id(waiter): waiter for waiter, _ in queue}.values():
                waiter.refused(host, seconds)

    def _hand_out(self, host: str, leases: list[Lease]) -> None:
        shares: list[tuple[Waiter, list[Lease]]] = []
        with self._lock:
            queue = self._wanted.get(host, deque())
            while queue and leases:
                waiter, count = queue.popleft()
                share, leases = leases[:count], leases[count:]
                shares.append((waiter, share))
                if len(share) < count:
                    queue.appendleft((waiter, count - len(share)))
            self._keep(host, queue)
        if leases:
            self.release(leases)  # wanted when they were granted
        for waiter, share in shares:
            waiter.granted(host, share)

    def _fail(self, why: str) -> None:
        host, port = self._address
        error = UserError(
            f"the server of host budgets at {host}:{port}, in the driver, {why}: workers must be "
            "able to connect to it; check images.budget_port, spark.driver.host and firewalls"
        )
        with self._lock:
            self._error = error
            self._connected = False
            waiters = {id(waiter): waiter for queue in self._wanted.values() for waiter, _ in queue}
            self._wanted.clear()
        for waiter in waiters.values():
            waiter.failed(error)
