"""The posts of whole accounts, in order, and what can be said of each account by numpy.

Posts come sorted by account, time and shortcode, in batches that end anywhere. What is said of an
account is computed from its posts in that order alone: it does not depend on where batches end.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Floats = npt.NDArray[np.float64]  # NaN: unknown
Whole = npt.NDArray[np.int64]
Known = npt.NDArray[np.bool_]
# One value for each row or account.
Values: TypeAlias = Floats | Whole | pa.Array

_MICROSECONDS = 1_000_000
_SECONDS_PER_DAY = 86_400
# Sums of 64 bits that are rounded to less than this have not overflowed.
_SURE = float(2**62)


class AccountPosts:
    """The posts of one or more accounts, all posts of each.

    All functions give one value an account, in the order of the posts. Unknown values of a column
    are passed over; of an account without a known one, the result is unknown.

    Args:
        posts: at least one row; sorted by `owner_id`, `created_at`, `shortcode`.
    """

    def __init__(self, posts: pa.Table) -> None:
        self._posts = posts
        owners = self._column("owner_id").to_numpy()
        self._starts = np.flatnonzero(np.r_[True, owners[1:] != owners[:-1]])
        self._ends = np.r_[self._starts[1:], len(owners)]

    def posts(self) -> Whole:
        """How many posts each has."""
        numbers: Whole = self._ends - self._starts
        return numbers

    def first(self, name: str) -> pa.Array:
        """What its first post has in a column."""
        return self._taken(name, self._starts)

    def last(self, name: str) -> pa.Array:
        """What its last post has in a column."""
        return self._taken(name, self._ends - 1)

    def latest(self, name: str) -> pa.Array:
        """What the post of its latest crawl has in a column; without crawl times, its last post."""
        return self._taken(name, self._last_seen)

    def mean(self, name: str) -> Floats:
        """The mean of whole numbers, or the share of what is true; exact below a sum of 2^62."""
        column = self._column(name)
        values = column.cast(pa.int64()).fill_null(0).to_numpy()
        rough = np.add.reduceat(values.astype(np.float64), self._starts)
        sums = np.where(np.abs(rough) < _SURE, np.add.reduceat(values, self._starts), rough)
        return divided(sums, self._count(known(column)))

    def mean_of_fractions(self, name: str) -> Floats:
        """The mean of fractions: of their sum without rounding."""
        values = floats(self._column(name))
        ends = zip(self._starts.tolist(), self._ends.tolist(), strict=True)
        sums = [_exact_sum(values[start:end]) for start, end in ends]
        return divided(np.array(sums), self._count(~np.isnan(values)))

    def median(self, name: str) -> Floats:
        """The median of a column."""
        return self._median(floats(self._column(name)))

    def median_gap_days(self) -> Floats:
        """The median of the days between two posts in a row."""
        gaps = np.r_[np.nan, np.diff(seconds(self._column("created_at"))) / _SECONDS_PER_DAY]
        gaps[self._starts] = np.nan
        return self._median(gaps)

    def active_seconds(self) -> Whole:
        """The seconds from its first post to its last."""
        at = seconds(self._column("created_at"))
        lasting: Whole = at[self._ends - 1] - at[self._starts]
        return lasting

    @cached_property
    def _accounts(self) -> Whole:
        """Of each post, the place of its account."""
        return np.repeat(np.arange(len(self._starts)), self.posts())

    @cached_property
    def _last_seen(self) -> Whole:
        crawled = self._column("crawled_at").cast(pa.int64())
        # Before all times: a post without a crawl time comes before those with one.
        at = crawled.fill_null(np.iinfo(np.int64).min).to_numpy()
        is_latest = at == np.maximum.reduceat(at, self._starts)[self._accounts]
        places = np.where(is_latest, np.arange(len(at)), -1)
        last: Whole = np.maximum.reduceat(places, self._starts)
        return last

    def _column(self, name: str) -> pa.Array:
        # One at a time: of a large account all columns in a row would be held twice.
        chunks = self._posts.column(name).chunks
        return chunks[0] if len(chunks) == 1 else pa.concat_arrays(chunks)

    def _taken(self, name: str, places: Whole) -> pa.Array:
        return self._posts.column(name).take(pa.array(places)).combine_chunks()

    def _count(self, places: Known) -> Whole:
        numbers: Whole = np.add.reduceat(places.astype(np.int64), self._starts)
        return numbers

    def _median(self, values: Floats) -> Floats:
        # NaN comes last.
        ordered = values[np.lexsort((values, self._accounts))]
        return middle(ordered, self._starts, self._count(~np.isnan(values)))


def middle(ordered: Floats, starts: Whole, number: Whole) -> Floats:
    """The medians of runs of ordered values: of the first `number` from each start; NaN of none."""
    some = np.maximum(number, 1)
    lower, upper = ordered[starts + (some - 1) // 2], ordered[starts + some // 2]
    return np.where(number > 0, (lower + upper) / 2, np.nan)


def divided(values: npt.ArrayLike, by: npt.ArrayLike) -> Floats:
    """A ratio; NaN where the divisor is 0."""
    divisors = np.asarray(by, dtype=np.float64)
    return np.asarray(values, dtype=np.float64) / np.where(divisors == 0, np.nan, divisors)


def floats(column: pa.Array) -> Floats:
    """A column of numbers, NaN where they are unknown."""
    values: Floats = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return values


def known(column: pa.Array) -> Known:
    """Where a column has a value."""
    places: Known = column.is_valid().to_numpy(zero_copy_only=False)
    return places


def seconds(times: pa.Array) -> Whole:
    """Unix seconds of timestamps without nulls."""
    values: Whole = times.cast(pa.int64()).to_numpy() // _MICROSECONDS
    return values


def arrow(values: Values, kind: pa.DataType) -> pa.Array:
    """Values as an array of a type; NaN is null."""
    if isinstance(values, np.ndarray):
        unknown = np.isnan(values) if values.dtype.kind == "f" else None
        return pa.array(values, mask=unknown).cast(kind)
    return values.cast(kind)


class Gathering:
    """Gathers batches, in the order of `owner_id`, until an account is whole."""

    def __init__(self) -> None:
        self._held: list[pa.RecordBatch] = []

    def add(self, batch: pa.RecordBatch) -> Iterator[pa.Table]:
        """The accounts that are whole once a batch begins or goes on with another.

        Args:
            batch: at least one row, of those that follow.
        """
        owners = batch.column("owner_id").to_numpy()
        last = int(np.searchsorted(owners, owners[-1]))
        is_next = bool(self._held) and self._held[0].column("owner_id")[0].as_py() != owners[0]
        if last or is_next:
            whole = [*self._held, *([batch.slice(0, last)] if last else [])]
            self._held = []
            yield pa.Table.from_batches(whole)
        self._held.append(batch.slice(last))

    def rest(self) -> Iterator[pa.Table]:
        """The last account, once all batches have come."""
        if self._held:
            yield pa.Table.from_batches(self._held)
            self._held = []


def _exact_sum(values: Floats) -> float:
    return math.fsum(values[~np.isnan(values)])
