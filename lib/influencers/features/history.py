"""What an account had done before a post: strictly earlier posts only.

Two posts of the same second (or, where times are truncated, of the same day) know nothing of each
other. The posts of an account come in order and are gone through once, and none looks back at more
posts than the history is long: the work grows with the number of posts, not with the number of
pairs of them, and what is kept from one batch to the next is twice the history's length at most.
Of all earlier posts only their number and their lowest rate are kept.

`FEATURES` declares what is known. A further one is a function of `Before`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from influencers.features.account_posts import Floats, Values, Whole, floats, middle, seconds
from influencers.features.feature import Feature
from influencers.storage.table import PER_FOLLOWER, bigint, double

_SECONDS_PER_DAY = 86_400
# Of the last posts before: the column, its words, and its unit.
_RATE = "engagement_rate"
_REMEMBERED = ((_RATE, "engagement rate", PER_FOLLOWER), ("likes", "likes", ""))
# So many values are looked back at together: 8 MB.
_MOST_TOGETHER = 1_000_000


class Before:
    """What lies before the posts of one time of an account, for many such times.

    All functions give one value a time. Unknown values are passed over; where none is left, the
    result is NaN.

    Args:
        posts: how many posts lie before.
        days_since_last: from the last of them.
        values: of each remembered column, those of the last posts before: a row a time, the latest
            first, NaN where there is no such post or its value is unknown.
        lowest_rate: of all posts before.
    """

    def __init__(
        self,
        posts: Whole,
        days_since_last: Floats,
        values: dict[str, Floats],
        lowest_rate: Floats,
    ) -> None:
        self.posts = posts
        self.days_since_last = days_since_last
        self.lowest_rate = lowest_rate
        self._values = values
        self._ordered: dict[str, Floats] = {}

    def last(self, name: str) -> Floats:
        """The latest known value."""
        values = self._values[name]
        latest: Floats = values[np.arange(len(values)), np.argmax(~np.isnan(values), axis=1)]
        return latest

    def median(self, name: str) -> Floats:
        """The median of the known values."""
        ordered, number = self._order(name)
        starts = np.arange(len(ordered)) * ordered.shape[1]
        return middle(ordered.ravel(), starts, number)

    def largest(self, name: str) -> Floats:
        """The largest known value."""
        ordered, number = self._order(name)
        largest: Floats = ordered[np.arange(len(ordered)), np.maximum(number, 1) - 1]
        return largest

    def _order(self, name: str) -> tuple[Floats, Whole]:
        """The values from small to large, NaN last, and how many are known."""
        if name not in self._ordered:
            self._ordered[name] = np.sort(self._values[name], axis=1)
        ordered = self._ordered[name]
        return ordered, (~np.isnan(ordered)).sum(axis=1)


@dataclass(frozen=True, kw_only=True)
class OfHistory(Feature):
    """A feature of a post that is computed from what lies before it."""

    of: Callable[[Before], Values]


class History:
    """Goes through the posts of accounts in order, and says what lies before each.

    Args:
        length: how many posts the history looks back.
    """

    def __init__(self, length: int) -> None:
        self._length = length
        self._last: _Seen | None = None

    def before(self, batch: pa.RecordBatch) -> list[Values]:
        """What `FEATURES` say of each row of the next batch, in their order.

        `history_posts` counts all earlier posts, and the lowest engagement rate is of all of them.
        The median, last and largest engagement rate and likes are those of the last `length`
        earlier posts. Posts with an unknown value are passed over. Of posts of the same time, the
        greater shortcode counts as the later.

        Args:
            batch: at least one row, with `owner_id`, `created_at`, `likes`, `engagement_rate`;
                sorted by account, time and shortcode over all batches.
        """
        rows = _Rows.of(batch, self._last)
        groups, group = np.unique(rows.same_time[rows.seen :], return_inverse=True)
        parts = [
            [feature.of(before) for feature in FEATURES] for before in self._before(rows, groups)
        ]
        self._last = rows.end(self._length)
        return [np.concatenate(values)[group] for values in zip(*parts, strict=True)]

    def _before(self, rows: _Rows, groups: Whole) -> Iterator[Before]:
        """What lies before the groups of posts of one time, given by the first row of each."""
        together = max(1, _MOST_TOGETHER // self._length)
        back = np.arange(1, self._length + 1)
        for first in np.split(groups, range(together, len(groups), together)):
            start = rows.account[first]
            places = first[:, None] - back
            there = places >= start[:, None]
            places[~there] = 0
            since = (rows.time[first] - rows.time[np.maximum(first - 1, 0)]) / _SECONDS_PER_DAY
            yield Before(
                rows.posts_before(first),
                np.where(first > start, since, np.nan),
                {name: np.where(there, values[places], np.nan)
                 for name, values in rows.remembered.items()},
                rows.lowest_before(start, first),
            )  # fmt: skip


@dataclass(frozen=True)
class _Seen:
    """What has to be known of the last account when the next batch comes.

    Attributes:
        owner: of the account.
        before: its last posts before the last time; no more than the history is long.
        at_last_time: its last posts of that time; no more than the history is long.
        posts_before: how many there are before that time.
        posts: how many there are in all.
        lowest_before: the lowest rate before that time; NaN where none is known.
        lowest: the lowest rate of all its posts; likewise.
    """

    owner: int
    before: pa.RecordBatch
    at_last_time: pa.RecordBatch
    posts_before: int
    posts: int
    lowest_before: float
    lowest: float


@dataclass(frozen=True)
class _Rows:
    """The rows of a batch, behind those of the same account that have been seen.

    Attributes:
        batch: all of them, with the columns that matter.
        seen: how many rows have been seen.
        last: of the account that goes on.
        time: Unix seconds.
        account, same_time: of each row, the first of its account and of its time.
        remembered: the values of remembered columns.
    """

    batch: pa.RecordBatch
    seen: int
    last: _Seen | None
    time: Whole
    account: Whole
    same_time: Whole
    remembered: dict[str, Floats]

    @staticmethod
    def of(batch: pa.RecordBatch, last: _Seen | None) -> _Rows:
        rows = batch.select(_COLUMNS)
        if last is not None and last.owner != rows.column(0)[0].as_py():
            last = None
        if last is not None:
            rows = pa.concat_batches([last.before, last.at_last_time, rows])
        owner, at = (rows.column(name).cast(pa.int64()).to_numpy() for name in _COLUMNS[:2])
        new_account = np.r_[True, owner[1:] != owner[:-1]]
        new_time = new_account | np.r_[True, at[1:] != at[:-1]]
        return _Rows(
            rows,
            len(rows) - len(batch),
            last,
            seconds(rows.column("created_at")),
            _latest_start(new_account),
            _latest_start(new_time),
            {name: floats(rows.column(name)) for name, _, _ in _REMEMBERED},
        )

    def posts_before(self, first: Whole) -> Whole:
        """How many posts of its account lie before a row that is the first of its time."""
        posts = first - self.account[first]
        if self.last is None:
            return posts
        goes_on = self.account[first] == 0
        posts = np.where(goes_on, self.last.posts + first - self.seen, posts)
        return np.where(first < self.seen, self.last.posts_before, posts)

    def lowest_before(self, start: Whole, end: Whole) -> Floats:
        """The lowest known rate of an account's posts before a row that is the first of its time.

        Args:
            start: the account's first row here.
            end: the row, or the one behind the last.
        """
        # The lowest of the rows that have been seen came with them.
        new = np.where(end > np.maximum(start, self.seen), self._lowest[end - 1], np.nan)
        if self.last is None:
            return new
        lowest = np.where(start == 0, np.fmin(new, self.last.lowest), new)
        return np.where(end < self.seen, self.last.lowest_before, lowest)

    @cached_property
    def _lowest(self) -> Floats:
        """Of each new row, the lowest known rate of its account's new rows up to it."""
        rates = self.remembered[_RATE].copy()
        rates[: self.seen] = np.nan
        filled = pd.Series(np.where(np.isnan(rates), np.inf, rates))
        lowest = filled.groupby(self.account).cummin().to_numpy()
        return np.where(np.isinf(lowest), np.nan, lowest)

    def end(self, length: int) -> _Seen:
        """What the next batch has to know."""
        end = len(self.batch)
        start, first = int(self.account[-1]), int(self.same_time[-1])
        kept = max(start, first - length)
        tail = max(first, end - length)
        posts = end - start
        if self.last is not None and start == 0:
            posts = self.last.posts + end - self.seen
        return _Seen(
            self.batch.column(0)[end - 1].as_py(),
            self.batch.slice(kept, first - kept),
            self.batch.slice(tail, end - tail),
            int(self.posts_before(np.array([first]))[0]),
            posts,
            *(
                float(self.lowest_before(np.array([start]), np.array([row]))[0])
                for row in (first, end)
            ),
        )


