"""How many pixels a process decodes at once: what bounds its memory, whatever its threads do."""

from __future__ import annotations

import contextlib
import ctypes
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

# glibc keeps what a thread has freed for that thread: eight that decode images of 9 million
# pixels one after the other hold 460 MB. With blocks from 8 MB on going back at once, and of the
# smaller ones all but 8 MB a thread, it is 170 MB. Images of 1080 a side are below that.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _KEPT_BYTES = -1, -3, 8_000_000


class PixelBudget:
    """Pixels to hand out to those who decode, in the order in which they ask.

    An image of more than all the pixels there are takes all of them: it is decoded alone. Nobody
    holds some and waits for more, so that no two can wait for each other.

    Args:
        most: pixels that are decoded at once.
        patience: seconds that one waits at most.
    """

    def __init__(self, most: int, *, patience: float = 60.0) -> None:
        self._most = most
        self._patience = patience
        self._taken = 0
        self._queue: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, pixels: int) -> Iterator[None]:
        """So many pixels for the time of the block.

        Raises:
            MemoryError: it would take longer than patience lasts.
        """
        share = min(pixels, self._most)
        turn = object()
        with self._changed:
            self._queue.append(turn)
            try:
                if not self._changed.wait_for(lambda: self._is_due(turn, share), self._patience):
                    raise MemoryError(f"no room to decode {pixels:,} pixels")
                self._taken += share
            finally:
                self._queue.remove(turn)
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._taken -= share
                self._changed.notify_all()

    def _is_due(self, turn: object, share: int) -> bool:
        # First come, first served: many small images keep no large one waiting for ever.
        return self._queue[0] is turn and self._taken + share <= self._most


_of_process: dict[int, PixelBudget] = {}
_lock = threading.Lock()


def of_process(most: int) -> PixelBudget:
    """The one budget of so many pixels that all threads of this process share."""
    with _lock:
        if not _of_process:
            _return_what_is_freed()
        return _of_process.setdefault(most, PixelBudget(most))


def _return_what_is_freed() -> None:
    """Have this process return large blocks that it frees, where its C library lets it."""
    with contextlib.suppress(OSError, AttributeError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        for option in (_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD):
            mallopt(option, _KEPT_BYTES)
