"""How many records the last input had, and how many the tables hold."""

from __future__ import annotations

from influencers.measured.metrics import Metrics
from influencers.measured.records import Rows
from influencers.report.table import percent


def held(metrics: Metrics) -> tuple[int | None, int | None]:
    """How many posts and quarantined records the tables hold, of all that was ever read."""
    rows, tables = metrics.rows, metrics.tables
    posts, quarantined = tables.posts.rows, tables.quarantine.rows
    return (
        rows.posts if posts is None else posts,
        rows.quarantined if quarantined is None else quarantined,
    )


def of_one_run(metrics: Metrics) -> bool:
    """Whether the tables hold what the last run of ingest has read, and nothing else."""
    return held(metrics) == (metrics.rows.posts, metrics.rows.quarantined)


def share_quarantined(rows: Rows) -> str:
    """The quarantined share of what was read."""
    return percent((rows.quarantined or 0) / rows.read) if rows.read else ""