_COLUMNS = ["owner_id", "created_at", *(name for name, _, _ in _REMEMBERED)]


def _latest_start(starts: npt.NDArray[np.bool_]) -> Whole:
    """Of each place, the last at or before it that is a start."""
    return np.maximum.accumulate(np.where(starts, np.arange(len(starts)), 0))


def _measures(name: str, what: str, unit: str) -> tuple[OfHistory, ...]:
    none = "no earlier post with a known value"
    of = f"{what} of the author's last `features.history_posts` posts strictly before"
    return (
        OfHistory(
            double(f"history_median_{name}", f"median {of}", unit=unit, null=none),
            "history",
            f"median {what} before",
            of=lambda before: before.median(name),
        ),
        OfHistory(
            double(
                f"history_last_{name}",
                f"{what} of the latest known of these posts",
                unit=unit,
                null=none,
            ),
            "history",
            f"last {what} before",
            of=lambda before: before.last(name),
        ),
        OfHistory(
            double(f"history_max_{name}", f"highest {of}", unit=unit, null=none),
            "history",
            f"highest {what} before",
            of=lambda before: before.largest(name),
        ),
    )


FEATURES = (
    OfHistory(
        bigint("history_posts", "all posts of the author strictly before this one"),
        "history",
        "earlier posts",
        of=lambda before: before.posts,
    ),
    OfHistory(
        double(
            "days_since_last_post",
            "time since the author's last post strictly before this one",
            unit="days",
            null="it is the author's first",
        ),
        "history",
        "days since the last post",
        of=lambda before: before.days_since_last,
    ),
    *(feature for remembered in _REMEMBERED for feature in _measures(*remembered)),
    OfHistory(
        double(
            "history_min_engagement_rate",
            "lowest engagement rate of all posts of the author strictly before",
            unit=PER_FOLLOWER,
            null="no earlier post with a known value",
        ),
        "history",
        "lowest engagement rate before",
        of=lambda before: before.lowest_rate,
    ),
)
