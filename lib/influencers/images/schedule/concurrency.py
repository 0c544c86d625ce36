"""How many requests one task may have under way, where a slow one holds up no other."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

# With so many results waiting for each thread, one thread fewer is enough; never fewer than two.
_UNREAD_A_THREAD, _FEWEST = 4, 2
# Far ahead of the consumer, a thread is woken for so many requests at once: waking one and taking
# turns with it costs a third of what a request does.
_WORTH_WAKING = 16


@dataclass(frozen=True)
class FetchingOptions:
    """How much one task does at once.

    Attributes:
        threads: requests under way, not counting stragglers.
        stragglers: further requests under way, that have taken `straggler_seconds` already.
        window: rows (text) read ahead, to find other hosts behind a slow one's rows.
        results: not yet taken by the consumer and under way together; with what the caller keeps
            of each they bound the memory.
        late_seconds: a lease not used so long after its start is given back: used together
            with others it would make a burst.
    """

    threads: int
    stragglers: int = 48
    straggler_seconds: float = 2.0
    window: int = 4096
    results: int = 128
    late_seconds: float = 0.25


class Crew:
    """The requests under way: for its first seconds each takes one of the threads' places."""

    def __init__(self, options: FetchingOptions) -> None:
        self._options = options
        self._running: set[int] = set()
        self._started: deque[tuple[float, int]] = deque()  # by time; ended ones leave when first
        self._number = 0
        self.quick = 0  # under way and no stragglers

    def __len__(self) -> int:
        """How many are under way."""
        return len(self._running)

    def start(self, now: float) -> int:
        """One more; its number."""
        self._number += 1
        self._running.add(self._number)
        self._started.append((now, self._number))
        self.quick += 1
        return self._number

    def end(self, number: int) -> None:
        """One fewer."""
        self._running.discard(number)
        if self._started and number >= self._started[0][1]:
            self.quick -= 1  # it did not become a straggler
        while self._started and self._started[0][1] not in self._running:
            self._started.popleft()

    def age(self, now: float) -> None:
        """Who has taken long makes room for another."""
        while self._started and self._started[0][0] <= now - self._options.straggler_seconds:
            _, number = self._started.popleft()
            self.quick -= number in self._running

    def next_age(self) -> float:
        """When `age` will change something; infinite: never."""
        return self._started[0][0] + self._options.straggler_seconds if self._started else math.inf

    def may_start(self, unread: int) -> bool:
        """Whether there is room for one more request, with so many results not taken."""
        options, running = self._options, len(self._running)
        return (
            self.quick < self._wanted(unread)
            and running < options.threads + options.stragglers
            and running + unread < options.results
        )

    def room(self, unread: int) -> int:
        """How many requests could start soon: half as many again as should be under way."""
        wanted = self._wanted(unread)
        threads = wanted + wanted // 2 - self.quick
        return min(threads, self._options.results - unread - len(self._running))

    def is_worth_waking(self, unread: int) -> bool:
        """Whether a thread should look for work now that the consumer has left so many results."""
        ahead = self._wanted(unread) == _FEWEST
        step = min(_WORTH_WAKING if ahead else _UNREAD_A_THREAD, self._options.results // 8)
        return unread % max(1, step) == 0

    def is_idle(self, unread: int) -> bool:
        """Whether threads have nothing to do, and the consumer soon has not either."""
        return unread < _UNREAD_A_THREAD and 2 * self.quick < self._options.threads

    def _wanted(self, unread: int) -> int:
        """Requests to have under way: fewer, the farther they are ahead of the consumer.

        The more threads are at work, the more often they take the interpreter from each other and
        from the one that consumes.
        """
        return max(_FEWEST, self._options.threads - unread // _UNREAD_A_THREAD)
