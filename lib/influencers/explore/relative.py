"""A post against what its author usually gets, and whether its likes have come in.

Accounts differ by more than posts do: between a small and a large one the usual engagement rate
differs by a factor of ten. What a hashtag or a video does is only seen within an account.

The youngest posts are not yet what they will be. In a real crawl, posts of the last 36 hours have
14 % fewer likes than their authors' others, and no difference is left after two days. As most
accounts were crawled on one Sunday, Sundays looked bad; without the youngest posts they do not.
"""

from __future__ import annotations

import numpy as np

from influencers.explore.bins import Floats, Ints
from influencers.explore.rows import Flags

_DAY = 86_400


def relative_rate(rate: Floats, usual: Floats) -> Floats:
    """Each post's engagement rate as a multiple of its author's median; NaN where that is 0.

    Args:
        rate: of posts; NaN: unknown.
        usual: the median of their authors; NaN of those with few posts, whose every post would lie
            near its own median.
    """
    return rate / np.where(usual == 0, np.nan, usual)


def settled(created: Ints, newest: Floats, age_days: Floats, *, days: float) -> Flags:
    """Which posts were at least `days` old when they were crawled, as far as can be told.

    The age of a post at the crawl is often unknown. What its author posted last was there at the
    crawl: a post that is `days` older than that was at least so old. An author's newest post
    therefore never is settled, unless `days` is 0.

    Args:
        created: of posts, in Unix seconds.
        newest: of the newest posts of their authors, too; NaN: the author is unknown.
        age_days: days from posts to the latest post of all; NaN: unknown.
        days: how old.
    """
    return (newest - created >= days * _DAY) & ~(age_days < days)
