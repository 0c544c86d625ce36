"""What stands above everything else in the report: what makes its numbers doubtful."""

from __future__ import annotations

from influencers.measured.metrics import Metrics
from influencers.report.model_notes import model_warnings
from influencers.report.records import share_quarantined
from influencers.report.table import decimal, percent, plain


def warnings(metrics: Metrics) -> list[str]:
    """What a reader must know before believing the rest."""
    lines = []
    rows = metrics.rows
    if rows.read and (rows.quarantined or 0) / rows.read > 0.05:
        lines.append(
            f"{share_quarantined(rows)} of the records are in quarantine: "
            "look at the reasons below before trusting any figure."
        )
    images = metrics.images
    measured = (images.ok or 0) / images.wanted if images.wanted else 1.0
    if measured < 0.5:
        lines.append(
            f"Only {percent(measured)} of the images were measured: the "
            "virality model knows the others by their median alone."
        )
    for name, quality in metrics.communities.items():
        if (quality.largest_share or 0) > 0.5:
            lines.append(
                f"{plain(name).capitalize()}: one community holds "
                f"{percent(quality.largest_share)} of the hashtags; the split means little."
            )
        elif quality.communities and (quality.modularity or 0) < 0.05:
            lines.append(
                f"{plain(name).capitalize()}: modularity {decimal(quality.modularity)} is no "
                "better than chance."
            )
    lines += model_warnings(metrics.models)
    return list(dict.fromkeys(lines))
