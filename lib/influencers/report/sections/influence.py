"""Who leads in each follower tier, and how well influence is predicted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from influencers.features.tiers import TIERS
from influencers.measured.models import Labels
from influencers.report.effects import ends
from influencers.report.figures import figures_in
from influencers.report.model_tables import model_tables
from influencers.report.section import Section
from influencers.report.table import Table, count, percent, rows_of, unknown


def section(
    leaders: pd.DataFrame, models: Mapping[str, Labels], config: Mapping[str, Any]
) -> Section:
    """The section of influence.

    Args:
        leaders: the rows of analysis_influence.
        models: the numbers of all models.
        config: settings by their full names.
    """
    return Section(
        "influence",
        "Influence",
        "Who leads in each follower tier, by the median engagement rate of their posts and how "
        "sure it is, and how well a model that never sees a follower count predicts the most "
        "followed accounts. By time, the model learns from accounts as their posts before a "
        "cut describe them, and is tested on accounts as those after it do.",
        figures_in("influence"),
        (leader_table(leaders, config), *model_tables(models, "influence")),
    )


def leader_table(leaders: pd.DataFrame, config: Mapping[str, Any]) -> Table:
    """Who leads each tier, how surely, and how many posts say so."""
    least = config.get("explore.leader_min_posts")
    note = (
        "Ranked by the lower end of the median's interval, so that a few lucky posts do not lead. "
        "Percentile: the share of the tier's ranked accounts whose median is not higher."
    )
    empty = "No account is ranked."
    if least is not None:
        note += f" Ranked are accounts with {least} posts or more (explore.leader_min_posts)."
        empty = (
            f"No account is ranked: none has {least} posts or more (explore.leader_min_posts) "
            "whose engagement rate is known."
        )
    return Table(
        "Leaders of each tier",
        ("tier", "rank", "account", "followers", "posts", "median engagement rate",
         "95 % interval of the median", "percentile in tier"),
        tuple(
            (
                row["tier"] or "unknown",
                count(row["rank"]),
                str(row["owner_username"] or row["owner_id"]),
                count(row["followers"]),
                count(row["posts"]),
                percent(row["median_engagement_rate"]),
                ends(row.get("median_low"), row.get("median_high"), percent),
                "–" if unknown(row.get("percentile")) else f"{100 * row['percentile']:.0f}",
            )
            for row in sorted(rows_of(leaders), key=lambda row: _tier_place(row["tier"]))
        ),
        frozenset((1, 3, 4, 5, 6, 7)),
        note,
        empty,
    )  # fmt: skip


def _tier_place(tier: str | None) -> int:
    return TIERS.index(tier) if tier in TIERS else len(TIERS)
