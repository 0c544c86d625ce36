"""Intervals between two crawls of an account, with what it posted in them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from influencers.config.growth import GrowthConfig
from influencers.features.account_posts import Floats, Known, Whole, arrow, divided, floats, middle
from influencers.growth import peers
from influencers.growth.crawled import (
    MICROSECONDS_PER_DAY,
    MICROSECONDS_PER_HOUR,
    Crawled,
    medians,
)
from influencers.growth.runs import places_before, spaced

# What is said of an interval, before its peers are known. Times are Unix microseconds; has_hit says
# whether one of its posts, or of those shortly before it, has many likes.
SCHEMA = pa.schema(
    [
        *((name, pa.int64()) for name in (
            "owner_id", "from_at", "to_at", "followers_from", "followers_to", "following_from",
            "following_to", "posts_between", "resolution",
        )),
        *((name, pa.float64()) for name in (
            "days", "log_growth_per_day", "engagement_rate_before", "engagement_rate_after",
        )),
        ("has_hit", pa.bool_()),
        *((name, pa.int64()) for name in peers.CELL),
    ]
)  # fmt: skip


def intervals(accounts: Crawled, settings: GrowthConfig) -> pa.Table:
    """The intervals of some accounts, by account and time, with the columns of `SCHEMA`."""
    first, second = _ends(accounts, settings)
    crawls = accounts.crawls
    account, start, end = crawls.account[first], crawls.at[first], crawls.at[second]
    before, after = crawls.followers[first], crawls.followers[second]
    days = (end - start) / MICROSECONDS_PER_DAY
    growth = log_growth(before, after) / days
    ends = [pa.array(places) for places in (first, second)]
    following = [crawls.following.take(places) for places in ends]
    resolution = pc.max_element_wise(*(crawls.resolution.take(places) for places in ends))
    columns: dict[str, Floats | Whole | Known | pa.Array] = {
        "owner_id": accounts.owner_id[account],
        "from_at": start,
        "to_at": end,
        "followers_from": before,
        "followers_to": after,
        "following_from": following[0],
        "following_to": following[1],
        "resolution": resolution,
        "days": days,
        "log_growth_per_day": growth,
        **_posted(accounts, first, second, settings),
        **peers.cell(before, days, growth),
    }
    return pa.table(
        [arrow(columns[field.name], field.type) for field in SCHEMA],
        schema=SCHEMA,
    )


def log_growth(before: Whole, after: Whole) -> Floats:
    """The change of ln(followers); NaN where there are none at either end."""
    known = (before > 0) & (after > 0)
    return np.log(np.where(known, after, np.nan) / np.where(known, before, 1))


def _ends(accounts: Crawled, settings: GrowthConfig) -> tuple[Whole, Whole]:
    """The places of the crawls at both ends of each interval."""
    crawls = accounts.crawls
    gap = max(round(settings.interval_hours * MICROSECONDS_PER_HOUR), 1)
    kept = spaced(crawls.account, crawls.at, gap, equal=True)
    same = crawls.account[kept[1:]] == crawls.account[kept[:-1]]
    return kept[:-1][same], kept[1:][same]


def _posted(
    accounts: Crawled, first: Whole, second: Whole, settings: GrowthConfig
) -> dict[str, Floats | Whole | Known]:
    """What was posted between two crawls, and how posts before and after them do."""
    crawls, posts = accounts.crawls, accounts.posts
    order = posts.in_time()
    account, created_at = posts.account[order], posts.created_at[order]
    asked = crawls.account[first]
    # Followers come for days after a post.
    lately = crawls.at[first] - round(settings.hit_days * MICROSECONDS_PER_DAY)
    begin, end, hits_begin = (
        places_before(account, created_at, asked, at, equal=True)
        for at in (crawls.at[first], crawls.at[second], lately)
    )
    least, most = (np.searchsorted(account, asked, side) for side in ("left", "right"))
    back = np.arange(settings.rate_posts)
    earlier, later = begin[:, None] - 1 - back, end[:, None] + back
    engagement = posts.engagement[order]
    rates = {
        "engagement_rate_before": _rates(engagement, earlier, earlier >= least[:, None],
                                         crawls.followers[first]),
        "engagement_rate_after": _rates(engagement, later, later < most[:, None],
                                        crawls.followers[second]),
    }  # fmt: skip
    likes = floats(posts.likes)[order]
    usual = medians(account, likes, len(accounts.owner_id))
    hits = np.r_[0, np.cumsum(likes > settings.hit_times * usual[account])]
    return {"posts_between": end - begin, "has_hit": hits[end] > hits[hits_begin], **rates}


def _rates(engagement: Floats, places: Whole, there: Known, followers: Whole) -> Floats:
    """The median of the engagement at some places, a row an interval, for each follower."""
    filled = np.r_[engagement, np.nan]
    values = np.sort(filled[np.where(there, places, len(engagement))], axis=1)
    rates = divided(values, np.broadcast_to(followers[:, None], values.shape))
    known = (~np.isnan(rates)).sum(axis=1)
    return middle(rates.ravel(), np.arange(len(rates)) * rates.shape[1], known)
