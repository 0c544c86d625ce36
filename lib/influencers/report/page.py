"""The report as one HTML text: figures inside, no script, nothing loaded, everything escaped."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources

from jinja2 import Environment, StrictUndefined

from influencers.report.headlines import Headline
from influencers.report.section import Section


@dataclass(frozen=True)
class Page:
    """All that the page shows.

    Attributes:
        made_at: when, as a text.
        sources: the input files.
        figures: PNG bytes by name; a figure that is not there is left out.
        drawings: SVG texts by name, that take the place of the figure of that name. They go into
            the page as they are: whoever makes them has escaped what they hold.
    """

    title: str
    made_at: str
    sources: Sequence[str]
    headlines: Sequence[Headline]
    warnings: Sequence[str]
    sections: Sequence[Section]
    figures: Mapping[str, bytes]
    drawings: Mapping[str, str] = field(default_factory=dict)


def render(page: Page) -> str:
    """The page as HTML."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["base64"] = _base64
    # Read as a resource: on executors and clusters the package may lie inside a zip.
    text = resources.files(__package__).joinpath("template.html.j2").read_text(encoding="utf-8")
    images = {name: _base64(png) for name, png in page.figures.items()}
    return environment.from_string(text).render(page=page, images=images)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
