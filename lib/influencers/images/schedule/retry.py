"""When to ask for an image again: at once, within this run, in a later one, or never."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from influencers.images import statuses
from influencers.images.http.client import Fetched

_DAY = 86_400.0


@dataclass(frozen=True)
class RetryPolicy:
    """How patient a run is, and how patient all runs are together.

    Attributes:
        max_attempts: of one image in one run.
        retry_after_seconds: from the first attempt in all to the next run's; doubled
            by every attempt.
        max_attempts_total: of one image at one address, over all runs; then its status stays,
            and a soft block is asked again once in `later_cap_seconds`.
        base_seconds: the wait after the first attempt, before jitter.
        factor: by which each further wait grows.
        cap_seconds: the longest wait within a run.
        jitter: the share of a wait that may be cut off, so that images do not come in step.
        retry_after_cap_seconds: the longest Retry-After that a run waits for.
        later_cap_seconds: the longest time between runs, also when Retry-After asks for more.
    """

    max_attempts: int
    retry_after_seconds: float
    max_attempts_total: int
    base_seconds: float = 0.5
    factor: float = 2.0
    cap_seconds: float = 30.0
    jitter: float = 0.5
    retry_after_cap_seconds: float = 30.0
    later_cap_seconds: float = _DAY


@dataclass(frozen=True)
class Done:
    """The status stays."""


@dataclass(frozen=True)
class Again:
    """Ask again in this run, after so many seconds."""

    after_seconds: float


@dataclass(frozen=True)
class Later:
    """Ask again in a run that starts after this Unix second."""

    next_attempt_at: float


def next_step(
    fetched: Fetched,
    attempt_in_run: int,
    attempts_total: int,
    now: float,
    policy: RetryPolicy,
    key: str,
) -> Done | Again | Later:
    """What follows an attempt.

    A name that does not exist, and a host that was not asked, are left to a later run: seconds
    heal neither.

    Args:
        attempt_in_run: 1 for the first; the attempt that gave `fetched`.
        attempts_total: likewise over all runs, at this address.
        now: Unix seconds.
        key: of the image: its waits are its own, and the same whenever they are computed.
    """
    if fetched.status not in statuses.RETRYABLE:
        return Done()
    if fetched.status == statuses.HOST_UNAVAILABLE:  # no attempt, so none is used up
        return Later(now + policy.retry_after_seconds)
    if attempts_total >= policy.max_attempts_total:
        # A soft block says nothing about the image, so nobody knows that there is none.
        is_final = fetched.status not in statuses.SOFT_BLOCKS
        return Done() if is_final else Later(now + policy.later_cap_seconds)
    asked = fetched.retry_after or 0.0
    if asked > policy.retry_after_cap_seconds:
        return Later(now + min(asked, policy.later_cap_seconds))
    if fetched.transient and attempt_in_run < policy.max_attempts:
        return Again(max(asked, wait_seconds(attempt_in_run, policy, key)))
    return Later(now + max(asked, _later_seconds(attempts_total, policy)))


def wait_seconds(attempt: int, policy: RetryPolicy, key: str) -> float:
    """The wait after the attempt of that number (from 1), with the image's own jitter.

    >>> policy = RetryPolicy(
    ...     max_attempts=3, retry_after_seconds=900.0, max_attempts_total=8, jitter=0.0
    ... )
    >>> [wait_seconds(attempt, policy, "a") for attempt in (1, 2, 3, 99)]
    [0.5, 1.0, 2.0, 30.0]
    """
    full = _grown(policy.base_seconds, policy.factor, attempt - 1, policy.cap_seconds)
    cut = zlib.crc32(f"{key}/{attempt}".encode()) / 2**32
    return full * (1.0 - policy.jitter * cut)


def _later_seconds(attempts_total: int, policy: RetryPolicy) -> float:
    return _grown(policy.retry_after_seconds, 2.0, attempts_total - 1, policy.later_cap_seconds)


def _grown(base: float, factor: float, times: int, cap: float) -> float:
    """`base` multiplied `times` times, as far as `cap`; no power is too large for it."""
    grown = base
    for _ in range(times):
        if grown >= cap or factor <= 1.0:
            break
        grown *= factor
    return min(grown, cap)
