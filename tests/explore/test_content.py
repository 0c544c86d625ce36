from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession

from explore_seeds import (
    account_rows,
    arrow_rows,
    declared,
    grouped,
    random_posts,
    shuffled,
    table,
    with_relative_rate,
)
from influencers.explore.clock import Clock
from influencers.explore.comparisons import HASHTAG_GROUPS, group_name
from influencers.explore.content import content, count_relative_rates, verdicts
from influencers.explore.effects import delta_within
from influencers.explore.levels import WEEKDAYS, levels, supported_hashtags, tagged_posts
from influencers.explore.standing import OUTCOMES, Standings
from influencers.explore.tables import ANALYSIS_CONTENT
from influencers.explore.verdicts import Band, verdict

ROWS = random_posts(accounts=120, seed=33)
TAGS = ("food", "art", "東京")


def tags_of(row: dict[str, Any]) -> list[str]:
    """Some posts have some tags, by their number."""
    number = int(row["shortcode"][1:])
    return [tag for place, tag in enumerate(TAGS) if number % (3 + place) == 0]


def traits(row: dict[str, Any]) -> dict[str, list[str]]:
    count = row["hashtag_count"]
    groups = [g for g in HASHTAG_GROUPS if g[0] <= count and (g[1] is None or count <= g[1])]
    return {
        "content_type": [row["content_type"]] if row["content_type"] else [],
        "has_location": ["yes"] * row["has_location"],
        "question": ["yes"] * row["question"],
        "hashtag_count": [group_name(*groups[0])],
        "hashtag": [f"#{tag}" for tag in tags_of(row)],
        "hour": [f"{row['hour']:02d}"],
        "weekday": [WEEKDAYS[row["day_of_week"] - 1]],
    }


def outcome_of(row: dict[str, Any], outcome: str) -> float | None:
    if outcome != "comments_per_like":
        return row[outcome]
    return row["comments"] / row["likes"] if row["comments"] is not None and row["likes"] else None


def by_pairs(
    rows: list[dict[str, Any]], outcome: str, feature: str, level: str
) -> tuple[float, int, int]:
    """The effect by looking at every pair of posts of an author, and posts and accounts."""
    wins, weights, posts, compared = pairs(rows, outcome, feature, level)
    return wins / weights, posts, compared


def pairs(
    rows: list[dict[str, Any]], outcome: str, feature: str, level: str
) -> tuple[float, float, int, int]:
    """Pairs won less pairs lost, and pairs, both by post of the author; posts, and accounts."""
    wins = weights = 0.0
    posts, compared = 0, 0
    authors: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        unknown = feature == "content_type" and not row["content_type"]
        if outcome_of(row, outcome) is not None and not unknown:
            authors.setdefault(row["owner_id"], []).append(row)
    for own in authors.values():
        have = [outcome_of(r, outcome) for r in own if level in traits(r)[feature]]
        lack = [outcome_of(r, outcome) for r in own if level not in traits(r)[feature]]
        posts += len(have)
        compared += bool(have and lack)
        wins += sum((x > y) - (x < y) for x in have for y in lack) / len(own)
        weights += len(have) * len(lack) / len(own)
    return wins, weights, posts, compared


def judged(rows: list[dict[str, Any]]) -> tuple[str, ...]:
    """The two hashtags of most accounts, if at least five have them."""
    accounts = {tag: {r["owner_id"] for r in rows if tag in tags_of(r)} for tag in TAGS}
    enough = [tag for tag in TAGS if len(accounts[tag]) >= 5]
    return tuple(sorted(enough, key=lambda tag: -len(accounts[tag]))[:2])


def analysed(rows: list[dict[str, Any]], **options: Any) -> list[dict[str, Any]]:
    """The rows of the analysis; buckets of accounts are their ids modulo a number."""
    chosen = {"clock": Clock(), "band": Band.of_delta(0.1), "account_buckets": 30, **options}
    buckets, hashtags = chosen.pop("account_buckets"), judged(rows)
    clock = chosen["clock"]
    posts = [
        {
            **row,
            "bucket": row["owner_id"] % buckets,
            "tags": [tag for tag in tags_of(row) if tag in hashtags] or None,
            "trusted_hour": row["hour"] if clock.trusted else None,
        }
        for row in with_relative_rate(rows, account_rows(rows), min_posts=3)
    ]
    posts.sort(key=lambda row: row["owner_id"])
    standings = Standings(buckets, len(levels(hashtags)))
    if posts:
        standings.add(arrow_rows("post_features", posts), hashtags)
    groups = grouped(
        partial(count_relative_rates, hashtags=hashtags), "post_features", posts, tasks=3
    )
    found = content(standings.rows().to_pandas(), groups, hashtags, **chosen)
    return declared(found, ANALYSIS_CONTENT).to_pylist()


