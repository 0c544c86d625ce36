"""What a budget client has to say, summed up until it is sent."""

from __future__ import annotations

from influencers.images.budget import protocol


class Outbox:
    """What the next message will say.

    Attributes:
        urgent: it should not wait for more to gather.
        soon: it should wait no longer than the server asks.
    """

    def __init__(self) -> None:
        self.ask: dict[str, int] = {}
        self.cancel: dict[str, int] = {}
        self.release: list[int] = []
        self.outcomes: dict[str, list[float | None]] = {}
        self.urgent = False
        self.soon = False

    def __bool__(self) -> bool:
        return bool(self.ask or self.cancel or self.release or self.outcomes)

    def add_outcomes(
        self, host: str, counts: tuple[int, int, int, int], pause: float | None
    ) -> None:
        """Add succeeded, failed, throttled and blocked requests; the longest pause stands."""
        sums = self.outcomes.setdefault(host, [0, 0, 0, 0, None])
        for at, count in enumerate(counts):
            sums[at] = (sums[at] or 0) + count
        if pause is not None:
            sums[4] = max(sums[4] or 0.0, pause)

    def message(self) -> protocol.Message:
        """All of it."""
        said: protocol.Message = {}
        if self.ask:
            said["ask"] = list(self.ask.items())
        if self.cancel:
            said["cancel"] = list(self.cancel.items())
        if self.release:
            said["release"] = self.release
        if self.outcomes:
            said["outcomes"] = [[host, *counts] for host, counts in self.outcomes.items()]
        return said
