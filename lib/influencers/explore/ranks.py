"""Ranks of posts that pass in order, summed by level: no account's posts are held together.

A post with `below` posts of lower and `equal` posts of the same value (itself among them) has the
rank 2·below + equal. That is known as soon as all posts of its value have passed; how many posts
the account has, when its last one has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """Posts by account, outcome and rising value; a row may stand for several of one value.

    Attributes:
        owner, outcome: the account, and by which outcome its posts are ranked.
        bucket: of the account.
        value: of the outcome.
        inside: how many posts are in each population (rows) by row of these (columns).
        row, level, posts: in this row so many posts have this level.
    """

    owner: Ints
    outcome: Ints
    bucket: Ints
    value: Floats
    inside: Ints
    row: Ints
    level: Ints
    posts: Ints


@dataclass(frozen=True)
class Sums:
    """Posts of accounts by level.

    Attributes:
        bucket, outcome: of the account.
        level: the number of the level.
        posts: of the account, with the level.
        ranks: the sum of their ranks.
        total: posts of the account that these are ranked among.
    """

    bucket: Ints
    outcome: Ints
    level: Ints
    posts: Ints
    ranks: Ints
    total: Ints


@dataclass(frozen=True)
class _Ties:
    """Runs of rows with one account, outcome and value; populations are rows, ties columns."""

    of_row: Ints
    account: Ints
    first_rows: Ints
    below: Ints
    equal: Ints
    total: Ints


@dataclass(frozen=True)
class _Open:
    """What is known of the account that may go on in the next rows, by one outcome.

    Attributes:
        last: its posts of the highest value so far, as one row.
        below: posts of lower values, by population.
        level, posts, ranks: sums over these.
    """

    last: Rows
    below: Ints
    level: Ints
    posts: Ints
    ranks: Ints


class Ranking:
    """Takes rows in order, and gives the sums of the accounts that have passed."""

    def __init__(self, populations: Sequence[int]) -> None:
        """Begin.

        Args:
            populations: by number of the level, the population that its posts are ranked among.
        """
        self._population = np.array(populations, np.int64)
        self._open: _Open | None = None

    def add(self, rows: Rows) -> Sums:
        """The sums of the accounts that end before the last row."""
        if self._open is not None:
            rows = _joined(self._open.last, rows)
        return self._passed(rows, ends=False)

    def end(self) -> Sums:
        """The sums of the account that the last row belongs to."""
        if self._open is None:
            return Sums(*[np.empty(0, np.int64) for _ in fields(Sums)])
        return self._passed(self._open.last, ends=True)

    def _passed(self, rows: Rows, *, ends: bool) -> Sums:
        before = self._open
        ties = _ties(rows, None if before is None else before.below)
        tie = ties.of_row[rows.row]
        ranks = (2 * ties.below + ties.equal)[self._population[rows.level], tie] * rows.posts
        # The last value may go on in the next rows.
        known = tie < len(ties.account) - (not ends)
        columns = [c[known] for c in (ties.account[tie], rows.level, rows.posts, ranks)]
        if before is not None:
            earlier = (np.zeros_like(before.level), before.level, before.posts, before.ranks)
            columns = [np.concatenate(pair) for pair in zip(earlier, columns, strict=True)]
        account, level, posts, ranks = _summed(*columns)

        # And so may the last account.
        last = account == ties.account[-1]
        if ends:
            self._open = None
            last = np.zeros_like(last)
        else:
            self._open = _Open(
                _last_value(rows, ties, tie), ties.below[:, -1], level[last], posts[last],
                ranks[last],
            )  # fmt: skip
        account, level, posts, ranks = (c[~last] for c in (account, level, posts, ranks))
        row = ties.first_rows[np.searchsorted(ties.account, account)]
        total = ties.total[self._population[level], account]
        return Sums(rows.bucket[row], rows.outcome[row], level, posts, ranks, total)


def _ties(rows: Rows, below: Ints | None) -> _Ties:
    """The ties of rows whose first account had so many posts below, by population, before."""
    starts = _starts(rows.owner, rows.outcome, rows.value)
    of_row = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(rows.owner)))
    firsts = _starts(rows.owner[starts], rows.outcome[starts])  # the first tie of each account
    account = np.repeat(np.arange(len(firsts)), np.diff(firsts, append=len(starts)))
    equal = np.add.reduceat(rows.inside, starts, axis=1)
    before = np.cumsum(equal, axis=1) - equal
    since = before - before[:, firsts][:, account]
    if below is not None:
        since[:, account == 0] += below[:, np.newaxis]
    lasts = np.append(firsts[1:], len(starts)) - 1
    return _Ties(of_row, account, starts, since, equal, (since + equal)[:, lasts])


def _last_value(rows: Rows, ties: _Ties, tie: Ints) -> Rows:
    """The rows of the last tie as one."""
    of_it = tie == len(ties.account) - 1
    row, level, posts = _summed(tie[of_it] * 0, rows.level[of_it], rows.posts[of_it])
    return Rows(
        rows.owner[-1:], rows.outcome[-1:], rows.bucket[-1:], rows.value[-1:],
        ties.equal[:, -1:], row, level, posts,
    )  # fmt: skip


def _joined(first: Rows, rows: Rows) -> Rows:
    """One row, and others after it."""
    return Rows(
        np.concatenate([first.owner, rows.owner]),
        np.concatenate([first.outcome, rows.outcome]),
        np.concatenate([first.bucket, rows.bucket]),
        np.concatenate([first.value, rows.value]),
        np.concatenate([first.inside, rows.inside], axis=1),
        np.concatenate([first.row, rows.row + 1]),
        np.concatenate([first.level, rows.level]),
        np.concatenate([first.posts, rows.posts]),
    )


def _summed(account: Ints, level: Ints, *values: Ints) -> tuple[Ints, ...]:
    """Each account and level once, in order, and the sums of its values."""
    levels = int(level.max(initial=0)) + 1
    keys = account * levels + level
    order = np.argsort(keys)
    keys = keys[order]
    starts = _starts(keys)
    sums = (np.add.reduceat(value[order], starts) for value in values)
    return keys[starts] // levels, keys[starts] % levels, *sums


def _starts(*columns: NDArray[np.generic]) -> Ints:
    """The places whose row differs from the one before it; the first place is one."""
    differs = np.zeros(len(columns[0]), np.bool_)
    differs[:1] = True
    for column in columns:
        differs[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(differs)
