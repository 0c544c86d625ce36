"""Ranks of posts among those of their account, by one outcome.

A post with `below` posts of lower and `equal` posts of the same value (itself among them) has the
rank 2·below + equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from influencers.explore.bins import Floats, Ints
from influencers.explore.rows import Flags, starts


@dataclass(frozen=True)
class Ranks:
    """Ranks of posts among some of their account's.

    Attributes:
        rank: of each post; 0 for one whose value is unknown.
        total: by account, how many posts are ranked.
    """

    rank: Ints
    total: Ints


def ranks(
    account: Ints, value: Floats, populations: Mapping[str, Flags], accounts: int
) -> dict[str, Ranks]:
    """The ranks of posts among those of their account that are in a population, by population.

    A post that is not in it is ranked among those that are, all the same.

    Args:
        account: the number of the account of each post.
        value: that posts are ranked by; NaN where it is unknown.
        populations: by name, which posts are in it.
        accounts: how many there are.
    """
    known = np.flatnonzero(~np.isnan(value))
    order = known[np.lexsort((value[known], account[known]))]
    owner, ordered = account[order], value[order]
    ties = starts(owner, ordered)
    tie_ends = np.append(ties[1:], len(order))
    firsts = starts(owner)
    own = np.repeat(firsts, np.diff(firsts, append=len(order)))[ties]  # where its account begins
    sizes = tie_ends - ties
    found = {}
    for name, inside in populations.items():
        before = np.concatenate([[0], np.cumsum(inside[order])])
        tie_rank = before[ties] - before[own] + before[tie_ends] - before[own]
        rank = np.zeros(len(account), np.int64)
        rank[order] = np.repeat(tie_rank, sizes)
        total = np.zeros(accounts, np.int64)
        total[owner[firsts]] = before[np.append(firsts[1:], len(order))] - before[firsts]
        found[name] = Ranks(rank, total)
    return found
