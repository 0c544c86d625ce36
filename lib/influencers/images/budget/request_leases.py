"""Leases of the requests under way in one process: the first of a row, and those that follow it.

A lease is one request. Others follow the first where it is redirected, or where a kept connection
ended under it. A thread holds one lease at a time: it gives that of the request before back and
then waits for the next one's, so that no two threads can wait for each other.
"""

from __future__ import annotations

import threading
import time

from influencers.images.budget.client import BudgetClient
from influencers.images.budget.leases import HostUnavailable, Lease


class RequestLeases:
    """Who may start a request now.

    Args:
        client: the process's own.
        hop_seconds: that a further request waits for its host, the wait for its start included.
    """

    def __init__(self, client: BudgetClient, *, hop_seconds: float = 10.0) -> None:
        self.client = client
        self._hop_seconds = hop_seconds
        self._thread = threading.local()

    def begin(self, lease: Lease) -> None:
        """This thread is about to fetch a row with its lease."""
        self._thread.lease = lease
        self._thread.fresh = True

    def end(self) -> None:
        """The thread is done with the row: its lease is free."""
        lease: Lease | None = getattr(self._thread, "lease", None)
        self._thread.lease = None
        if lease is not None:
            self.client.release([lease])

    def before_request(self, host: str) -> None:
        """Say before every request, redirects and second ones too; returns when it may start.

        The first request of a row, to its own host, already has its lease.

        Raises:
            HostUnavailable: the host is down, or busy beyond the wait.
            UserError: the budget server is out of reach.
        """
        lease: Lease | None = getattr(self._thread, "lease", None)
        if lease is not None and lease.host == host and self._thread.fresh:
            self._thread.fresh = False
            return
        self.end()
        deadline = time.monotonic() + self._hop_seconds
        lease = self.client.lease(host, self._hop_seconds)
        if lease.start > deadline:
            self.client.release([lease])
            raise HostUnavailable(host, lease.start - time.monotonic())
        time.sleep(max(0.0, lease.start - time.monotonic()))
        self._thread.lease = lease
        self._thread.fresh = False
