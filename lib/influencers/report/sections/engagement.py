"""Who is followed, and what is liked."""

from __future__ import annotations

import pandas as pd

from influencers.report.figures import figures_in
from influencers.report.section import Section
from influencers.report.table import Table, count, percent, rows_of


def section(tiers: pd.DataFrame) -> Section:
    """The section of followers and engagement.

    Args:
        tiers: the rows of analysis_tiers.
    """
    return Section(
        "engagement",
        "Audience and engagement",
        "Who is followed, what is liked, and how the one goes with the other. Engagement is "
        "likes and comments together; the rate is engagement for each follower.",
        figures_in("engagement"),
        (_tier_table(tiers),),
    )


def _tier_table(tiers: pd.DataFrame) -> Table:
    return Table(
        "Follower tiers",
        ("tier", "accounts", "posts", "median followers", "median engagement rate"),
        tuple(
            (
                row["tier"] or "unknown",
                count(row["accounts"]),
                count(row["posts"]),
                count(row["median_followers"]),
                percent(row["engagement_rate_median"]),
            )
            for row in rows_of(tiers)
        ),
        frozenset(range(1, 5)),
    )
