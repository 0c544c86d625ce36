"""What crawls of a sample do not show: accounts that some of them miss, and deleted posts."""

from __future__ import annotations

import numpy as np

from influencers.synthetic.accounts import CRAWL_TIME
from influencers.synthetic.crawl_times import Schedule
from influencers.synthetic.streams import Flags, Floats, Integers, uniforms

_PATCHY_SHARE = 0.08  # of accounts
_MISSED_SHARE = 0.20  # of the crawls of such an account
_DELETED_SHARE = 0.015  # of posts; some are gone before a crawl has seen them


def missed(seed: int, schedule: Schedule, crawl: int, numbers: Integers, needed: Flags) -> Flags:
    """Whether a crawl misses each of these accounts; the last crawl has all of them.

    Args:
        seed: of the sample.
        schedule: the crawls.
        crawl: which of them.
        numbers: the accounts.
        needed: those that this crawl must not miss.
    """
    to_last = schedule.crawls - 1 - crawl
    if to_last == 0:
        return np.zeros(len(numbers), dtype=np.bool_)
    patchy = uniforms(numbers, seed, "patchy") < _PATCHY_SHARE
    return patchy & (uniforms(numbers, seed, "missed", to_last) < _MISSED_SHARE) & ~needed


def gone_at(seed: int, schedule: Schedule, numbers: Integers, created_at: Integers) -> Floats:
    """When each of these posts is deleted, in Unix seconds; infinity for most."""
    since = np.maximum(created_at, schedule.start(0))
    moment = since + (CRAWL_TIME - since) * uniforms(numbers, seed, "deleted", 1)
    deleted = uniforms(numbers, seed, "deleted") < _DELETED_SHARE
    gone: Floats = np.where(deleted, moment, np.inf)
    return gone
