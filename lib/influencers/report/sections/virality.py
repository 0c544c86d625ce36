"""What viral posts share, and how well virality is predicted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from influencers.explore.verdicts import NO_DATA, ONE_GROUP
from influencers.measured.models import Labels
from influencers.report.effects import TOGETHER, ends
from influencers.report.figures import figures_in
from influencers.report.model_tables import model_tables
from influencers.report.section import Section
from influencers.report.table import Table, decimal, plain, rows_of, unknown

_NOT_COMPARED = (NO_DATA, ONE_GROUP)
_WHY = "Without data, or without posts of both kinds"


def section(virality: pd.DataFrame, models: Mapping[str, Labels]) -> Section:
    """The section of virality.

    Args:
        virality: the rows of analysis_virality.
        models: the numbers of all models.
    """
    return Section(
        "virality",
        "Virality",
        "What viral posts share, and how well they are predicted before they are posted. The "
        "effect of a number is Cliff's delta (0 is none, 1 or -1 a complete separation), that of a "
        "yes or no the odds ratio. Followers are those of the crawl, after the post: a post "
        "that took off brought some of them, so that what followers say of its success is in "
        "part a consequence of it.",
        figures_in("virality"),
        (*model_tables(models, "virality"), virality_table(virality)),
    )


def virality_table(virality: pd.DataFrame) -> Table:
    """How each feature differs between viral and other posts; the note names those left out."""
    compared = [row for row in rows_of(virality) if row["verdict"] not in _NOT_COMPARED]
    left_out = _left_out(rows_of(virality))
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
                ends(row["low"], row["high"]),
                str(row["verdict"]),
            )
            for row in compared
        ),
        frozenset((2, 3, 5, 6)),
        "Viral and others: the median, or the share where the feature is a yes or no. Cliff's "
        f"delta: 0 is no effect. Odds ratio: 1 is no effect. {TOGETHER} {left_out}".rstrip(),
        f"Nothing to compare. {left_out}".rstrip(),
    )


def _left_out(rows: Sequence[Mapping[str, Any]]) -> str:
    """Which features are not compared by each definition of viral posts, in a sentence."""
    all_of: dict[str, list[str]] = {}
    missing: dict[str, list[str]] = {}
    for row in rows:
        label, feature = (plain(str(row[name])) for name in ("label", "feature"))
        all_of.setdefault(label, []).append(feature)
        if row["verdict"] in _NOT_COMPARED:
            missing.setdefault(label, []).append(feature)
    parts = [
        f"{label}: {'all features' if names == all_of[label] else ', '.join(names)}"
        for label, names in missing.items()
    ]
    return f"{_WHY}: {'; '.join(parts)}." if parts else ""


def _short(value: object) -> str:
    if unknown(value):
        return "–"
    number = float(str(value))
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"
