from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from explore_seeds import account_rows, random_posts, shuffled, table
from influencers.explore.clock import Clock
from influencers.explore.comparisons import HASHTAG_GROUPS, group_name
from influencers.explore.content import content, verdicts
from influencers.explore.effects import delta_within
from influencers.explore.levels import WEEKDAYS, supported_hashtags
from influencers.explore.relative import with_relative_rate
from influencers.explore.standing import OUTCOMES
from influencers.explore.tables import ANALYSIS_CONTENT
from influencers.explore.verdicts import Band, verdict
from influencers.storage import tables

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


def analysed(
    spark: SparkSession, rows: list[dict[str, Any]], *, partitions: int = 0, **options: Any
) -> DataFrame:
    features = table(spark, "post_features", rows)
    posts = table(
        spark,
        "posts",
        [{"shortcode": r["shortcode"], "owner_id": r["owner_id"], "hashtags": tags_of(r)}
         for r in rows],
    )  # fmt: skip
    accounts = table(spark, "accounts", account_rows(rows))
    if partitions:
        features, posts = shuffled(features, partitions), shuffled(posts, partitions + 1)
    found = content(
        with_relative_rate(features, accounts, min_posts=3),
        supported_hashtags(posts, top=2, min_accounts=5),
        **{"clock": Clock(), "band": Band.of_delta(0.1), "account_buckets": 30, **options},
    )
    return tables.conform(found, ANALYSIS_CONTENT)


def test_effects_are_those_of_all_pairs_within_authors(spark: SparkSession) -> None:
    rows = analysed(spark, ROWS).collect()
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


def test_intervals_are_as_wide_as_all_comparisons_of_the_table_ask_for(
    spark: SparkSession,
) -> None:
    """Three outcomes of seven features share the 5 %."""
    owners = spark.createDataFrame([(row["owner_id"],) for row in ROWS], "owner_id bigint")
    bucket = F.pmod(F.xxhash64("owner_id"), F.lit(30)).alias("bucket")
    of_owner = {row["owner_id"]: row["bucket"] for row in owners.select("*", bucket).collect()}
    found = analysed(spark, ROWS).where("feature = 'question'").collect()
    assert {row["outcome"] for row in found} == set(OUTCOMES)
    for row in found:
        parts = [
            pairs([one for one in ROWS if of_owner[one["owner_id"]] == number], row["outcome"],
                  "question", "yes")
            for number in range(30)
        ]  # fmt: skip
        wins, weights = (np.array([part[place] for part in parts]) for place in (0, 1))
        effect = delta_within(wins, weights, comparisons=21)
        assert (row["low"], row["high"]) == pytest.approx((effect.low, effect.high), abs=1e-4)
        assert row["verdict"] == verdict(effect, band=Band.of_delta(0.1))


def test_shuffled_posts_have_the_same_effects(spark: SparkSession) -> None:
    assert_df_equality(
        analysed(spark, ROWS), analysed(spark, ROWS, partitions=5), ignore_row_order=True
    )


def planted(row: dict[str, Any]) -> dict[str, Any]:
    """Videos twice as engaging at the same author; large authors, who post none, far less."""
    small = row["owner_id"] % 2
    video = bool(small and int(row["shortcode"][1:]) % 3 == 0)
    noise = int(row["shortcode"][1:]) * 7_919 % 100 / 1_000
    rate = (0.1 if small else 0.4) * (2 if video else 1) * (1 + noise)
    return {**row, "engagement_rate": rate, "content_type": "video" if video else "photo"}


def test_account_size_does_not_pass_for_an_effect(spark: SparkSession) -> None:
    rows = [planted(row) for row in ROWS]
    found = analysed(spark, rows)
    of_rate = found.where("outcome = 'engagement_rate'")
    video = of_rate.where("feature = 'content_type' and level = 'video'").head()
    assert video["effect"] == 1.0 and video["verdict"] == "higher"
    # Across authors videos have the lower rate: .2 against .4.
    mean = {kind: F.avg(F.when(F.col("content_type") == kind, F.col("engagement_rate")))
            for kind in ("video", "photo")}  # fmt: skip
    raw = table(spark, "post_features", rows).agg(mean["video"] < mean["photo"]).head()
    assert raw[0]


def test_nothing_to_judge_is_said_in_words(spark: SparkSession) -> None:
    photos = [{**row, "content_type": "photo"} for row in ROWS[:60]]
    found = analysed(spark, photos, clock=Clock(trusted=False), account_buckets=10)
    words = {(row["feature"], row["level"]): row["verdict"] for row in found.collect()}
    assert words["hour", "any"] == "times are truncated: no verdict"
    for kind in ("photo", "video", "carousel"):
        assert words["content_type", kind] == "nothing to compare with: no verdict"
    assert not any(feature == "hour" and level != "any" for feature, level in words)
    lines = verdicts(found.toPandas())
    assert set(lines) == set(OUTCOMES)
    assert {line["content_type"] for line in lines.values()} == {
        "nothing to compare with: no verdict"
    }


def test_no_posts_at_all_get_no_verdict(spark: SparkSession) -> None:
    rows = analysed(spark, []).collect()
    found = {(row["outcome"], row["feature"], row["level"]): row for row in rows}
    assert len(found) == 3 * 9  # three types, and `any` of the other six
    assert found["comments", "weekday", "any"]["verdict"] == "no data: no verdict"
    assert found["comments", "hashtag", "any"]["verdict"] == "too few accounts: no verdict"
    assert found["engagement_rate", "hour", "any"]["posts"] == 0
    assert found["engagement_rate", "hour", "any"]["effect"] is None
