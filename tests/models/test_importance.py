from __future__ import annotations

from influencers.figures import style
from influencers.measured.models import ModelMetrics, Skipped, SplitMetrics
from influencers.models.declaration import LABELS, VIRALITY
from influencers.models.figures import importance
from influencers.models.figures.importance import Bar
from influencers.models.results import SplitResult

METRICS: dict[str, SplitMetrics] = {
    "by_account": {
        "forest": ModelMetrics(average_precision=0.5, auc=0.75, prevalence=0.1, rows=1234),
        "history_only": ModelMetrics(average_precision=0.4),
    },
    "by_time": Skipped("no training row has a label"),
}


def test_bars_are_readable_and_the_longest_first() -> None:
    found = importance.bars(VIRALITY, {"hour": 0.2, "followers": 0.5, "emoji_count": 0.2})
    assert found == [
        Bar("followers", "author", 0.5),
        Bar("emoji", "text", 0.2),
        Bar("hour (UTC)", "timing", 0.2),
    ]


def test_the_caption_has_every_measure_beside_its_baselines() -> None:
    assert importance.metrics_sentence(METRICS) == (
        "Unseen accounts, 1,234 rows, 10 % positive: average precision (AUC) of model 0.500 "
        "(0.750), own history alone 0.400 (unknown). Later posts: not measured, no training row "
        "has a label."
    )


def test_a_figure_shows_every_feature_in_its_groups_colour() -> None:
    shown = [Bar("followers", "author", 0.5), Bar("hour (UTC)", "timing", 0.2)]
    figure = importance.draw(shown, title="What tells viral posts", metrics=METRICS)
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["followers", "hour (UTC)"]
    assert [bar.get_width() for bar in axes.patches] == [0.5, 0.2]
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["author", "timing"]
    assert style.png(figure).startswith(b"\x89PNG")


def test_without_a_model_the_figure_says_so() -> None:
    skipped = [
        SplitResult(LABELS["top_likes"], split, {}, {}, skipped="all alike")
        for split in ("by_account", "by_time")
    ]
    figure = importance.figure_of(skipped)
    texts = [text.get_text() for text in (*figure.texts, *figure.axes[0].texts)]
    assert "no data" in texts
    assert any("all alike" in text for text in texts)
