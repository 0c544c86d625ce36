"""When a host is left alone: it is down, or it asked to be asked less often.

A circuit breaker (Nygard, Release It!, 2007) as a state machine without a clock: every call is told
the time, in seconds of any clock that never goes back.

    closed ──► open        a run of failures without one success between them
    open ──► half open     the cool-down is over: one request, the probe, may try
    half open ──► closed   any request succeeded
    half open ──► open     the probe failed: the cool-down doubles

Beside it stands the pause that a host demands by 429, or by soft blocks one after the other:
requests wait, no failure is counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

CLOSED = "closed"
OPEN = "open"
HALF_OPEN = "half_open"


@dataclass(frozen=True)
class BreakerOptions:
    """When breakers open, and for how long.

    Attributes:
        failures: in a row, over the whole cluster, that open the breaker; 0: never.
        seconds: that the run must have lasted: a hundred requests under way share one hiccup.
        cool_down: seconds until the first probe; doubles with each probe that fails.
        longest: seconds that neither a cool-down nor a pause exceeds.
        pause: seconds after a 429 that names none; doubles with each pause that did not help.
        throttles: 429s without a success between them after which what they demand is for the whole
            host. Before, it is for the image that was asked for: the host rests for `pause`.
        soft_blocks: pages, messages and the like in place of images without a success between
            them, from which on each counts as a 429: a few addresses of pages among those of
            images slow nothing down.
    """

    failures: int
    seconds: float = 2.0
    cool_down: float = 30.0
    longest: float = 900.0
    pause: float = 2.0
    throttles: int = 3
    soft_blocks: int = 3


class Breaker:
    """The state of one host."""

    __slots__ = (
        "_cool_downs", "_options", "_pauses", "_run", "_run_since", "_soft_blocks", "_throttled",
        "_until",
        "paused_until", "probing", "state",
    )  # fmt: skip

    def __init__(self, options: BreakerOptions) -> None:
        self._options = options
        self.state = CLOSED
        self.probing = False  # the one request of half open is under way
        self.paused_until = -math.inf
        self._until = -math.inf
        self._run = 0
        self._run_since = 0.0
        self._cool_downs = 0
        self._pauses = 0
        self._throttled = 0
        self._soft_blocks = 0

    def report(self, succeeded: int, failed: int, now: float) -> None:
        """Take note of finished requests, whose order among themselves is not known."""
        self._advance(now)
        if succeeded:
            # Also while open: a request from before got its answer, so somebody is there.
            self.state, self.probing = CLOSED, False
            self._run = self._cool_downs = self._pauses = self._throttled = self._soft_blocks = 0
            return
        if not failed:
            return
        if self.state == HALF_OPEN:
            self._open(now)
        elif self.state == CLOSED and self._options.failures:
            if not self._run:
                self._run_since = now
            self._run += failed
            lasted = now - self._run_since
            if self._run >= self._options.failures and lasted >= self._options.seconds:
                self._open(now)

    def throttle(self, seconds: float | None, now: float, *, answers: int = 1) -> None:
        """Pause a host that answered 429, for as long as it says or a growing time of our own.

        Args:
            seconds: the longest Retry-After; None where there was none.
            now: the time.
            answers: how many 429s.
        """
        self._throttled += answers
        if seconds is not None and self._throttled < self._options.throttles:
            seconds = min(seconds, self._options.pause)
        if seconds is None:
            if now < self.paused_until:
                return  # requests that were under way when the pause began
            seconds = self._options.pause * 2.0 ** min(self._pauses, 30)
            self._pauses += 1
        pause = min(max(seconds, 0.0), self._options.longest)
        self.paused_until = max(self.paused_until, now + pause)
        self.probing = False

    def soft_block(self, seconds: float | None, now: float, *, answers: int = 1) -> None:
        """Take note of answers that brought no image and did not say why; as `throttle`."""
        self._soft_blocks += answers
        if self._soft_blocks >= self._options.soft_blocks:
            self.throttle(seconds, now, answers=answers)

    def shut_for(self, now: float) -> float:
        """Seconds until a request may try again; 0 unless open."""
        self._advance(now)
        return self._until - now if self.state == OPEN else 0.0

    def admits(self, now: float) -> bool:
        """Whether one more request may be allowed now; say `probe` when it is."""
        self._advance(now)
        return self.state == CLOSED or (self.state == HALF_OPEN and not self.probing)

    def probe(self) -> bool:
        """Whether the request just allowed is the probe; remembers that it is under way."""
        self.probing = self.state == HALF_OPEN
        return self.probing

    def probe_lost(self) -> None:
        """The probe came back without a verdict, or never will: another may try."""
        self.probing = False

    def pristine(self, now: float) -> bool:
        """Whether a new breaker would behave the same from now on."""
        return (
            self.state == CLOSED
            and not (self._run or self._pauses or self._throttled or self._soft_blocks)
            and now > self.paused_until
        )

    def _advance(self, now: float) -> None:
        if self.state == OPEN and now >= self._until:
            self.state, self.probing = HALF_OPEN, False

    def _open(self, now: float) -> None:
        options = self._options
        seconds = min(options.cool_down * 2.0 ** min(self._cool_downs, 30), options.longest)
        self._cool_downs += 1
        self.state, self.probing = OPEN, False
        self._until = now + seconds
        self._run = 0
