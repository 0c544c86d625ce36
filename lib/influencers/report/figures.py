"""All figures that there are, as the packages that draw them declare them."""

from __future__ import annotations

from influencers.communities import figures as of_communities
from influencers.explore import figures as of_explore
from influencers.figures.figure import Figure
from influencers.growth import figures as of_growth
from influencers.measured.metrics import Metrics
from influencers.models.figures import declarations as of_models

FIGURES: tuple[Figure, ...] = (
    *of_explore.FIGURES,
    *of_communities.FIGURES,
    *of_growth.FIGURES,
    *of_models.FIGURES,
)


def figures_in(section: str) -> tuple[Figure, ...]:
    """The figures of a section, by its anchor, in the order of their declarations."""
    return tuple(figure for figure in FIGURES if figure.section == section)


def current_figures(metrics: Metrics) -> tuple[Figure, ...]:
    """The figures that this run has drawn: none of what it measured nothing of."""
    growth = metrics.growth
    others = () if growth and (growth.intervals or growth.curves) else of_growth.FIGURES
    return tuple(
        figure
        for figure in FIGURES
        if figure not in others and (figure.model is None or _is_shown(metrics, figure.model))
    )


def _is_shown(metrics: Metrics, model: str) -> bool:
    labels = metrics.models.get(model, {}).values()
    return any(label.measured() or not label.skipped() for label in labels)
