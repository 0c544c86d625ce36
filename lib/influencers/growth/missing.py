"""Posts that are gone: a crawl has newer and older ones of the account, but not these.

Crawls of single posts, or of the newest dozen, show nothing of older posts: a crawl speaks of what
lies between the posts that it has, if it has most of those known to be there.
"""

from __future__ import annotations

import numpy as np

from influencers.config.growth import GrowthConfig
from influencers.features.account_posts import Whole
from influencers.growth.crawled import MICROSECONDS_PER_HOUR, Crawled
from influencers.growth.runs import spaced, starts_of

# Of no crawl, and of no time.
NONE = -(2**63)
# Instagram shows up to three pinned posts of any age before all others.
_PINNED = 3


def missing_since(accounts: Crawled, settings: GrowthConfig) -> Whole:
    """Since when each post is missing, in Unix microseconds; `NONE` if it is not."""
    posts, seen = accounts.posts, accounts.seen
    since = np.full(len(posts.account), NONE, np.int64)
    if not len(seen.post):
        return since
    # By account and crawl; within it, by time of posting.
    order = np.lexsort((posts.created_at[seen.post], seen.at, posts.account[seen.post]))
    post, at = seen.post[order], seen.at[order]
    account = posts.account[post]
    minutes = round(settings.crawl_minutes * MICROSECONDS_PER_HOUR / 60)
    crawls = spaced(account, at, minutes, equal=False)
    of_crawl = np.split(post, crawls[1:])
    first = np.flatnonzero(starts_of(account[crawls]))
    for begin, end in zip(first, [*first[1:], len(crawls)], strict=True):
        if end - begin > 1:
            times = at[crawls[begin:end]]
            places, found = _of_account(of_crawl[begin:end], times, posts.created_at, settings)
            since[places] = found
    return since


def _of_account(
    crawls: list[Whole], times: Whole, created_at: Whole, settings: GrowthConfig
) -> tuple[Whole, Whole]:
    """Since when the posts of an account are missing.

    Args:
        crawls: which posts each crawl has seen, in the order of crawls.
        times: of the crawls.
        created_at: of all posts.
        settings: which crawls show posts missing.
    """
    crawl = np.repeat(np.arange(len(crawls)), [len(posts) for posts in crawls])
    places, of_seen = np.unique(np.concatenate(crawls), return_inverse=True)
    in_time = np.argsort(created_at[places], kind="stable")
    places = places[in_time]
    rank = np.empty_like(in_time)
    rank[in_time] = np.arange(len(places))
    of_seen = rank[of_seen]
    created = created_at[places]
    first = np.full(len(places), len(crawls))
    last = np.zeros(len(places), np.int64)
    np.minimum.at(first, of_seen, crawl)
    np.maximum.at(last, of_seen, crawl)
    since = np.full(len(places), NONE, np.int64)
    ends = np.cumsum([len(posts) for posts in crawls])
    for number, seen in enumerate(np.split(of_seen, ends[:-1])):
        ranks = np.unique(seen)
        if len(ranks) < settings.crawl_posts:
            continue
        oldest, newest = created[ranks[_PINNED]], created[ranks[-1]]
        span = slice(np.searchsorted(created, oldest), np.searchsorted(created, newest, "right"))
        known = (first[span] <= number) & (since[span] == NONE)
        has = (ranks >= span.start).sum()
        if has >= settings.coverage * known.sum():
            since[span][known & (last[span] < number)] = times[number]
    return places, since
