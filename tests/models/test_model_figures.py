from __future__ import annotations

import pytest

from influencers.figures import style
from influencers.models.declaration import FEATURES, LABELS, labels_of
from influencers.models.figures.declarations import figures_of
from influencers.models.results import SplitResult


@pytest.mark.parametrize("model", FEATURES)
def test_every_figure_of_a_model_is_drawn_even_where_no_model_was_trained(model: str) -> None:
    trained = [
        [
            SplitResult(LABELS[label], split, {}, {}, skipped="all alike")
            for split in ("by_account", "by_time")
        ]
        for label in labels_of(model)
    ]
    declared = figures_of(model)
    assert declared
    for figure in declared:
        drawn = figure.draw(trained)
        assert "no data" in [text.get_text() for axes in drawn.axes for text in axes.texts]
        assert style.png(drawn).startswith(b"\x89PNG")
