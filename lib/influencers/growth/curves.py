"""What share of its final likes a post has at an age: curves by tier and content type."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from influencers.features.account_posts import Floats, Known, Whole
from influencers.features.tiers import TIERS
from influencers.growth import counting
from influencers.growth.crawled import MICROSECONDS_PER_HOUR
from influencers.growth.histogram import quantile
from influencers.growth.rows import TYPES
from influencers.growth.tables import ALL, LIKE_CURVES

_TIERS = (ALL, *TIERS)
# Where a curve ends, at a share of 1.
_END = math.log(counting.HOURS[-1])
_OCTAVE = math.log(2)

Knots = tuple[Floats, Floats]


def like_curves(counts: counting.Counts, *, least: int) -> pa.Table:
    """The table like_curves.

    Args:
        counts: of shares and ages, of all posts.
        least: how many posts a row has to have.
    """
    rows: list[dict[str, Any]] = []
    places = itertools.product(range(len(_TIERS)), range(len(TYPES)), range(counting.BUCKETS))
    for tier, kind, bucket in places:
        posts = int(counts.posts[tier, kind, bucket])
        if posts < least:
            continue
        shares, ages = counts.shares[tier, kind, bucket], counts.ages[tier, kind, bucket]
        quarters = [quantile(counting.SHARES, shares, share) for share in (0.25, 0.5, 0.75)]
        names = ("share_q25", "share_median", "share_q75")
        rows.append(
            {
                "tier": _TIERS[tier],
                "content_type": TYPES[kind],
                "age_bucket": counting.HOURS[bucket],
                "posts": posts,
                "observations": int(shares.sum()),
                "age_hours": quantile(counting.AGES, ages, 0.5),
                **dict(zip(names, quarters, strict=True)),
            }
        )
    return pa.Table.from_pylist(rows, schema=LIKE_CURVES.arrow_schema)


@dataclass(frozen=True)
class Curves:
    """Curves as functions of age.

    Attributes:
        knots: by tier, 0 for all, and content type, both from 1: the logarithms of ages in hours
            and of shares, both rising, up to 720 hours and a share of 1.
    """

    knots: Mapping[tuple[int, int], Knots]

    @staticmethod
    def of(rows: pa.Table) -> Curves:
        """The curves of the table like_curves."""
        points: dict[tuple[int, int], list[tuple[float, float]]] = {}
        for row in rows.to_pylist():
            place = _TIERS.index(row["tier"]), TYPES.index(row["content_type"]) + 1
            points.setdefault(place, []).append((row["age_hours"], row["share_median"]))
        knots = {place: _knots(of_one) for place, of_one in points.items()}
        return Curves({place: found for place, found in knots.items() if found is not None})

    def exist(self, tiers: Whole, kinds: Whole) -> Known:
        """Whether there is a curve of a tier, or of all tiers, and a content type."""
        found: Known = np.zeros(len(tiers), np.bool_)
        for _, places in self._each(tiers, kinds):
            found |= places
        return found

    def shares(self, tiers: Whole, kinds: Whole, ages: Floats) -> Floats:
        """The share of the final likes at an age; NaN without a curve, and for too young posts.

        Where the curve of a tier does not know, that of all tiers does.

        Args:
            tiers: 0 if unknown.
            kinds: content types, 0 if unknown.
            ages: microseconds; NaN if unknown.
        """
        found = np.full(len(tiers), np.nan)
        hours = np.log(np.maximum(ages, 1) / MICROSECONDS_PER_HOUR)
        for knots, places in self._each(tiers, kinds):
            unknown = places & np.isnan(found)
            found[unknown] = _share(hours[unknown], *knots)
        return found

    def _each(self, tiers: Whole, kinds: Whole) -> Iterable[tuple[Knots, Known]]:
        """Curves, those of one tier first, and where they hold."""
        for (tier, kind), knots in sorted(self.knots.items(), reverse=True):
            yield knots, (kinds == kind) & ((tiers == tier) | (tier == 0))


def _knots(points: list[tuple[float, float]]) -> Knots | None:
    """The knots of a curve; None where no share is known."""
    ages: list[float] = []
    shares: list[float] = []
    for age, share in sorted(points):
        # A share of 0 has no logarithm; ages of two buckets may meet at their edge.
        if share > 0 and (not ages or math.log(age) > ages[-1]) and math.log(age) < _END:
            ages.append(math.log(age))
            shares.append(min(math.log(share), 0.0))
    if not ages:
        return None
    return np.array([*ages, _END]), np.maximum.accumulate([*shares, 0.0])


def _share(hours: Floats, ages: Floats, shares: Floats) -> Floats:
    """The share at the logarithm of an age in hours."""
    slope = (shares[1] - shares[0]) / (ages[1] - ages[0])
    before = np.where(hours >= ages[0] - _OCTAVE, shares[0] + slope * (hours - ages[0]), np.nan)
    known = ~np.isnan(hours)
    found = np.where(hours < ages[0], before, np.interp(hours, ages, shares))
    return np.where(known, np.exp(found), np.nan)
