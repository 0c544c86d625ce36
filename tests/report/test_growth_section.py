"""The section of what changed: names, numbers, and words that claim no more than the data."""

from __future__ import annotations

from datetime import datetime, timezone

import pandas as pd

from influencers.measured.growth import Growth
from influencers.measured.metrics import Metrics
from influencers.report.contents import sections
from influencers.report.frames import Changes, Frames
from influencers.report.section import Section

_AT = datetime(2024, 12, 1, 6, tzinfo=timezone.utc)
MOVERS = pd.DataFrame(
    [
        {"rank": 1, "is_largest": is_largest, "owner_id": 7, "owner_username": name,
         "from_at": _AT, "to_at": _AT, "followers_from": 1_000, "followers_to": 1_310, "days": 3.0,
         "posts_between": 2, "kind": "step", "z": 41.26}
        for name, is_largest in (("ann", True), ("ann", False))
    ]
)  # fmt: skip
POSTS = pd.DataFrame(
    [
        {"shortcode": "AAA", "owner_id": 7, "owner_username": None, "content_type": "video",
         "created_at": _AT, "likes": 300, "expected": 99.6, "score": 3.01, "basis": "curve"}
    ]
)  # fmt: skip
GROWTH = Growth(accounts=12, intervals=40, by_kind={"usual": 38, "step": 1, "follow_unfollow": 1},
                curves=2, missing=3)  # fmt: skip


def section(growth: Growth | None, changes: Changes | None) -> Section | None:
    nothing = pd.DataFrame()
    shown = Frames(nothing, nothing, nothing, nothing, (), changes=changes)
    found = sections(Metrics(growth=growth), shown, {"growth.min_earlier": 10})
    return next((one for one in found if one.anchor == "growth"), None)


def test_accounts_and_posts_by_name_and_number() -> None:
    shown = section(GROWTH, Changes(MOVERS, POSTS))
    assert shown is not None
    movers, posts = shown.tables
    assert movers.rows == (
        ("ann", "2024-12-01 06:00", "2024-12-01 06:00", "1,000", "1,310", "2",
         "+31 % in 3 days, not explained by a post", "41.3"),
    )  # fmt: skip
    assert posts.rows == (
        ("AAA", "7", "video", "2024-12-01", "300", "99", "×3.0", "the like curve"),
    )  # fmt: skip
    assert shown.title == "What changed"
    assert "12 accounts" in shown.lead and "1 step, 1 follow unfollow" in shown.lead
    assert "3 posts disappeared" in shown.lead
    assert [figure.name for figure in shown.figures] == ["like_curves", "top_movers"]
    assert "bought" not in f"{shown.lead} {movers.rows} {movers.note}"


def test_after_one_crawl_posts_alone_are_compared() -> None:
    shown = section(Growth(posts=5), Changes(MOVERS.head(0), POSTS.head(0)))
    assert shown is not None and shown.figures == ()
    assert shown.lead.startswith("One crawl so far")
    assert shown.title == "Posts beside their author's usual"
    (posts,) = shown.tables
    assert posts.rows == () and "10 earlier ones" in posts.empty


def test_without_the_stage_there_is_no_section() -> None:
    assert section(None, None) is None
    assert section(None, Changes(MOVERS, POSTS)) is None
