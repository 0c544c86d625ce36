"""The likes that a post was to be expected to have: those of its author's earlier posts at its age.

An earlier post is brought to the age by its own observations where these lie around it, else by
the curve of its tier and type; the likes of mature posts are compared as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from influencers.config.growth import GrowthConfig
from influencers.features.account_posts import Floats, Known, Whole
from influencers.growth.crawled import MICROSECONDS_PER_DAY
from influencers.growth.runs import places_before

# So many earlier posts are looked at together: 8 MB a column.
_MOST_TOGETHER = 1_000_000
# Places of `tables.BASES`.
OWN, CURVE, MATURE = range(3)
_UNKNOWN = 3


@dataclass(frozen=True)
class Aged:
    """Posts by account, content type, time and shortcode, and what is known of them by age.

    Ages are microseconds; NaN where no crawl of known time has seen the post.

    Attributes:
        group: of the account and type, rising.
        created_at: Unix microseconds.
        likes: at the last crawl; NaN if unknown.
        age: then.
        share: of the final likes at that age, by the curve; NaN if unknown.
        is_final: whether it, and all earlier ones, count as mature whatever their ages.
        known_share: as `share`, of the last observation with known likes.
        starts, ends: where its observations with known likes begin and end.
        ages, counts: these observations, rising by age, and their likes.
    """

    group: Whole
    created_at: Whole
    likes: Floats
    age: Floats
    share: Floats
    is_final: Known
    known_share: Floats
    starts: Whole
    ends: Whole
    ages: Whole
    counts: Floats


class Expected(NamedTuple):
    """What is expected of posts.

    Attributes:
        likes: mean of the middle half of the earlier posts; NaN without any.
        basis: how most of them were brought to the age: a place of `tables.BASES`.
        earlier: how many they are.
    """

    likes: Floats
    basis: Whole
    earlier: Whole


def expected(posts: Aged, settings: GrowthConfig) -> Expected:
    """What is expected of each post by those strictly before it."""
    sources = np.flatnonzero(~np.isnan(posts.likes))
    group, created_at = posts.group[sources], posts.created_at[sources]
    before = places_before(group, created_at, posts.group, posts.created_at, equal=False)
    first = np.searchsorted(group, posts.group)
    earlier = np.minimum(before - first, settings.performance_posts)
    parts = [
        _of(_pairs(posts, rows, sources, before[rows], earlier[rows], settings))
        for rows in _portions(len(earlier), int(earlier.max(initial=0)))
    ]
    if not parts:
        return Expected(np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64))
    return Expected(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


class _Pairs(NamedTuple):
    """Of some posts, a row each, the likes of their earlier posts at their age, NaN if unknown."""

    likes: Floats
    basis: npt.NDArray[np.int8]


def _portions(number: int, width: int) -> Iterator[slice]:
    together = max(1, _MOST_TOGETHER // max(width, 1))
    for first in range(0, number, together):
        yield slice(first, min(first + together, number))


def _pairs(
    posts: Aged,
    rows: slice,
    sources: Whole,
    before: Whole,
    earlier: Whole,
    settings: GrowthConfig,
) -> _Pairs:
    """The earlier posts of some, the latest first.

    Args:
        posts: all of them.
        rows: those that are asked for.
        sources: places of posts with known likes.
        before: how many of these come before each.
        earlier: how many of these are looked at, from there back.
        settings: from when a post is mature.
    """
    back = np.arange(int(earlier.max(initial=0)))
    target, column = np.nonzero(back < earlier[:, None])
    source = sources[before[target] - 1 - column]
    likes = np.full((len(earlier), len(back)), np.nan)
    basis: npt.NDArray[np.int8] = np.full(likes.shape, _UNKNOWN, np.int8)
    likes[target, column], basis[target, column] = _brought(
        posts, target + rows.start, source, settings
    )
    return _Pairs(likes, basis)


def _brought(
    posts: Aged, target: Whole, source: Whole, settings: GrowthConfig
) -> tuple[Floats, Whole]:
    """The likes of some posts at the ages of others, and how they are known."""
    mature = posts.age >= settings.mature_days * MICROSECONDS_PER_DAY
    age = posts.age[target]
    raw = posts.is_final[target] | (mature[target] & mature[source])
    own = ~raw & _is_between(posts, source, age)
    likes = np.where(raw, posts.likes[source], _by_curve(posts, target, source))
    likes[own] = _by_observations(posts, source[own], age[own])
    basis = np.where(raw, MATURE, np.where(own, OWN, CURVE))
    return likes, np.where(np.isnan(likes), _UNKNOWN, basis)


def _by_curve(posts: Aged, target: Whole, source: Whole) -> Floats:
    # Of posts without an observation, the share is unknown, whatever stands there.
    last = np.r_[posts.counts, np.nan][posts.ends[source] - 1]
    grown: Floats = last * (posts.share[target] / posts.known_share[source])
    return grown


def _is_between(posts: Aged, source: Whole, age: Floats) -> Known:
    """Whether a post was observed at an age, or before and after it."""
    if not len(posts.ages):
        return np.zeros(len(source), np.bool_)
    last = len(posts.ages) - 1
    start, end = posts.starts[source], posts.ends[source]
    first_age, last_age = posts.ages[np.minimum(start, last)], posts.ages[end - 1]
    return (end > start) & (first_age <= age) & (age <= last_age)


def _by_observations(posts: Aged, source: Whole, age: Floats) -> Floats:
    """Likes between two observations, linear in the logarithm of the age."""
    low, high = posts.starts[source], posts.ends[source]
    last = high - 1
    while len(low) and (high - low).max() > 1:
        middle = (low + high) // 2
        reached = posts.ages[middle] <= age
        low, high = np.where(reached, middle, low), np.where(reached, high, middle)
    # Where an age is the last observed, both are the same.
    after = np.minimum(low + 1, last)
    from_age, to_age, at = (
        np.log(np.maximum(ages, 1)) for ages in (posts.ages[low], posts.ages[after], age)
    )
    apart = to_age > from_age
    part = np.where(apart, (at - from_age) / np.where(apart, to_age - from_age, 1), 0)
    return posts.counts[low] + (posts.counts[after] - posts.counts[low]) * part


def _of(pairs: _Pairs) -> Expected:
    """The mean of the middle half of each row, and what most of it rests on."""
    likes = np.sort(pairs.likes, axis=1)
    number = (~np.isnan(likes)).sum(axis=1)
    dropped = number // 4
    place = np.arange(likes.shape[1])
    in_middle = (place >= dropped[:, None]) & (place < (number - dropped)[:, None])
    # One after another, from the smallest: a sum by numpy depends on how many there are.
    sums = np.zeros(len(likes))
    for column in place.tolist():
        sums += np.where(in_middle[:, column], likes[:, column], 0)
    kept = np.maximum(number - 2 * dropped, 1)
    votes = np.stack([(pairs.basis == basis).sum(axis=1) for basis in (OWN, CURVE, MATURE)])
    return Expected(np.where(number > 0, sums / kept, np.nan), votes.argmax(axis=0), number)
