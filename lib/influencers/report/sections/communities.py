"""Communities of hashtags: which there are, and their profiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from influencers.measured.communities import Quality
from influencers.report.figures import figures_in
from influencers.report.frames import UNLINKED, Circle
from influencers.report.section import Section
from influencers.report.table import Table, count, decimal, percent, plain, rows_of


def section(
    communities: Mapping[str, Quality], circles: Sequence[Circle], profiles: pd.DataFrame | None
) -> Section:
    """The section of communities.

    Args:
        communities: the numbers of each algorithm.
        circles: the largest communities.
        profiles: their profiles in words; None where there are none.
    """
    linked = any(quality.communities != 0 for quality in communities.values())
    empty = "None." if linked or not communities else f"None: {UNLINKED}."
    return Section(
        "communities",
        "Communities",
        "Hashtags that are used together form communities. A link counts accounts, not posts, "
        "so that nobody makes a community alone.",
        figures_in("communities"),
        (
            _algorithm_table(communities),
            _circle_table(circles, empty),
            _profile_table(profiles, empty),
        ),
    )


def _algorithm_table(communities: Mapping[str, Quality]) -> Table:
    return Table(
        "The algorithms",
        ("algorithm", "hashtags", "links", "communities", "largest", "modularity"),
        tuple(
            (
                plain(name),
                count(quality.tags),
                count(quality.edges),
                count(quality.communities),
                percent(quality.largest_share),
                decimal(quality.modularity),
            )
            for name, quality in sorted(communities.items())
        ),
        frozenset(range(1, 6)),
    )


def _circle_table(circles: Sequence[Circle], empty: str) -> Table:
    return Table(
        "The largest communities",
        ("community", "hashtags", "accounts", "main hashtags"),
        tuple(
            (
                count(circle.community),
                count(circle.hashtags),
                count(circle.accounts),
                " ".join(f"#{tag}" for tag in circle.foremost),
            )
            for circle in circles
        ),
        frozenset((0, 1, 2)),
        empty=empty,
    )


def _profile_table(profiles: pd.DataFrame | None, empty: str) -> Table:
    return Table(
        "Community profiles",
        ("community", "distinctive hashtags", "typical accounts", "conductance",
         "engagement rate", "growth"),
        tuple(
            (
                count(profile["community"]), profile["marking"], profile["representatives"],
                decimal(profile["conductance"]), percent(profile["engagement_rate_median"]),
                decimal(profile["growth"]),
            )
            for profile in (() if profiles is None else rows_of(profiles))
        ),
        frozenset((0, 3, 4, 5)),
        "Conductance: the share of its links' weight that leaves the community. Engagement rate: "
        "half of its accounts have more. Growth: its share of posts in the later half of the time, "
        "divided by that in the earlier half.",
        empty,
    )  # fmt: skip
