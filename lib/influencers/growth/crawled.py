"""Some whole accounts by numpy: their crawls, their posts, and what crawls saw of each post.

What a task holds of the account that it is at is some 60 bytes for each post and observation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from influencers.features.account_posts import Floats, Known, Whole, floats, middle
from influencers.growth.rows import ACCOUNT, POST, SEEN, TIER
from influencers.growth.runs import starts_of

MICROSECONDS_PER_HOUR = 3_600_000_000
MICROSECONDS_PER_DAY = 24 * MICROSECONDS_PER_HOUR


@dataclass(frozen=True)
class AccountCrawls:
    """Accounts as crawls saw them, by account and time.

    Attributes:
        account: place of the account.
        at: Unix microseconds.
        followers: all known.
        following: null if unknown.
        resolution: null if all digits of followers are known.
    """

    account: Whole
    at: Whole
    followers: Whole
    following: pa.Array
    resolution: pa.Array


@dataclass(frozen=True)
class Posts:
    """Posts by account and shortcode.

    Attributes:
        account: place of the account.
        created_at: Unix microseconds.
        kind: place of the content type among `TYPES`, from 1; 0 if unknown.
    """

    account: Whole
    shortcode: pa.Array
    created_at: Whole
    likes: pa.Array
    engagement: Floats
    kind: Whole

    def in_time(self) -> Whole:
        """The places of posts by account, time and shortcode."""
        return np.lexsort((self.created_at, self.account))


@dataclass(frozen=True)
class PostCrawls:
    """Posts as crawls saw them, none before it was there, by post and time.

    Attributes:
        post: place of the post.
        at: Unix microseconds.
        age: microseconds since it was posted, 0 or more.
        likes: NaN if unknown.
    """

    post: Whole
    at: Whole
    age: Whole
    likes: Floats

    def where(self, places: Known) -> PostCrawls:
        """Some of them."""
        return PostCrawls(self.post[places], self.at[places], self.age[places], self.likes[places])


@dataclass(frozen=True)
class Crawled:
    """One or more accounts, all that is known of each.

    Attributes:
        owner_id: of each account.
        tier: place of its tier among `TIERS`, from 1; 0 if unknown.
    """

    owner_id: Whole
    tier: Whole
    crawls: AccountCrawls
    posts: Posts
    seen: PostCrawls

    @staticmethod
    def of(rows: pa.Table) -> Crawled:
        """The accounts of rows as `rows.gathered` sorts them."""
        rows = rows.combine_chunks()
        owners = rows["owner_id"].to_numpy()
        starts = starts_of(owners)
        account = np.cumsum(starts) - 1
        what = rows["what"].to_numpy()
        posts = _posts(rows, account, np.flatnonzero(what == POST))
        is_tier = what == TIER
        tier = np.zeros(len(owners[starts]), np.int64)
        tier[account[is_tier]] = _taken(rows, "code", is_tier).to_numpy()
        return Crawled(
            owners[starts],
            tier,
            _crawls(rows, account, what == ACCOUNT),
            posts,
            _seen(rows, what, posts),
        )


def medians(groups: Whole, values: Floats, number: int) -> Floats:
    """The median of known values in each group; NaN where there is none.

    Args:
        groups: of the values: 0 to `number` - 1.
        values: NaN if unknown.
        number: how many groups there are.
    """
    known = ~np.isnan(values)
    groups, values = groups[known], values[known]
    counts = np.bincount(groups, minlength=number)
    ordered = np.r_[values[np.lexsort((values, groups))], np.nan]
    return middle(ordered, np.cumsum(counts) - counts, counts)


def _crawls(rows: pa.Table, account: Whole, places: Known) -> AccountCrawls:
    at, followers = (_taken(rows, name, places).to_numpy() for name in ("at", "count"))
    following, resolution = (_taken(rows, name, places) for name in ("other", "code"))
    return AccountCrawls(account[places], at, followers, following, resolution)


def _posts(rows: pa.Table, account: Whole, places: Whole) -> Posts:
    taken = rows.take(pa.array(places)).combine_chunks()
    return Posts(
        account[places],
        _one(taken["shortcode"]),
        taken["at"].to_numpy(),
        _one(taken["count"]),
        floats(_one(taken["other"])),
        taken["code"].to_numpy(),
    )


def _seen(rows: pa.Table, what: npt.NDArray[np.int8], posts: Posts) -> PostCrawls:
    """What was seen of the posts that are there, and when they were."""
    names = _one(rows["shortcode"])
    differs = pc.not_equal(names[1:], names[:-1]).fill_null(True)
    owners = rows["owner_id"].to_numpy()
    starts = np.r_[True, differs.to_numpy(zero_copy_only=False)] | starts_of(owners)
    # Rows of one shortcode begin with the post, if there is one.
    first = np.maximum.accumulate(np.where(starts, np.arange(len(what)), 0))
    places = np.flatnonzero((what == SEEN) & (what[first] == POST))
    post = (np.cumsum(what == POST) - 1)[places]
    at = rows["at"].to_numpy()[places]
    seen = PostCrawls(
        post, at, at - posts.created_at[post], floats(_one(rows["count"]).take(pa.array(places)))
    )
    return seen.where(seen.age >= 0)


def _taken(rows: pa.Table, name: str, places: Known) -> pa.Array:
    return _one(rows[name]).filter(pa.array(places))


def _one(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece."""
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)
