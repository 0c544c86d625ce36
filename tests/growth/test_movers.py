"""Which accounts and posts are told of, in which words, and how they are drawn."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession

from influencers.features.tables import ACCOUNTS
from influencers.figures import style
from influencers.growth.figures import PANELS, draw_like_curves, draw_top_movers
from influencers.growth.movers import best_posts, in_words, top_movers
from influencers.growth.tables import ACCOUNT_GROWTH, LIKE_CURVES, POST_PERFORMANCE
from influencers.storage.table import Table

_START = datetime(2024, 12, 1, tzinfo=timezone.utc)


def frame(spark: SparkSession, table: Table, *rows: dict[str, Any]) -> DataFrame:
    names = table.schema.fieldNames()
    return spark.createDataFrame([tuple(row.get(n) for n in names) for row in rows], table.schema)


def interval(owner: int, day: int, before: int, after: int, kind: str | None) -> dict[str, Any]:
    return {
        "owner_id": owner,
        "from_at": _START + timedelta(days=day),
        "to_at": _START + timedelta(days=day + 1),
        "followers_from": before,
        "followers_to": after,
        "days": 1.0,
        "posts_between": 0,
        "kind": kind,
    }


def test_sudden_changes_come_first_and_then_the_largest(spark: SparkSession) -> None:
    growth = frame(
        spark,
        ACCOUNT_GROWTH,
        interval(1, 0, 100, 150, "usual"),
        interval(2, 0, 100, 108, "step"),
        interval(2, 1, 108, 190, "usual"),
        interval(3, 0, 100, 106, "drop"),
        interval(4, 0, 100, 300, None),
        interval(5, 0, 0, 10, None),
    )
    accounts = frame(spark, ACCOUNTS, {"owner_id": 2, "owner_username": "bob"})
    movers = top_movers(growth, accounts, most=3)
    assert movers["rank"].tolist() == [1, 1, 2, 3]
    assert movers["owner_id"].tolist() == [2, 2, 3, 4]
    assert movers["is_largest"].tolist() == [True, False, True, True]
    assert movers["owner_username"].tolist()[0] == "bob"
    everybody = top_movers(growth, accounts, most=9)
    assert everybody["owner_id"].tolist() == [2, 2, 3, 4, 1]
    assert top_movers(growth.limit(0), accounts, most=3).empty


def test_the_best_posts(spark: SparkSession) -> None:
    performance = frame(
        spark,
        POST_PERFORMANCE,
        *(
            {"shortcode": code, "owner_id": 1, "score": score, "created_at": _START,
             "earlier_posts": 10}
            for code, score in (("B", 3.0), ("A", 3.0), ("C", 9.0), ("D", -5.0), ("E", None))
        ),
    )  # fmt: skip
    accounts = frame(spark, ACCOUNTS, {"owner_id": 1, "owner_username": "ann"})
    best = best_posts(performance, accounts, most=2)
    assert best["shortcode"].tolist() == ["C", "A"]
    assert set(best["owner_username"]) == {"ann"}


@pytest.mark.parametrize(
    ("after", "days", "kind", "words"),
    [
        (1_310, 3.0, "step", "+31 % in 3 days, not explained by a post"),
        (1_080, 1.0, "hit", "+8.0 % in 24 hours, with a post of more than twice its usual likes"),
        (700, 1.6, "give_back", "-30 % in 2 days, after a sudden rise"),
        (1_004, 1.0, "follow_unfollow", "+0.4 % in 24 hours, while many followed accounts were "
                                        "unfollowed"),
        (900, 1.0, "drop", "-10 % in 24 hours, a sudden loss"),
        (1_000, 7.0, "usual", "+0.0 % in 7 days"),
        (1_000, 7.0, None, "+0.0 % in 7 days"),
    ],
)  # fmt: skip
def test_what_was_seen_in_words(after: int, days: float, kind: str | None, words: str) -> None:
    seen = {"followers_from": 1_000, "followers_to": after, "days": days, "kind": kind}
    assert in_words(seen) == words


def movers(number: int) -> pd.DataFrame:
    rows = [
        {**interval(owner, day, 100 + day, 101 + day, "step"), "rank": owner,
         "is_largest": day == 2, "owner_username": None if owner == 1 else f"name{owner}"}
        for owner in range(1, number + 1)
        for day in range(4)
    ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.mark.parametrize("number", [1, 2, 4, PANELS, PANELS + 3])
def test_a_panel_for_each_account(number: int) -> None:
    figure = draw_top_movers(movers(number))
    drawn = [axes for axes in figure.axes if axes.lines]
    assert len(drawn) == min(number, PANELS)
    assert drawn[0].get_title(loc="left").startswith("1\n")
    # What was seen in each crawl, and the largest change on it.
    assert [len(line.get_xdata()) for line in drawn[0].lines] == [5, 2]
    assert style.png(figure) == style.png(draw_top_movers(movers(number)))


def test_without_rows_figures_say_so() -> None:
    nothing = pd.DataFrame({name: [] for name in LIKE_CURVES.schema.fieldNames()})
    for figure in (draw_top_movers(movers(0)), draw_like_curves(nothing)):
        assert "no data" in [text.get_text() for text in figure.axes[0].texts]


def test_a_line_for_each_content_type() -> None:
    rows = [
        {"tier": tier, "content_type": kind, "age_bucket": age, "posts": 40, "observations": 50,
         "age_hours": age * 1.4, "share_q25": 0.1, "share_median": age / 100, "share_q75": 0.9}
        for tier in ("all", "nano") for kind in ("photo", "video") for age in (4, 8, 16)
    ]  # fmt: skip
    figure = draw_like_curves(pd.DataFrame(rows))
    lines = figure.axes[0].lines
    assert [line.get_label() for line in lines] == ["photo", "video"]
    assert lines[0].get_ydata().tolist() == [0.04, 0.08, 0.16]
