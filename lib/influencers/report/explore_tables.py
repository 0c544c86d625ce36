"""The tables of the report that tell what exploration found: leaders, viral posts, content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from influencers.explore.content import FEATURES
from influencers.explore.standing import OUTCOMES
from influencers.features.tiers import TIERS
from influencers.report.table import Table, count, decimal, percent, plain, unknown

_TOGETHER = (
    "Intervals are as wide as the number of comparisons in this table asks for: in 95 of 100 such "
    "tables all of them hold. Higher, lower: the whole interval lies beyond the effects that are "
    "too small to matter. Slightly higher, slightly lower: the interval excludes no effect, but "
    "not effects too small to matter. No effect: the interval holds only such effects. Unclear: "
    "these data do not say."
)


def leader_table(leaders: pd.DataFrame, config: Mapping[str, Any]) -> Table:
    """Who leads each tier, how surely, and how many posts say so."""
    least = config.get("explore.leader_min_posts")
    note = (
        "Ranked by the lower end of the median's interval, so that a few lucky posts do not lead. "
        "Percentile: the share of the tier's ranked accounts whose median is not higher."
    )
    if least is not None:
        note += f" Ranked are accounts with {least} posts or more (explore.leader_min_posts)."
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
                _ends(row.get("median_low"), row.get("median_high"), percent),
                "–" if unknown(row.get("percentile")) else f"{100 * row['percentile']:.0f}",
            )
            for row in sorted(_dicts(leaders), key=lambda row: _tier_place(row["tier"]))
        ),
        frozenset((1, 3, 4, 5, 6, 7)),
        note,
    )  # fmt: skip


def virality_table(virality: pd.DataFrame) -> Table:
    """How each feature differs between viral and other posts."""
    return Table(
        "What viral posts share",
        ("viral is", "feature", "viral", "others", "measure", "effect", "interval", "verdict"),
        tuple(
            (
                plain(str(row["label"])),
                plain(str(row["feature"])),
                _short(row["typical_viral"]),
                _short(row["typical_other"]),
                str(row["measure"]),
                decimal(row["effect"], 2),
                _ends(row["low"], row["high"]),
                str(row["verdict"]),
            )
            for row in _dicts(virality)
        ),
        frozenset((2, 3, 5, 6)),
        "Viral and others: the median, or the share where the feature is a yes or no. Cliff's "
        f"delta: 0 is no effect. Odds ratio: 1 is no effect. {_TOGETHER}",
    )


def content_table(content: pd.DataFrame) -> Table:
    """Posts with each trait against the same authors' posts without it: a column an outcome."""
    rows = {(row["outcome"], row["feature"], row["level"]): row for row in _dicts(content)}
    traits = sorted(
        {(row["feature"], row["position"], row["level"]) for row in rows.values()},
        key=lambda trait: (FEATURES.index(trait[0]), *trait[1:]),
    )
    shown = []
    for feature, _, level in traits:
        found = [rows.get((outcome, feature, level)) for outcome in OUTCOMES]
        first = next(row for row in found if row)
        words = (plain(str(feature)), str(level), count(first["posts"]))
        shown.append((*words, *(cell for row in found for cell in _outcome(row))))
    return Table(
        "What goes with engagement and comments, within accounts",
        ("trait", "value", "posts", *(
            column for outcome in OUTCOMES for column in (plain(outcome), "verdict")
        )),
        tuple(shown),
        frozenset((2, 3, 5, 7)),
        "Each outcome: Cliff's delta within the author (0 is no effect), its interval in brackets, "
        f"and the verdict. Posts: of the first outcome that is known. {_TOGETHER}",
    )  # fmt: skip


def _outcome(row: Mapping[str, Any] | None) -> tuple[str, str]:
    if row is None:
        return "–", "no data: no verdict"
    if unknown(row["low"]):
        return decimal(row["effect"], 2), str(row["verdict"])
    return f"{decimal(row['effect'], 2)} ({_ends(row['low'], row['high'])})", str(row["verdict"])


def _ends(low: object, high: object, write: Any = lambda end: decimal(end, 2)) -> str:
    return "–" if unknown(low) or unknown(high) else f"{write(low)} to {write(high)}"


def _tier_place(tier: str | None) -> int:
    return TIERS.index(tier) if tier in TIERS else len(TIERS)


def _short(value: object) -> str:
    if unknown(value):
        return "–"
    number = float(str(value))
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


def _dicts(frame: pd.DataFrame) -> Sequence[Mapping[str, Any]]:
    records: list[dict[str, Any]] = [
        {str(name): value for name, value in row.items()} for row in frame.to_dict("records")
    ]
    return records
