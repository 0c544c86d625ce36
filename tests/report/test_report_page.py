"""The page: what it shows, and that nothing in it is more than text."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from influencers.communities.excerpt import Foremost, Tag
from influencers.measured.communities import Quality
from influencers.measured.images import Duplicates
from influencers.measured.metrics import Metrics
from influencers.measured.models import (
    Baseline,
    Gain,
    LabelMetrics,
    ModelMetrics,
    Performance,
    Skipped,
)
from influencers.measured.records import Rows
from influencers.report.contents import sections
from influencers.report.figures import current_figures
from influencers.report.frames import UNLINKED, Circle, Frames, circles
from influencers.report.headlines import headlines
from influencers.report.page import Page, render
from influencers.report.table import count, decimal, percent
from influencers.report.warnings import warnings

LEADER = {
    "tier": "nano",
    "rank": 1,
    "owner_id": 7,
    "owner_username": "ann",
    "followers": 900,
    "posts": 12,
    "median_engagement_rate": 0.0123,
}


def frames(**changes: Any) -> Frames:
    nothing: dict[str, Any] = {
        name: pd.DataFrame() for name in ("leaders", "tiers", "virality", "content")
    }
    return Frames(**{**nothing, "circles": (), **changes})


def numbers(**changes: Any) -> Metrics:
    rows = Rows(read=100, posts=98, quarantined=1, duplicates=1)
    return replace(Metrics(rows=rows), **changes)


def page(metrics_: Metrics, frames_: Frames, **changes: Any) -> str:
    parts: dict[str, Any] = {
        "title": "Title",
        "made_at": "2024-01-01 00:00 UTC",
        "sources": ["file:///a.csv"],
        "headlines": headlines(metrics_, frames_),
        "warnings": warnings(metrics_),
        "sections": sections(metrics_, frames_, {"models.seed": 1}),
        "figures": {},
    }
    return render(Page(**{**parts, **changes}))


class Outline(HTMLParser):
    """The tags, the attributes and the text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def test_an_empty_run_gives_a_page() -> None:
    outline = Outline(page(Metrics(), frames()))
    assert "None." in outline.text
    assert "–" in outline.text


@given(st.text(max_size=30).map(lambda text: f"<script>alert(1)</script>\"'{text}"))
def test_hostile_text_stays_text(hostile: str) -> None:
    leaders = pd.DataFrame([{**LEADER, "owner_username": hostile}])
    circles = [Circle(0, 1, 1, (hostile,))]
    html = page(
        numbers(), frames(leaders=leaders, circles=circles), title=hostile, sources=[hostile]
    )
    outline = Outline(html)
    assert "script" not in outline.tags
    assert not [name for name, _ in outline.attributes if name.startswith("on")]
    assert "<script>alert(1)</script>" in outline.text


def test_figures_are_inside_and_nothing_else_is_loaded() -> None:
    html = page(numbers(), frames(), figures={"likes_distribution": b"\x89PNG"})
    outline = Outline(html)
    sources = [value for name, value in outline.attributes if name == "src"]
    assert sources == ["data:image/png;base64,iVBORw=="]
    links = [value for name, value in outline.attributes if name == "href"]
    assert all(link and link.startswith("#") for link in links)


def test_headlines_name_the_best() -> None:
    forest = ModelMetrics(average_precision=0.5, prevalence=0.1)
    found = headlines(
        numbers(
            communities={
                "a": Quality(modularity=0.3, communities=4),
                "b": Quality(modularity=0.6, communities=9),
            },
            models={"virality": {"top_likes": LabelMetrics(by_account={"forest": forest})}},
        ),
        frames(accounts=1234),
    )
    shown = {one.label: one.value for one in found}
    assert shown["accounts"] == "1,234"
    assert shown["communities"] == "9"
    assert shown["average precision, virality"] == "0.500"
    assert "average precision, influence" not in shown


def test_a_headline_has_the_mean_over_folds_and_the_verdict() -> None:
    worth = Performance(
        split="by_account", folds=5, average_precision=0.82, deviation=0.031,
        prevalence=0.25, random=0.26, verdict="worse",
        best_baseline=Baseline("likes_only", 0.873, 0.02),
        over_best=Gain(-0.053, (-0.09, -0.01)),
        over_random=Gain(0.57, (0.4, 0.7)),
    )  # fmt: skip
    models = {"influence": {"top_followers": LabelMetrics(by_account={}, folds={"forest": worth})}}
    (shown,) = (
        one
        for one in headlines(numbers(models=models), frames())
        if one.label == "average precision, influence"
    )
    assert shown.value == "0.820 ± 0.031"
    assert "mean ± standard deviation of 5 folds of accounts" in shown.note
    assert "best baseline, mean likes alone: 0.873 ± 0.020; verdict: worse" in shown.note
    (line,) = warnings(numbers(models=models))
    assert "model: average precision 0.820 is behind that of mean likes alone, 0.873" in line
    weak = replace(worth, over_random=Gain(0.1, (-0.01, 0.2)))
    models = {"influence": {"top_followers": LabelMetrics(folds={"forest": weak})}}
    lines = warnings(numbers(models=models))
    assert any("that of a random order, 0.260; `score` asks for --force" in one
               for one in lines)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"rows": Rows(read=100, posts=39, quarantined=60, duplicates=1)}, "quarantine"),
        ({"communities": {"a": Quality(0.3, largest_share=0.6)}}, "one community holds"),
        ({"communities": {"a": Quality(0.01, communities=2)}}, "no better than chance"),
        (
            {"models": {"virality": {"top_likes": LabelMetrics(by_time=Skipped("one class"))}}},
            "Virality, top likes, later posts: skipped, one class.",
        ),
    ],
)
def test_warnings(changes: dict[str, Any], told: str) -> None:
    assert warnings(numbers()) == []
    (line,) = warnings(numbers(**changes))
    assert told in line


