"""A section of the report."""

from __future__ import annotations

from dataclasses import dataclass

from influencers.figures.figure import Figure
from influencers.report.table import Table


@dataclass(frozen=True)
class Section:
    """A part of the report with its own heading.

    Attributes:
        anchor: the name of its place in the page; figures are declared for it.
        lead: the text below the heading.
        figures: those declared for it; the page leaves out what was not drawn.
    """

    anchor: str
    title: str
    lead: str
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
