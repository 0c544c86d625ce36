"""Every figure that is declared is in one section of the page."""

from __future__ import annotations

import pandas as pd

from influencers.measured.growth import Growth
from influencers.measured.metrics import Metrics
from influencers.report.contents import sections
from influencers.report.figures import FIGURES, current_figures
from influencers.report.frames import Changes, Frames


def test_every_declared_figure_is_in_its_section_once() -> None:
    nothing = pd.DataFrame()
    movers = pd.DataFrame({"is_largest": pd.Series([], dtype=bool)})
    frames = Frames(nothing, nothing, nothing, nothing, (), changes=Changes(movers, nothing))
    metrics = Metrics(growth=Growth(intervals=1))
    shown = [
        (section.anchor, figure.name)
        for section in sections(metrics, frames, {})
        for figure in section.figures
    ]
    assert sorted(shown) == sorted((figure.section, figure.name) for figure in FIGURES)
    assert len({figure.name for figure in FIGURES}) == len(FIGURES)


def test_a_figure_is_told_of_in_words() -> None:
    for figure in FIGURES:
        assert figure.title
        assert bool(figure.caption) == figure.has_svg, "an SVG answers the pointer: say how"


def test_figures_of_growth_are_of_runs_that_saw_several_crawls() -> None:
    names = {figure.name for figure in current_figures(Metrics(growth=Growth(posts=9)))}
    grown = {figure.name for figure in current_figures(Metrics(growth=Growth(curves=2)))}
    assert grown - names == {"like_curves", "top_movers"}
