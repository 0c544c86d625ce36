"""What the outcome of a request says about its host."""

from __future__ import annotations

from typing import Protocol

from influencers.images import statuses
from influencers.images.budget.client import BudgetClient

# Outcomes of which the host knows nothing.
NEUTRAL = frozenset(
    {
        statuses.EXPIRED,
        statuses.BLOCKED_ADDRESS,
        statuses.BAD_URL,
        statuses.THROTTLED,
        statuses.HOST_UNAVAILABLE,
    }
)

# Failures that say that nobody answers. A 404 or a page that is no image is an answer.
FAILURES = statuses.RETRYABLE - NEUTRAL - statuses.SOFT_BLOCKS


class Fetched(Protocol):
    """What the scheduler needs to know of an answer."""

    @property
    def status(self) -> str: ...  # noqa: D102
    @property
    def retry_after(self) -> float | None: ...  # noqa: D102


def report(budget: BudgetClient, host: str, fetched: Fetched) -> None:
    """Report a request that began at `host`; redirects may have led it to another."""
    final = getattr(fetched, "final_host", "") or host
    if fetched.status in statuses.SOFT_BLOCKS:
        # Whoever sent us to a page is turning us away as much as whoever shows it.
        for one in sorted({host, final}):
            budget.report(one, blocked=1, pause=fetched.retry_after)
        return
    if final != host:
        budget.report(host, succeeded=1)  # it answered, by a redirect
    if fetched.status == statuses.THROTTLED:
        budget.report(final, throttled=1, pause=fetched.retry_after)
    elif fetched.status in FAILURES:
        budget.report(final, failed=1)
    elif fetched.status not in NEUTRAL:
        budget.report(final, succeeded=1)
