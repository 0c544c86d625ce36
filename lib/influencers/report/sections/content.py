"""What goes with engagement and comments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from influencers.explore.content import FEATURES
from influencers.explore.standing import OUTCOMES
from influencers.report.effects import TOGETHER, ends
from influencers.report.figures import figures_in
from influencers.report.section import Section
from influencers.report.table import Table, count, decimal, plain, rows_of, unknown


def section(content: pd.DataFrame) -> Section:
    """The section of content.

    Args:
        content: the rows of analysis_content.
    """
    return Section(
        "content",
        "Content",
        "Posts with a trait against posts of the same accounts without it, so that large "
        "accounts do not decide the answer.",
        figures_in("content"),
        (content_table(content),),
    )


def content_table(content: pd.DataFrame) -> Table:
    """Posts with each trait against the same authors' posts without it: a column an outcome."""
    rows = {(row["outcome"], row["feature"], row["level"]): row for row in rows_of(content)}
    traits = sorted(
        {(row["feature"], row["position"], row["level"]) for row in rows.values()},
        key=lambda trait: (FEATURES.index(trait[0]), *trait[1:]),
    )
    shown = []
    for feature, _, level in traits:
        outcomes = [rows.get((outcome, feature, level)) for outcome in OUTCOMES]
        first = next(row for row in outcomes if row)
        words = (plain(str(feature)), str(level), count(first["posts"]))
        shown.append((*words, *(cell for row in outcomes for cell in _outcome(row))))
    return Table(
        "What goes with engagement and comments, within accounts",
        ("trait", "value", "posts", *(
            column for outcome in OUTCOMES for column in (plain(outcome), "verdict")
        )),
        tuple(shown),
        frozenset((2, 3, 5, 7)),
        "Each outcome: Cliff's delta within the author (0 is no effect), its interval in brackets, "
        f"and the verdict. Posts: of the first outcome that is known. {TOGETHER}",
    )  # fmt: skip


def _outcome(row: Mapping[str, Any] | None) -> tuple[str, str]:
    if row is None:
        return "–", "no data: no verdict"
    if unknown(row["low"]):
        return decimal(row["effect"], 2), str(row["verdict"])
    return f"{decimal(row['effect'], 2)} ({ends(row['low'], row['high'])})", str(row["verdict"])
