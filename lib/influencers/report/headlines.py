"""The numbers at the top of the report."""

from __future__ import annotations

from dataclasses import dataclass

from influencers.measured.metrics import Metrics
from influencers.report.frames import Frames, best_algorithm
from influencers.report.model_notes import headline_of
from influencers.report.records import held, of_one_run, share_quarantined
from influencers.report.table import count, decimal, percent, plain


@dataclass(frozen=True)
class Headline:
    """A number worth a large print."""

    value: str
    label: str
    note: str = ""


def headlines(metrics: Metrics, frames: Frames) -> list[Headline]:
    """The numbers at the top."""
    shown = [_posts_headline(metrics), Headline(count(frames.accounts), "accounts")]
    shown.append(_quarantine_headline(metrics))
    best = best_algorithm(metrics.communities)
    if best:
        quality = metrics.communities[best]
        shown.append(
            Headline(
                count(quality.communities),
                "communities",
                f"modularity {decimal(quality.modularity)}, {plain(best)}",
            )
        )
    images = metrics.images
    if images.wanted:
        share = percent((images.ok or 0) / images.wanted)
        shown.append(Headline(count(images.ok), "images measured", f"{share} of those named"))
    for model in ("influence", "virality"):
        headline = headline_of(metrics.models, model)
        if headline:
            value, note = headline
            shown.append(Headline(value, f"average precision, {model}", note))
    return shown


def _posts_headline(metrics: Metrics) -> Headline:
    rows, (posts, _) = metrics.rows, held(metrics)
    if of_one_run(metrics):
        return Headline(count(posts), "posts", f"of {count(rows.read)} records read")
    last = f"{count(rows.posts)} of them of {count(rows.read)} records in the last input"
    return Headline(count(posts), "posts", last)


def _quarantine_headline(metrics: Metrics) -> Headline:
    rows, (_, quarantined) = metrics.rows, held(metrics)
    if of_one_run(metrics):
        return Headline(count(quarantined), "records in quarantine", share_quarantined(rows))
    last = f"{count(rows.quarantined)} of them of the last input"
    return Headline(count(quarantined), "records in quarantine", last)
