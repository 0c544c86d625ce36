"""How posts do beside their author's earlier ones: the table post_performance, by whole accounts.

A score of 2 is twice, one of -2 half of what was expected, as CrowdTangle had it.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from influencers.config.growth import GrowthConfig
from influencers.features.account_posts import Floats, Whole, arrow, floats
from influencers.growth.crawled import MICROSECONDS_PER_DAY, Crawled
from influencers.growth.curves import Curves
from influencers.growth.expected import Aged, expected
from influencers.growth.missing import NONE, missing_since
from influencers.growth.rows import TYPES
from influencers.growth.runs import ends_of, starts_of
from influencers.growth.tables import BASES, POST_PERFORMANCE


def performance(accounts: Crawled, curves: Curves, settings: GrowthConfig) -> pa.Table:
    """The rows of post_performance of some accounts."""
    posts = accounts.posts
    # Of the content types of an account, each by time; of equal times, by shortcode.
    order = np.lexsort((posts.created_at, posts.kind, posts.account))
    aged = _aged(accounts, curves, order, settings)
    found = expected(aged, settings)
    enough = found.earlier >= settings.min_earlier
    likes = np.where(enough, found.likes, np.nan)
    last = _last_seen(accounts)[order]
    since = missing_since(accounts, settings)[order]
    places = pa.array(order)
    columns = {
        "shortcode": posts.shortcode.take(places),
        "owner_id": accounts.owner_id[posts.account[order]],
        "content_type": pa.array([None, *TYPES]).take(pa.array(posts.kind[order])),
        "created_at": posts.created_at[order],
        "observed_at": pa.array(last, mask=last == NONE),
        "age_days": aged.age / MICROSECONDS_PER_DAY,
        "likes": posts.likes.take(places),
        "expected": likes,
        "score": scores(aged.likes, likes, least=settings.min_expected),
        "basis": pa.array(BASES).take(pa.array(found.basis, mask=~enough)),
        "earlier_posts": found.earlier,
        "last_seen_at": pa.array(last, mask=last == NONE),
        "missing_since": pa.array(since, mask=since == NONE),
    }
    schema = POST_PERFORMANCE.arrow_schema
    return pa.table([arrow(columns[field.name], field.type) for field in schema], schema=schema)


def scores(likes: Floats, usual: Floats, *, least: float) -> Floats:
    """How many times what was expected the likes are; negative, how many times fewer.

    >>> scores(np.array([20.0, 5.0, 0.0, 3.0]), np.array([10.0, 10.0, 10.0, 9.0]), least=10)
    array([  2.,  -2., -10.,  nan])

    Args:
        likes: NaN if unknown.
        usual: what was expected; NaN if unknown.
        least: of what was expected, for a score.
    """
    told = usual >= least
    by = np.where(told, usual, 1)
    found = np.where(likes >= by, likes / by, -by / np.maximum(likes, 1))
    return np.where(told & ~np.isnan(likes), found, np.nan)


def _last_seen(accounts: Crawled) -> Whole:
    """When each post was last seen; `NONE` if never."""
    seen = accounts.seen
    last = np.full(len(accounts.posts.account), NONE, np.int64)
    ends = ends_of(seen.post)
    last[seen.post[ends]] = seen.at[ends]
    return last


def _aged(accounts: Crawled, curves: Curves, order: Whole, settings: GrowthConfig) -> Aged:
    """The posts in an order, with what is known of them by age."""
    posts = accounts.posts
    seen = accounts.seen.where(~np.isnan(accounts.seen.likes))
    number = np.bincount(seen.post, minlength=len(posts.account))
    ends = np.cumsum(number)
    known_age = np.full(len(posts.account), np.nan)
    age = known_age.copy()
    for of, ages in ((seen, known_age), (accounts.seen, age)):
        last = ends_of(of.post)
        ages[of.post[last]] = of.age[last]
    tier = accounts.tier[posts.account]
    has_curve = curves.exist(tier, posts.kind)
    newest = np.full(len(accounts.owner_id), NONE, np.int64)
    np.maximum.at(newest, posts.account, posts.created_at)
    settled = (
        newest[posts.account] - posts.created_at >= settings.settled_days * MICROSECONDS_PER_DAY
    )
    account, kind = posts.account[order], posts.kind[order]
    return Aged(
        group=np.cumsum(starts_of(account) | starts_of(kind)),
        created_at=posts.created_at[order],
        likes=floats(posts.likes)[order],
        age=age[order],
        share=curves.shares(tier, posts.kind, age)[order],
        is_final=(settled & (np.isnan(age) | ~has_curve))[order],
        known_share=curves.shares(tier, posts.kind, known_age)[order],
        starts=(ends - number)[order],
        ends=ends[order],
        ages=seen.age,
        counts=seen.likes,
    )
