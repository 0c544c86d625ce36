"""When the crawls of a sample read which account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

import numpy as np

from influencers.config import GenerateConfig
from influencers.synthetic.accounts import CRAWL_TIME
from influencers.synthetic.streams import Floats, Integers

COLUMN = "crawled_at"
HOUR = 3_600
DAY = 24 * HOUR
_CRAWL_SECONDS = 600  # a crawl reads all accounts within them, one after another
_DAYS_BEFORE = 3  # how long before the first crawl posts become frequent


@dataclass(frozen=True)
class Schedule:
    """The crawls, numbered from 0, the earliest; the last one is at `accounts.CRAWL_TIME`."""

    crawls: int
    every: int
    accounts: int

    @classmethod
    def of(cls, options: GenerateConfig) -> Schedule:
        """The crawls that the options ask for."""
        count = min(options.accounts, options.posts)
        return cls(options.crawls, options.every_hours * HOUR, count)

    def start(self, crawl: int) -> int:
        """Unix seconds when a crawl starts."""
        return CRAWL_TIME - (self.crawls - 1 - crawl) * self.every

    def days_before_last(self, crawl: int) -> float:
        """Days from a crawl to the last one."""
        return (self.crawls - 1 - crawl) * self.every / DAY

    def delays(self, numbers: Integers) -> Integers:
        """Seconds from the start of any crawl until it reads each of these accounts."""
        return numbers * _CRAWL_SECONDS // self.accounts

    def before(self, moment: Floats, numbers: Integers) -> Integers:
        """The last crawl that reads the account before the moment, or at it; may be negative."""
        since = moment - self.start(0) - self.delays(numbers)
        return np.floor(since / self.every).astype(np.int64)

    def after(self, moment: Floats, numbers: Integers) -> Integers:
        """The first crawl that reads the account after the moment, or at it; may be too late."""
        since = moment - self.start(0) - self.delays(numbers)
        return np.ceil(since / self.every).astype(np.int64)


def frequent_since(options: GenerateConfig, start: Integers) -> Floats:
    """From when on accounts post often: shortly before the first crawl, but not for most of time.

    Args:
        options: how many crawls there are, and how far apart.
        start: when each account has started.
    """
    window = options.crawls * options.every_hours * HOUR + _DAYS_BEFORE * DAY
    return np.maximum(CRAWL_TIME - window, (start + CRAWL_TIME) / 2)


def written(moment: int) -> str:
    """A moment as the column `crawled_at` has it.

    >>> written(CRAWL_TIME)
    '2024-12-31T00:00:00Z'
    """
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def file_name(moment: int) -> str:
    """The name of the file of the crawl that starts then.

    >>> file_name(CRAWL_TIME)
    'posts-2024-12-31T00-00-00Z.csv'
    """
    return f"posts-{written(moment).replace(':', '-')}.csv"
