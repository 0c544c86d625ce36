"""Every figure that is declared is in one section of the page."""

from __future__ import annotations

import pandas as pd

from influencers.measured.metrics import Metrics
from influencers.report.contents import sections
from influencers.report.figures import FIGURES
from influencers.report.frames import Frames


def test_every_declared_figure_is_in_its_section_once() -> None:
    nothing = pd.DataFrame()
    shown = [
        (section.anchor, figure.name)
        for section in sections(Metrics(), Frames(nothing, nothing, nothing, nothing, ()), {})
        for figure in section.figures
    ]
    assert sorted(shown) == sorted((figure.section, figure.name) for figure in FIGURES)
    assert len({figure.name for figure in FIGURES}) == len(FIGURES)


def test_a_figure_is_told_of_in_words() -> None:
    for figure in FIGURES:
        assert figure.title
        assert bool(figure.caption) == figure.has_svg, "an SVG answers the pointer: say how"
