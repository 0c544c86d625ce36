"""A section of the report."""

from __future__ import annotations

from dataclasses import dataclass

from influencers.figures.figure import Figure
from influencers.report.table import Table


@dataclass(frozen=True)
class Section:
    """A part of the report with its own heading.

    Attributes:
        anchor: what links to it name, and declarations of figures.
        lead: the text below the heading.
        figures: what it shows of these that were drawn.
    """

    anchor: str
    title: str
    lead: str
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
