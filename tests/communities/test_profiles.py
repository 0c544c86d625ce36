"""What is told of communities, on posts small enough to count by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from influencers.communities import profiles

Row = dict[str, Any]


def posts(spark: SparkSession, rows: list[Row]) -> DataFrame:
    plain = {"shortcode": None, "owner_id": 1, "owner_username": None, "created_at": moment(1),
             "likes": 10, "comments": 0, "followers": 100, "hashtags": []}  # fmt: skip
    filled = [{**plain, "shortcode": f"s{n}", **row} for n, row in enumerate(rows)]
    return spark.createDataFrame(
        [tuple(row.values()) for row in filled],
        "shortcode string, owner_id long, owner_username string, created_at timestamp, likes long, "
        "comments long, followers long, hashtags array<string>",
    )


def moment(day: int, month: int = 1) -> datetime:
    return datetime(2017, month, day, 12, tzinfo=UTC)


def homes(spark: SparkSession, given: dict[str, int]) -> DataFrame:
    return spark.createDataFrame(
        [("louvain", *one) for one in given.items()],
        "algorithm string, hashtag string, community long",
    )


def uses(spark: SparkSession, given: dict[int, str]) -> DataFrame:
    """Accounts and the one-letter hashtags that each uses."""
    rows = [(owner, tag, 1) for owner, tags in given.items() for tag in tags]
    return spark.createDataFrame(rows, "owner_id long, hashtag string, posts long")


def members(spark: SparkSession, given: dict[int, tuple[int, float]]) -> DataFrame:
    return spark.createDataFrame(
        [(owner, *one) for owner, one in given.items()],
        "owner_id long, community long, share double",
    )


def by_community(frame: DataFrame) -> dict[int, Row]:
    return {row["community"]: row.asDict(recursive=True) for row in frame.collect()}


def test_conductance_is_what_leaves_by_the_smaller_side(spark: SparkSession) -> None:
    edges = spark.createDataFrame(
        [("a", "b", 4), ("c", "d", 2), ("b", "c", 1)], "src string, dst string, weight long"
    )
    found = by_community(profiles.in_graph(edges, homes(spark, {"a": 0, "b": 0, "c": 1, "d": 1})))
    # Strengths: 4 + 5 and 3 + 2; one leaves.
    assert [(row["hashtags"], row["share"], row["conductance"]) for row in found.values()] == [
        (2, 0.5, pytest.approx(1 / 5))
    ] * 2
    (alone,) = by_community(
        profiles.in_graph(edges, homes(spark, dict.fromkeys("abcd", 0)))
    ).values()
    assert (alone["share"], alone["conductance"]) == (1.0, None)


def test_marking_hashtags_are_likelier_inside_and_their_users_many(spark: SparkSession) -> None:
    # Four accounts inside, four outside: "z" is everybody's, "r" of one, "m" of three inside.
    used = uses(spark, {1: "zmr", 2: "zm", 3: "zm", 4: "z", 5: "z", 6: "z", 7: "z", 8: "zm"})
    inside = members(spark, {n: (0, 1.0) for n in (1, 2, 3, 4)})
    found = by_community(
        profiles.marking_tags(used, homes(spark, dict.fromkeys("zmr", 0)), inside, most=2)
    )
    # "m": 3 of 4 against 4 of 8, 3 ln 1.5 = 1.2; "r": 1 of 4 against 1 of 8, ln 2 = .7; "z": 0.
    assert found[0]["marking"] == [
        {"hashtag": "m", "lift": 1.5, "accounts": 3},
        {"hashtag": "r", "lift": 2.0, "accounts": 1},
    ]


def test_hashtags_of_another_community_do_not_mark_this_one(spark: SparkSession) -> None:
    used = uses(spark, {1: "ab", 2: "ab", 3: "b"})
    own = members(spark, {1: (0, 0.5), 2: (0, 0.5), 3: (1, 1.0)})
    found = by_community(profiles.marking_tags(used, homes(spark, {"a": 0, "b": 1}), own, most=9))
    assert [one["hashtag"] for one in found[0]["marking"]] == ["a"]
    assert [one["hashtag"] for one in found[1]["marking"]] == ["b"]


def test_representatives_use_many_of_its_hashtags_and_few_others(spark: SparkSession) -> None:
    used = uses(spark, {1: "ab", 2: "abc", 3: "abcdefgh", 4: "c"})
    own = members(spark, {1: (0, 1.0), 2: (0, 1.0), 3: (0, 0.3), 4: (0, 1.0)})
    named = posts(spark, [
        {"owner_id": 2, "owner_username": "later", "created_at": moment(9)},
        {"owner_id": 2, "owner_username": "before", "created_at": moment(2)},
        {"owner_id": 1, "owner_username": None},
    ])  # fmt: skip
    found = by_community(
        profiles.representatives(named, used, homes(spark, dict.fromkeys("abc", 0)), own, most=3)
    )
    # 3 × 1, 2 × 1, then 1 × 1 before 3 × .3.
    assert [(one["owner_id"], one["owner_username"]) for one in found[0]["representatives"]] == [
        (2, "later"), (1, None), (4, None)
    ]  # fmt: skip


def test_a_post_is_in_the_community_of_most_of_its_hashtags(spark: SparkSession) -> None:
    given = [["a", "c", "d"], ["a", "c"], ["b", "b", "b", "c", "d"], ["unknown"], [], None]
    found = profiles.posts_in(
        posts(spark, [{"owner_id": n, "hashtags": tags} for n, tags in enumerate(given)]),
        homes(spark, {"a": 0, "b": 0, "c": 1, "d": 1}),
    )
    # Ties go to the smaller number; a hashtag repeated in a post counts once.
    assert {row["owner_id"]: row["community"] for row in found.collect()} == {0: 1, 1: 0, 2: 1}


def test_success_is_of_accounts_and_growth_of_halves(spark: SparkSession) -> None:
    days = [(1, 0), (2, 0), (3, 1), (4, 0), (20, 1), (21, 1), (22, 1), (23, 0)]
    rows = [
        {"created_at": moment(day), "hashtags": ["ab"[home]], "owner_id": home * 10 + day % 2,
         "likes": 10 * day}
        for day, home in days
    ]  # fmt: skip
    inside = profiles.posts_in(posts(spark, rows), homes(spark, {"a": 0, "b": 1}))
    found = by_community(profiles.success(inside))
    # Three of four early posts and one of four late ones are of community 0.
    assert found[0]["growth"] == pytest.approx((1 / 4) / (3 / 4))
    assert found[1]["growth"] == pytest.approx((3 / 4) / (1 / 4))
    # Accounts 0 (days 2, 4) and 1 (days 1, 23) of 100 followers: medians .3 and 1.2.
    assert found[0]["engagement_rate_median"] == pytest.approx(0.75)
    assert (found[0]["posts"], found[1]["posts"]) == (4, 4)


def test_a_community_that_began_late_has_no_growth(spark: SparkSession) -> None:
    rows = [{"created_at": moment(day), "hashtags": ["ab"[day > 5]], "followers": None}
            for day in (1, 2, 8, 9)]  # fmt: skip
    inside = profiles.posts_in(posts(spark, rows), homes(spark, {"a": 0, "b": 1}))
    found = by_community(profiles.success(inside))
    assert (found[0]["growth"], found[1]["growth"]) == (0.0, None)
    assert found[0]["engagement_rate_median"] is None


def test_months_are_counted_with_their_shares(spark: SparkSession) -> None:
    said = ((1, 1, "a"), (1, 1, "a"), (1, 2, "b"), (3, 1, "b"))
    rows = [{"created_at": moment(day, month), "hashtags": [tag], "owner_id": day}
            for month, day, tag in said]  # fmt: skip
    inside = profiles.posts_in(posts(spark, rows), homes(spark, {"a": 0, "b": 1}))
    found = sorted(
        (row["month"].month, row["community"], row["posts"], row["accounts"], row["share"])
        for row in profiles.by_month(inside).collect()
    )
    assert found == [(1, 0, 2, 1, 2 / 3), (1, 1, 1, 1, 1 / 3), (3, 1, 1, 1, 1.0)]


def test_lists_as_words(spark: SparkSession) -> None:
    entry = "array<struct<{}>>"
    frame = spark.createDataFrame(
        [(0, [("snow", 2.0, 3)], [(1, "anna", 1.0), (2, None, 0.5)]), (1, None, None)],
        "community long, "
        f"marking {entry.format('hashtag: string, lift: double, accounts: long')}, "
        f"representatives {entry.format('owner_id: long, owner_username: string, share: double')}",
    )
    found = by_community(profiles.in_words(frame))
    assert (found[0]["marking"], found[0]["representatives"]) == ("#snow", "anna, 2")
    assert (found[1]["marking"], found[1]["representatives"]) == ("", "")
