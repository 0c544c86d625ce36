from __future__ import annotations

import pandas as pd

from influencers.report.sections.content import content_table
from influencers.report.sections.influence import leader_table
from influencers.report.sections.virality import virality_table


def test_leaders_stand_beside_their_interval_posts_and_percentile() -> None:
    leaders = pd.DataFrame(
        [
            {"tier": tier, "rank": 1, "owner_id": 7, "owner_username": "ann", "followers": 900,
             "posts": 12, "median_engagement_rate": 0.68, "median_low": 0.05, "median_high": 0.8,
             "percentile": 0.974}
            for tier in ("mid", "nano")
        ]
    )  # fmt: skip
    found = leader_table(leaders, {"explore.leader_min_posts": 10})
    assert [row[0] for row in found.rows] == ["nano", "mid"]
    assert dict(zip(found.columns, found.rows[0], strict=True)) == {
        "tier": "nano", "rank": "1", "account": "ann", "followers": "900", "posts": "12",
        "median engagement rate": "68.0 %", "95 % interval of the median": "5.0 % to 80.0 %",
        "percentile in tier": "97",
    }  # fmt: skip
    assert "10 posts or more (explore.leader_min_posts)" in found.note
    nobody = leader_table(pd.DataFrame(), {"explore.leader_min_posts": 10})
    assert nobody.empty.startswith("No account is ranked: none has 10 posts or more")


def test_each_effect_is_named_with_its_measure() -> None:
    row = {"label": "top_likes", "feature": "video", "typical_viral": 0.031, "typical_other": 0.102,
           "measure": "odds ratio", "effect": 0.28, "low": 0.2, "high": 0.41,
           "verdict": "lower"}  # fmt: skip
    found = virality_table(pd.DataFrame([row]))
    assert found.rows == (
        ("top likes", "video", "0.031", "0.102", "odds ratio", "0.28", "0.20 to 0.41", "lower"),
    )
    assert "in 95 of 100 such tables all of them hold" in found.note


def test_features_without_data_are_named_below_the_table() -> None:
    known = {"label": "top_likes", "feature": "video", "typical_viral": 0.031, "effect": 0.28,
             "typical_other": 0.102, "measure": "odds ratio", "low": 0.2, "high": 0.41,
             "verdict": "lower"}  # fmt: skip
    unknown = {**known, "verdict": "no data: no verdict", "effect": None, "low": None, "high": None}
    rows = [
        known,
        {**unknown, "feature": "has_location"},
        {**unknown, "label": "top_engagement_in_tier"},
        {**unknown, "label": "top_engagement_in_tier", "feature": "has_location",
         "verdict": "nothing to compare with: no verdict"},
    ]  # fmt: skip
    found = virality_table(pd.DataFrame(rows))
    why = "Without data, or without posts of both kinds"
    missing = f"{why}: top likes: has location; top engagement in tier: all features."
    assert [row[:2] for row in found.rows] == [("top likes", "video")]
    assert found.note.endswith(missing)
    nothing = virality_table(pd.DataFrame(rows[2:]))
    assert not nothing.rows
    assert nothing.empty == f"Nothing to compare. {why}: top engagement in tier: all features."


def test_a_trait_is_one_row_with_a_verdict_for_each_outcome() -> None:
    trait = {"feature": "has_location", "level": "yes", "position": 0, "posts": 1_234}
    content = pd.DataFrame(
        [
            {**trait, "outcome": "comments", "effect": 0.02, "low": -0.03, "high": 0.07,
             "verdict": "no effect"},
            {**trait, "outcome": "engagement_rate", "effect": 0.14, "low": 0.11, "high": 0.17,
             "verdict": "higher"},
            {**trait, "outcome": "engagement_rate", "feature": "content_type", "level": "video",
             "posts": 3, "effect": 0.1, "low": None, "high": None,
             "verdict": "too few accounts: no verdict"},
        ]
    )  # fmt: skip
    missing = ("–", "no data: no verdict")
    assert content_table(content).rows == (
        ("content type", "video", "3", "0.10", "too few accounts: no verdict", *missing, *missing),
        ("has location", "yes", "1,234", "0.14 (0.11 to 0.17)", "higher",
         "0.02 (-0.03 to 0.07)", "no effect", *missing),
    )  # fmt: skip