def test_numbers_as_people_read_them() -> None:
    assert count(1234567) == "1,234,567"
    assert count(None) == decimal(float("nan")) == percent(None) == "–"
    assert percent(0.00123) == "0.12 %"
    assert percent(0.5) == "50.0 %"
    assert percent(2e12) == "200,000,000,000,000.0 %"


def test_one_of_a_kind_is_singular() -> None:
    one = Metrics(rows=Rows(read=1, posts=0, quarantined=1, duplicates=0))
    one = replace(one, communities={"louvain": Quality(communities=1, modularity=0.0)})
    shown = [(it.value, it.label, it.note) for it in headlines(one, frames(accounts=1))]
    assert shown[:3] == [
        ("0", "posts", "of 1 record read"),
        ("1", "account", ""),
        ("1", "record in quarantine", "100.0 %"),
    ]
    assert shown[3][:2] == ("1", "community")


def test_what_was_not_done_says_why() -> None:
    labels = {"top_likes": LabelMetrics(by_account=Skipped("no training row has a label"))}
    communities = {"louvain": Quality(communities=0, tags=0, edges=0)}
    found = numbers(models={"virality": labels}, communities=communities)
    tables = {
        table.title: table
        for section in sections(found, frames(), {"images.enabled": False})
        for table in section.tables
    }
    assert {title: tables[title].empty for title in tables if not tables[title].rows} == {
        "Follower tiers": "None.",
        "Leaders of each tier": "No account is ranked.",
        "Held-out performance beside the best baseline": "No model was measured. top likes, "
        "unseen accounts: skipped, no training row has a label.",
        "What viral posts share": "Nothing to compare.",
        "What goes with engagement and comments, within accounts": "None.",
        "The largest communities": f"None: {UNLINKED}.",
        "Community profiles": f"None: {UNLINKED}.",
        "Download results": "Images are not downloaded in this run: images.enabled is false.",
        "Near-duplicate images": "Images are not downloaded in this run: images.enabled is false.",
        "Most duplicated images": "None.",
        "Reasons for quarantine": "None.",
        "Time": "None.",
    }
    assert f"None: {UNLINKED}." in Outline(page(found, frames())).text
    assert not [it for it in current_figures(found) if it.model]


def test_circles_take_their_own_tags() -> None:
    tags = (Tag("a", 0, 3), Tag("b", 0, 2), Tag("c", 1, 9))
    found = circles(Foremost(tags, (5, 2)), {0: 40})
    assert found == [Circle(0, 5, 40, ("a", "b")), Circle(1, 2, 0, ("c",))]


def test_copied_images_are_shown_beside_their_rows() -> None:
    copied = pd.DataFrame(
        [
            {
                "representative": "/p/<1>.jpg", "first_account": "ann", "images": 3, "posts": 4,
                "accounts": 2, "first_post": pd.Timestamp("2020-01-02"), "diameter": 6.0,
                "last_post": pd.Timestamp("2021-01-02"), "thumbnail": thumbnail,
            }
            for thumbnail in (b"\xff\xd8look", None)
        ]
    )  # fmt: skip
    html = page(numbers(duplicates=Duplicates(groups=1)), frames(copied=copied))
    assert html.count("data:image/jpeg;base64,/9hsb29r") == 1
    assert "/p/&lt;1&gt;.jpg" in html
    assert "2020-01-02" in html and "–" in html


def test_communities_are_described_by_what_marks_them() -> None:
    profiles = pd.DataFrame(
        [
            {
                "community": 0, "marking": "#<b>", "representatives": "ann, 7",
                "conductance": 0.25, "engagement_rate_median": 0.031, "growth": None,
            }
        ]
    )  # fmt: skip
    text = Outline(page(numbers(communities={"louvain": Quality(communities=1)}),
                        frames(profiles=profiles))).text  # fmt: skip
    for told in ("#<b>", "ann, 7", "0.250", "3.1 %", "–"):
        assert told in text


def test_a_drawing_takes_the_place_of_the_figure_of_its_name() -> None:
    figures = {"community_structure": b"\x89PNG"}
    assert "data:image/png" in page(numbers(), frames(), figures=figures)
    drawings = {"community_structure": '<svg class="hashtags"></svg>'}
    drawn = page(numbers(), frames(), figures=figures, drawings=drawings)
    assert drawn.count(drawings["community_structure"]) == 1
    assert "img" not in Outline(drawn).tags
