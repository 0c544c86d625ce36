"""The numbers at the top of the report."""

from __future__ import annotations

from dataclasses import dataclass

from influencers.measured.metrics import Metrics
from influencers.report.frames import UNLINKED, Frames, best_algorithm
from influencers.report.model_notes import headline_of
from influencers.report.records import held, of_one_run, share_quarantined
from influencers.report.table import count, decimal, noun, percent, plain


@dataclass(frozen=True)
class Headline:
    """A number worth a large print."""

    value: str
    label: str
    note: str = ""


def headlines(metrics: Metrics, frames: Frames) -> list[Headline]:
    """The numbers at the top."""
    accounts = frames.accounts
    shown = [_posts_headline(metrics), Headline(count(accounts), noun(accounts, "accounts"))]
    shown.append(_quarantine_headline(metrics))
    best = best_algorithm(metrics.communities)
    if best:
        quality = metrics.communities[best]
        number = quality.communities
        note = f"modularity {decimal(quality.modularity)}, {plain(best)}" if number else UNLINKED
        shown.append(Headline(count(number), noun(number, "communities"), note))
    images = metrics.images
    if images.wanted:
        share = percent((images.ok or 0) / images.wanted)
        label = noun(images.ok, "images measured")
        shown.append(Headline(count(images.ok), label, f"{share} of those named"))
    for model in ("influence", "virality"):
        headline = headline_of(metrics.models, model)
        if headline:
            value, note = headline
            shown.append(Headline(value, f"average precision, {model}", note))
    return shown


def _posts_headline(metrics: Metrics) -> Headline:
    rows, (posts, _) = metrics.rows, held(metrics)
    label, read = noun(posts, "posts"), f"{count(rows.read)} {noun(rows.read, 'records')}"
    if of_one_run(metrics):
        return Headline(count(posts), label, f"of {read} read")
    return Headline(count(posts), label, f"{count(rows.posts)} of them of {read} in the last input")


def _quarantine_headline(metrics: Metrics) -> Headline:
    rows, (_, quarantined) = metrics.rows, held(metrics)
    label = noun(quarantined, "records in quarantine")
    if of_one_run(metrics):
        return Headline(count(quarantined), label, share_quarantined(rows))
    last = f"{count(rows.quarantined)} of them of the last input"
    return Headline(count(quarantined), label, last)