@pytest.mark.parametrize("partitions", [0, 5])
def test_hashtags_are_judged_that_most_accounts_use(spark: SparkSession, partitions: int) -> None:
    posts = table(
        spark,
        "posts",
        [{"shortcode": r["shortcode"], "owner_id": r["owner_id"], "hashtags": tags_of(r)}
         for r in ROWS],
    )  # fmt: skip
    if partitions:
        posts = shuffled(posts, partitions)
    found = supported_hashtags(posts, top=2, min_accounts=5)
    assert found == judged(ROWS) == TAGS[:2]
    assert supported_hashtags(posts, top=2, min_accounts=1_000) == ()
    tagged = {row["shortcode"]: set(row["tags"]) for row in tagged_posts(posts, found).collect()}
    assert tagged == {
        r["shortcode"]: {*tags_of(r)} & {*found} for r in ROWS if {*tags_of(r)} & {*found}
    }
    assert tagged_posts(posts, ()).count() == 0


def test_effects_are_those_of_all_pairs_within_authors() -> None:
    rows = analysed(ROWS)
    found = {(row["outcome"], row["feature"], row["level"]): row for row in rows}
    levels = {(f, level) for row in ROWS for f, ls in traits(row).items() for level in ls}
    levels -= {("hashtag", "#東京")}  # two at most
    assert set(found) == {(outcome, *pair) for outcome in OUTCOMES for pair in levels}
    for (outcome, feature, level), row in found.items():
        effect, posts, compared = by_pairs(ROWS, outcome, feature, level)
        assert row["effect"] == pytest.approx(effect, abs=1e-4), (outcome, feature, level)
        assert (row["posts"], row["compared_accounts"]) == (posts, compared)
        assert (row["median_relative_rate"] is None) == (outcome != "engagement_rate")
        if row["low"] is None:
            assert row["verdict"] == "too few accounts: no verdict" and compared < 30
        else:
            assert row["low"] < row["effect"] < row["high"]
    assert sum(row["low"] is not None for row in found.values()) > 60
    assert found["comments", "hashtag", "#food"]["position"] == 0
    assert found["engagement_rate", "weekday", "Sunday"]["position"] == 6


def test_intervals_are_as_wide_as_all_comparisons_of_the_table_ask_for() -> None:
    """Three outcomes of seven features share the 5 %."""
    found = [row for row in analysed(ROWS) if row["feature"] == "question"]
    assert {row["outcome"] for row in found} == set(OUTCOMES)
    for row in found:
        parts = [
            pairs([one for one in ROWS if one["owner_id"] % 30 == number], row["outcome"],
                  "question", "yes")
            for number in range(30)
        ]  # fmt: skip
        wins, weights = (np.array([part[place] for part in parts]) for place in (0, 1))
        effect = delta_within(wins, weights, comparisons=21)
        assert (row["low"], row["high"]) == pytest.approx((effect.low, effect.high), abs=1e-4)
        assert row["verdict"] == verdict(effect, band=Band.of_delta(0.1))


def planted(row: dict[str, Any]) -> dict[str, Any]:
    """Videos twice as engaging at the same author; large authors, who post none, far less."""
    small = row["owner_id"] % 2
    video = bool(small and int(row["shortcode"][1:]) % 3 == 0)
    noise = int(row["shortcode"][1:]) * 7_919 % 100 / 1_000
    rate = (0.1 if small else 0.4) * (2 if video else 1) * (1 + noise)
    return {**row, "engagement_rate": rate, "content_type": "video" if video else "photo"}


def test_account_size_does_not_pass_for_an_effect() -> None:
    rows = [planted(row) for row in ROWS]
    (video,) = (
        row
        for row in analysed(rows)
        if (row["outcome"], row["level"]) == ("engagement_rate", "video")
    )
    assert video["effect"] == 1.0 and video["verdict"] == "higher"
    # Across authors videos have the lower rate: .2 against .4.
    mean = {
        kind: np.mean([r["engagement_rate"] for r in rows if r["content_type"] == kind])
        for kind in ("video", "photo")
    }
    assert mean["video"] < mean["photo"]


def test_nothing_to_judge_is_said_in_words() -> None:
    photos = [{**row, "content_type": "photo"} for row in ROWS[:60]]
    found = analysed(photos, clock=Clock(trusted=False), account_buckets=10)
    words = {(row["feature"], row["level"]): row["verdict"] for row in found}
    assert words["hour", "any"] == "times are truncated: no verdict"
    for kind in ("photo", "video", "carousel"):
        assert words["content_type", kind] == "nothing to compare with: no verdict"
    assert not any(feature == "hour" and level != "any" for feature, level in words)
    lines = verdicts(pd.DataFrame(found))
    assert set(lines) == set(OUTCOMES)
    assert {line["content_type"] for line in lines.values()} == {
        "nothing to compare with: no verdict"
    }


def test_no_posts_at_all_get_no_verdict() -> None:
    found = {(row["outcome"], row["feature"], row["level"]): row for row in analysed([])}
    assert len(found) == 3 * 9  # three types, and `any` of the other six
    assert found["comments", "weekday", "any"]["verdict"] == "no data: no verdict"
    assert found["comments", "hashtag", "any"]["verdict"] == "too few accounts: no verdict"
    assert found["engagement_rate", "hour", "any"]["posts"] == 0
    assert found["engagement_rate", "hour", "any"]["effect"] is None
