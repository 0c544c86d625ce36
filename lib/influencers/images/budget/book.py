"""How often, and how many at once, the whole cluster may ask each host.

The book of one driver: clients (worker processes) say how many requests to a host they could make,
and are granted leases as the host's limits allow. A lease names the moment at which its request
may start, and occupies one of the host's connections until it is released. Clients that wait for
the same host are served in turn, one lease each, those first that hold the fewest of its
connections: one that has stalled keeps its share, and does not gather everybody's. Pure: every
call is told the time.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import NamedTuple

from influencers.images.budget.breaker import Breaker, BreakerOptions


@dataclass(frozen=True)
class HostLimits:
    """What one host is asked for at most, by the whole cluster; 0 is no limit.

    Attributes:
        rate: requests that start per second; they are spaced evenly, never in bursts.
        connections: requests under way at once.
    """

    rate: float = 0.0
    connections: int = 0


@dataclass(frozen=True)
class BudgetOptions:
    """What hosts bear, and how leases are handed out.

    Attributes:
        limits: of every host that `hosts` does not name.
        breaker: when a host gets no requests for a while.
        hosts: limits by host key, `name:port`, or by name alone for all its ports.
        lease_seconds: after which a lease is void: more than any request may take.
        horizon: seconds before its start that a lease is granted at the earliest.
        patience: seconds of a pause (429) that clients wait out; a longer one is refused.
    """

    limits: HostLimits
    breaker: BreakerOptions
    hosts: Mapping[str, HostLimits] = field(default_factory=dict)
    lease_seconds: float = 300.0
    horizon: float = 0.5
    patience: float = 30.0

    def of(self, host: str) -> HostLimits:
        """The limits of a host key."""
        name = host.rpartition(":")[0]
        return self.hosts.get(host) or self.hosts.get(name) or self.limits


class Grant(NamedTuple):
    """Leases for one client: numbers count up from `first`, one start each, the earliest first.

    `scarce` says that others wait for the connections: give them back at once.
    """

    client: Hashable
    host: str
    first: int
    starts: list[float]
    scarce: bool


class Refusal(NamedTuple):
    """All that the client still wanted of the host is dropped; it may ask again in `seconds`."""

    client: Hashable
    host: str
    seconds: float


class _Lease(NamedTuple):
    client: Hashable
    host: str
    expires: float
    probe: bool


class _Host:
    __slots__ = (
        "breaker", "demand", "held", "limits", "next_start", "out", "spacing", "used", "wake",
    )  # fmt: skip

    def __init__(self, limits: HostLimits, breaker: BreakerOptions) -> None:
        self.limits = limits
        self.spacing = 1.0 / limits.rate if limits.rate else 0.0
        self.next_start = -math.inf
        self.out = 0
        self.held: dict[Hashable, int] = {}  # connections by client
        self.demand: OrderedDict[Hashable, int] = OrderedDict()
        self.breaker = Breaker(breaker)
        self.used = -math.inf
        self.wake = math.inf

    def next_client(self) -> Hashable:
        """Whose turn it is, of those that want leases."""
        if not self.limits.connections:
            return next(iter(self.demand))
        fewest, chosen = math.inf, None
        for client in self.demand:
            held = self.held.get(client, 0)
            if held < fewest:
                fewest, chosen = held, client
            if not held:
                break  # soon: those that hold any are no more than there are connections
        return chosen


_IDLE_SECONDS = 30.0  # after which a host without a past is forgotten,
_GRUDGE_SECONDS = 3600.0  # and one that failed


class Book:
    """The leases of all hosts and clients."""

    def __init__(self, options: BudgetOptions) -> None:
        self._options = options
        self._hosts: OrderedDict[str, _Host] = OrderedDict()
        self._leases: OrderedDict[int, _Lease] = OrderedDict()
        self._of_client: dict[Hashable, set[int]] = {}
        self._wanted: dict[Hashable, set[str]] = {}
        self._touched: dict[str, None] = {}
        self._wakes: list[tuple[float, str]] = []
        self._next_lease = 1

    def ask(self, client: Hashable, host: str, wanted: int, now: float) -> None:
        """Want so many more leases; they come out of `settle`, now or later."""
        if wanted <= 0:
            return
        state = self._hosts.get(host)
        if state is None:
            state = self._hosts[host] = _Host(self._options.of(host), self._options.breaker)
        state.demand[client] = state.demand.get(client, 0) + wanted
        self._wanted.setdefault(client, set()).add(host)
        self._touch(host, state, now)

    def cancel(self, client: Hashable, host: str, unwanted: int) -> None:
        """Want so many fewer; what was granted meanwhile stays granted."""
        state = self._hosts.get(host)
        if state is not None and client in state.demand:
            left = state.demand[client] - max(0, unwanted)
            if left > 0:
                state.demand[client] = left
            else:
                self._satisfied(client, host, state)

    def release(self, client: Hashable, leases: Iterable[int], now: float) -> None:
        """Give back a client's leases; those that it does not hold are ignored."""
        held = self._of_client.get(client, set())
        for number in leases:
            if number in held:
                self._end(number, now)

    def report(
        self, host: str, succeeded: int, failed: int, now: float, *,
        throttled: int = 0, blocked: int = 0, pause: float | None = None,
    ) -> None:  # fmt: skip
        """Take note of how requests ended.

        Args:
            host: that was asked.
            succeeded: requests that it answered.
            failed: requests that nobody answered.
            now: the time.
            throttled: requests answered by 429.
            blocked: requests answered by a soft block.
            pause: the longest Retry-After of these two.
        """
        state = self._hosts.get(host)
        if state is None:
            if not (failed or throttled or blocked):
                return
            state = self._hosts[host] = _Host(self._options.of(host), self._options.breaker)
        state.breaker.report(succeeded, failed, now)
        if throttled:
            state.breaker.throttle(pause, now, answers=throttled)
        if blocked and not succeeded:  # whose order is not known
            state.breaker.soft_block(pause, now, answers=blocked)
        self._touch(host, state, now)

    def forget(self, client: Hashable, now: float) -> None:
        """The client is gone: its leases are free, its wants dropped."""
        for number in self._of_client.pop(client, set()).copy():
            self._end(number, now)
        for host in self._wanted.pop(client, set()):
            self._hosts[host].demand.pop(client, None)

    def settle(self, now: float) -> tuple[list[Grant], list[Refusal]]:
        """Everything that can be granted or must be refused now."""
        self._expire(now)
        while self._wakes and self._wakes[0][0] <= now:
            due, host = heappop(self._wakes)
            state = self._hosts.get(host)
            if state is not None and state.wake == due:
                state.wake = math.inf
                self._touched[host] = None
        grants: list[Grant] = []
        refusals: list[Refusal] = []
        for host in self._touched:
            state = self._hosts.get(host)
            if state is not None and state.demand:
                self._serve(host, state, now, grants, refusals)
        self._touched.clear()
        return grants, refusals

    def next_wake(self) -> float:
        """When `settle` should be called though nothing happens; infinite: never."""
        expires = next((lease.expires for lease in self._leases.values()), math.inf)
        return min(self._wakes[0][0] if self._wakes else math.inf, expires)

    def sweep(self, now: float) -> None:
        """Forget idle hosts, so that memory follows the hosts in use."""
        for name, host in list(self._hosts.items()):
            idle = now - host.used
            if idle < _IDLE_SECONDS:
                break  # the least recently used stand first
            if host.demand or host.out or host.next_start > now:
                continue
            if host.breaker.pristine(now) or idle > _GRUDGE_SECONDS:
                del self._hosts[name]

    def __len__(self) -> int:
        """How many hosts are remembered."""
        return len(self._hosts)

    def leased(self, host: str) -> int:
        """Connections to a host that are taken."""
        state = self._hosts.get(host)
        return state.out if state is not None else 0

    def _serve(
        self, name: str, host: _Host, now: float, grants: list[Grant], refusals: list[Refusal]
    ) -> None:
        shut = host.breaker.shut_for(now)
        paused = host.breaker.paused_until - now
        if shut > 0 or paused > self._options.patience:
            seconds = max(shut, paused)
            refusals += [Refusal(client, name, seconds) for client in host.demand]
            for client in list(host.demand):
                self._satisfied(client, name, host)
            return
        starts: dict[Hashable, list[float]] = {}
        probe = self._allot(name, host, now, starts)
        scarce = bool(host.demand) and host.out >= host.limits.connections > 0
        for client, times in starts.items():
            first = self._record(client, name, len(times), now, probe=probe)
            grants.append(Grant(client, name, first, times, scarce))

    def _allot(
        self, name: str, host: _Host, now: float, starts: dict[Hashable, list[float]]
    ) -> bool:
        """Hand out starts in turn until a limit is met; whether the one handed out is the probe."""
        connections, horizon, probe = host.limits.connections, self._options.horizon, False
        while host.demand and not probe and host.breaker.admits(now):
            if connections and host.out >= connections:
                break
            start = max(now, host.next_start, host.breaker.paused_until)
            if start > now + horizon:
                # Not as soon as one more start comes within reach: several at a time.
                self._wake(name, host, start - horizon / 2)
                break
            client = host.next_client()
            wanted = host.demand[client]
            if wanted > 1:
                host.demand[client] = wanted - 1
                host.demand.move_to_end(client)
            else:
                self._satisfied(client, name, host)
            starts.setdefault(client, []).append(start)
            host.out += 1
            host.held[client] = host.held.get(client, 0) + 1
            host.next_start = start + host.spacing
            probe = host.breaker.probe()
        return probe

    def _record(self, client: Hashable, host: str, count: int, now: float, *, probe: bool) -> int:
        first = self._next_lease
        self._next_lease += count
        held = self._of_client.setdefault(client, set())
        lease = _Lease(client, host, now + self._options.lease_seconds, probe)
        for number in range(first, self._next_lease):
            self._leases[number] = lease
            held.add(number)
        return first

    def _end(self, number: int, now: float) -> None:
        lease = self._leases.pop(number)
        held = self._of_client.get(lease.client)
        if held is not None:
            held.discard(number)
        host = self._hosts[lease.host]
        host.out -= 1
        host.held[lease.client] -= 1
        if not host.held[lease.client]:
            del host.held[lease.client]
        if lease.probe:
            host.breaker.probe_lost()
        self._touch(lease.host, host, now)

    def _expire(self, now: float) -> None:
        while self._leases:
            number, lease = next(iter(self._leases.items()))
            if lease.expires > now:
                return
            self._end(number, now)

    def _satisfied(self, client: Hashable, name: str, host: _Host) -> None:
        host.demand.pop(client, None)
        wanted = self._wanted.get(client)
        if wanted is not None:
            wanted.discard(name)

    def _touch(self, name: str, host: _Host, now: float) -> None:
        host.used = now
        self._hosts.move_to_end(name)
        self._touched[name] = None

    def _wake(self, name: str, host: _Host, when: float) -> None:
        if when < host.wake:
            host.wake = when
            heappush(self._wakes, (when, name))
