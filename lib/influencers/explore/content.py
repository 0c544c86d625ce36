"""What content does for engagement and comments: every trait, within the same author.

A post is compared with the other posts of its author alone. Accounts differ in size, in audience
and in habits; whoever compares posts across them measures these.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from influencers.explore.cells import Cells, Groups
from influencers.explore.clock import Clock
from influencers.explore.effects import delta_within
from influencers.explore.levels import found, levels
from influencers.explore.rows import Rows
from influencers.explore.standing import OUTCOMES
from influencers.explore.verdicts import NO_DATA, TOO_FEW, TRUNCATED, Band, summary, verdict

FEATURES = (
    "content_type", "has_location", "question", "hashtag_count", "hashtag", "hour", "weekday",
)  # fmt: skip
ANY = "any"

_COUNTS = ("posts", "accounts", "compared_accounts")
_NUMBERS = ("effect", "low", "high")


def count_relative_rates(cells: Cells, posts: Rows, hashtags: Sequence[str]) -> None:
    """Count posts by level and rate against their author's.

    Args:
        cells: where they are counted.
        posts: `relative_rate`, and what levels are of.
        hashtags: that are judged.
    """
    rate = posts.floats("relative_rate")
    for of_feature in found(posts, hashtags):
        level = of_feature.first + of_feature.level
        cells.count_values("levels", rate[of_feature.post], x=level)


def content(
    sums: pd.DataFrame,
    groups: Groups,
    hashtags: Sequence[str],
    *,
    clock: Clock,
    band: Band,
) -> pd.DataFrame:
    """How posts with a trait do against the same author's posts without it.

    Args:
        sums: of posts whose likes have come in (see `standing.summed`).
        groups: of what `count_relative_rates` has counted of the same posts.
        hashtags: that are judged (see `supported_hashtags`).
        clock: which times of day are times.
        band: of no effect.

    Returns:
        A row an outcome, feature and level. `posts` of `accounts` have the trait and a known
        outcome; `compared_accounts` have posts without it as well. `median_relative_rate` is the
        engagement rate against the author's median, null for other outcomes. `effect` is Cliff's
        delta within the author, averaged over authors with weights n1·n0/(n1+n0); `low` to `high`
        are intervals that in 95 % of tables hold all together. A feature without any level has
        the level `any` and the reason.
    """
    every = levels(hashtags)
    of_level = {key: rows.sort_values("bucket") for key, rows in sums.groupby(["outcome", "level"])}
    medians = groups.of("levels").set_index("x")["median"]
    rows = []
    for outcome, name in enumerate(OUTCOMES):
        for feature in FEATURES:
            judged = {
                number: level
                for number, level in enumerate(every)
                if level.feature == feature
                and (feature == "content_type" or (outcome, number) in of_level)
            }
            parts = {number: of_level.get((outcome, number), sums.iloc[:0]) for number in judged}
            comparisons = shared_by(sum(part["weight"].sum() > 0 for part in parts.values()))
            for number, level in judged.items():
                part = parts[number]
                effect = delta_within(
                    part["wins"].to_numpy(), part["weight"].to_numpy(), comparisons=comparisons
                )
                rows.append(
                    {
                        "outcome": name, "feature": feature, "level": level.name,
                        "position": level.position, **{n: part[n].sum() for n in _COUNTS},
                        "median_relative_rate": None if outcome else medians.get(number),
                        "effect": effect.value, "low": effect.low, "high": effect.high,
                        "verdict": verdict(effect, band=band),
                    }
                )  # fmt: skip
            if not judged:
                rows.append(
                    {
                        "outcome": name, "feature": feature, "level": ANY, "position": 0,
                        **dict.fromkeys(_COUNTS, 0), **dict.fromkeys(_NUMBERS, np.nan),
                        "median_relative_rate": None, "verdict": _why_none(feature, clock),
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)


def shared_by(levels: int) -> int:
    """Among how many comparisons the table's 5 % are shared, as seen from one level of a feature.

    Every feature has the same share for each outcome, so that a question with one answer need not
    pay for forty hashtags; the levels of a feature divide it evenly.

    Args:
        levels: of the feature, that can be compared.

    >>> shared_by(1), shared_by(40)
    (21, 840)
    """
    return len(OUTCOMES) * len(FEATURES) * max(1, levels)


def _why_none(feature: str, clock: Clock) -> str:
    """Why a feature has no level to judge."""
    if feature == "hour" and not clock.trusted:
        return TRUNCATED
    return TOO_FEW if feature == "hashtag" else NO_DATA


def verdicts(table: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Outcome → feature → the verdicts on its levels in a line, from the table of `content`."""
    by_feature = table.groupby(["outcome", "feature"])["verdict"].agg(list)
    return {
        outcome: {feature: summary(by_feature.get((outcome, feature), [])) for feature in FEATURES}
        for outcome in OUTCOMES
    }
