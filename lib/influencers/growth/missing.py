"""Posts that are gone: a crawl has newer and older ones of the account, but not these.

Crawls of single posts, or of the newest dozen, show nothing of older posts: a crawl speaks of what
lies between the posts that it has, if it has most of those known to be there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from influencers.config.growth import GrowthConfig
from influencers.features.account_posts import Whole
from influencers.growth.crawled import MICROSECONDS_PER_HOUR, Crawled
from influencers.growth.runs import places_before, spaced

# Of no time.
NONE = -(2**63)
# Instagram shows up to three pinned posts of any age before all others.
_PINNED = 3


def missing_since(accounts: Crawled, settings: GrowthConfig) -> Whole:
    """Since when each post is missing, in Unix microseconds; `NONE` if it is not."""
    number = len(accounts.posts.account)
    since = np.full(number, NONE, np.int64)
    if not len(accounts.seen.post):
        return since
    in_time = accounts.posts.in_time()
    crawls = _crawls(accounts, in_time, settings)
    first, last = np.full(number, len(crawls.at)), np.full(number, -1)
    np.minimum.at(first, crawls.place, crawls.crawl)
    np.maximum.at(last, crawls.place, crawls.crawl)
    # Most crawls have all that was ever seen between their posts.
    for crawl in np.flatnonzero(
        (crawls.has > 0) & (crawls.has < crawls.end - crawls.begin)
    ).tolist():
        span = slice(crawls.begin[crawl], crawls.end[crawl])
        known = (first[span] <= crawl) & (since[span] == NONE)
        if crawls.has[crawl] >= settings.coverage * known.sum():
            since[span][known & (last[span] < crawl)] = crawls.at[crawl]
    of_posts = np.empty_like(since)
    of_posts[in_time] = since
    return of_posts


@dataclass(frozen=True)
class _Crawls:
    """The crawls of some accounts, by account and time; places are of posts in time.

    Attributes:
        crawl, place: which crawl has which post, each once.
        at: when a crawl began.
        begin, end: the posts that it speaks of.
        has: how many of these it has seen; 0 if it speaks of none.
    """

    crawl: Whole
    place: Whole
    at: Whole
    begin: Whole
    end: Whole
    has: Whole


def _crawls(accounts: Crawled, in_time: Whole, settings: GrowthConfig) -> _Crawls:
    posts, seen = accounts.posts, accounts.seen
    number = len(in_time)
    place_of = np.empty_like(in_time)
    place_of[in_time] = np.arange(number)
    order = np.lexsort((seen.at, posts.account[seen.post]))
    post, at = seen.post[order], seen.at[order]
    minutes = round(settings.crawl_minutes * MICROSECONDS_PER_HOUR / 60)
    starts = spaced(posts.account[post], at, minutes, equal=False)
    crawl = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, len(at)]))
    # Two observations within one crawl are one.
    pairs = np.unique(crawl * number + place_of[post])
    crawl, place = np.divmod(pairs, number)
    bounds = np.searchsorted(crawl, np.arange(len(starts) + 1))
    speaks = np.diff(bounds) >= settings.crawl_posts
    account, created_at = posts.account[in_time], posts.created_at[in_time]
    oldest = created_at[place[np.where(speaks, bounds[:-1] + _PINNED, 0)]]
    newest = created_at[place[bounds[1:] - 1]]
    of = account[place[bounds[:-1]]]
    begin = places_before(account, created_at, of, oldest, equal=False)
    end = places_before(account, created_at, of, newest, equal=True)
    has = bounds[1:] - np.searchsorted(pairs, np.arange(len(starts)) * number + begin)
    return _Crawls(crawl, place, at[starts], begin, end, np.where(speaks, has, 0))
