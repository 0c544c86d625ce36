"""The records that were read, and the run: its time, engines and settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from influencers.measured.metrics import Metrics
from influencers.report.figures import figures_in
from influencers.report.records import held, of_one_run
from influencers.report.section import Section
from influencers.report.table import Table, count, decimal


def section(metrics: Metrics, config: Mapping[str, Any]) -> Section:
    """The section of records and settings.

    Args:
        metrics: all numbers of the run.
        config: settings by their full names.
    """
    return Section(
        "data",
        "Data and run",
        "Every record that was read is a post, a duplicate of a post, or in quarantine.",
        figures_in("data"),
        (
            _rows_table(metrics),
            _reason_table(metrics),
            _seconds_table(metrics.seconds),
            _pairs("Engines", ("engine", "version"), asdict(metrics.engines), numeric=False),
            _pairs("Configuration", ("setting", "value"), config, numeric=False),
        ),
    )


def _rows_table(metrics: Metrics) -> Table:
    rows = metrics.rows
    kinds = {
        "read": rows.read,
        "posts": rows.posts,
        "quarantined": rows.quarantined,
        "duplicates": rows.duplicates,
    }
    if rows.forgotten:
        kinds["forgotten"] = rows.forgotten
    if of_one_run(metrics):
        shown = {kind: count(number) for kind, number in kinds.items()}
        return _pairs("Records", ("records", "number"), shown)
    now = dict(zip(("posts", "quarantined"), held(metrics), strict=True))
    return Table(
        "Records",
        ("records", "last input", "tables"),
        tuple(
            (kind, count(number), count(now[kind]) if kind in now else "")
            for kind, number in kinds.items()
        ),
        frozenset({1, 2}),
        "Last input: what the last run of ingest has read; a post that the tables knew already is "
        "among its posts. Tables: of all inputs together.",
    )


def _reason_table(metrics: Metrics) -> Table:
    known = metrics.tables.quarantine
    counts = known if known.rows is not None else metrics.rows
    reasons = {reason: count(number) for reason, number in counts.by_reason.items()}
    return _pairs("Reasons for quarantine", ("reason", "records"), reasons)


def _seconds_table(seconds: Mapping[str, float]) -> Table:
    return _pairs(
        "Time", ("stage", "seconds"), {name: decimal(value, 1) for name, value in seconds.items()}
    )


def _pairs(
    title: str, columns: tuple[str, str], pairs: Mapping[str, Any], *, numeric: bool = True
) -> Table:
    """A table of keys and their values; `numeric` values are set to the right."""
    rows = tuple((str(key), "" if value is None else str(value)) for key, value in pairs.items())
    return Table(title, columns, rows, frozenset({1}) if numeric else frozenset())
