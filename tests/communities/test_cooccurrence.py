"""Hashtag pairs, held against plain Python that looks at every pair of every post."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from itertools import combinations
from typing import Any

import pytest
from chispa import assert_df_equality
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession

from influencers.communities.cooccurrence import (
    bounded_tags,
    left_out,
    linked_tags,
    pair_counts,
    tag_uses,
    ubiquitous_tags,
    without_tags,
)
from influencers.communities.tables import HASHTAG_EDGES

Posts = list[tuple[int | None, list[str] | None]]

EDGE_COLUMNS = ["src", "dst", "posts", "accounts", "weight"]


def frame(spark: SparkSession, posts: Posts) -> DataFrame:
    return spark.createDataFrame(posts, "owner_id long, hashtags array<string>")


def edges_of(posts: DataFrame, *, max_tags: int = 30, min_accounts: int = 1) -> DataFrame:
    bounded = bounded_tags(posts, max_tags=max_tags)
    return linked_tags(pair_counts(bounded), tag_uses(bounded), min_accounts=min_accounts)


def as_set(edges: DataFrame) -> set[tuple[Any, ...]]:
    return {tuple(row) for row in edges.collect()}


def slow_edges(posts: Posts, *, max_tags: int, min_accounts: int) -> dict[tuple[str, str], Any]:
    """Edge → (posts, accounts, weight as a float in millionths), by the definition."""
    users: dict[str, set[int]] = defaultdict(set)
    together: dict[tuple[str, str], list[int]] = defaultdict(list)
    for owner, written in posts:
        if owner is None or written is None:
            continue
        tags = list(dict.fromkeys(written))[:max_tags]
        for tag in tags:
            users[tag].add(owner)
        for pair in combinations(sorted(tags), 2):
            together[pair].append(owner)
    everyone = len(set().union(*users.values())) if users else 0
    found = {}
    for (src, dst), owners in together.items():
        accounts = len(set(owners))
        p, p_src, p_dst = (n / everyone for n in (accounts, len(users[src]), len(users[dst])))
        npmi = 1.0 if accounts == everyone else math.log(p / (p_src * p_dst)) / -math.log(p)
        if accounts >= min_accounts and round(npmi * 1e6) > 0:
            found[src, dst] = (len(owners), accounts, npmi * 1e6)
    return found


tags = st.lists(st.sampled_from(["a", "b", "c", "d", "é", "\U0001f3a8", "z1"]), max_size=6)
posts_lists = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(1, 5)), st.one_of(st.none(), tags)), max_size=25
)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(posts=posts_lists, max_tags=st.integers(2, 5), min_accounts=st.integers(1, 3))
def test_edges_are_those_of_the_definition(
    spark: SparkSession, posts: Posts, max_tags: int, min_accounts: int
) -> None:
    rows = edges_of(frame(spark, posts), max_tags=max_tags, min_accounts=min_accounts).collect()
    expected = slow_edges(posts, max_tags=max_tags, min_accounts=min_accounts)
    found = {(row["src"], row["dst"]): (row["posts"], row["accounts"]) for row in rows}
    assert found == {pair: counts[:2] for pair, counts in expected.items()}
    assert len(found) == len(rows)
    for row in rows:
        assert abs(row["weight"] - expected[row["src"], row["dst"]][2]) <= 0.51


def test_weight_of_a_worked_example(spark: SparkSession) -> None:
    # Of four accounts three use a, two use b, two use both: ln(.5 / (.75 × .5)) / -ln .5 = .415037
    posts: Posts = [(1, ["a", "b"]), (2, ["b", "a"]), (3, ["a"]), (4, ["c"])]
    expected = spark.createDataFrame([("a", "b", 2, 2, 415_037)], HASHTAG_EDGES.schema)
    assert_df_equality(edges_of(frame(spark, posts)), expected, ignore_nullable=True)


def test_hashtags_that_are_never_apart_weigh_one(spark: SparkSession) -> None:
    posts: Posts = [(1, ["a", "b"]), (2, ["a", "b"]), (3, ["c"])]
    assert as_set(edges_of(frame(spark, posts))) == {("a", "b", 2, 2, 1_000_000)}
    everywhere: Posts = [(1, ["a", "b"]), (2, ["a", "b"])]
    assert as_set(edges_of(frame(spark, everywhere))) == {("a", "b", 2, 2, 1_000_000)}


def test_hashtags_that_meet_by_chance_are_not_linked(spark: SparkSession) -> None:
    posts: Posts = [(1, ["a", "b"]), (2, ["a"]), (3, ["b"]), (4, ["c"])]
    assert edges_of(frame(spark, posts)).isEmpty()


def test_one_account_cannot_make_an_edge_by_repetition(spark: SparkSession) -> None:
    rest: Posts = [(n, [f"t{n}"]) for n in range(10, 15)]
    once = as_set(edges_of(frame(spark, [(1, ["a", "b"]), (2, ["b", "a"]), *rest])))
    spam: Posts = [(1, ["a", "b"])] * 200
    repeated = as_set(edges_of(frame(spark, [*spam, (2, ["b", "a"]), *rest])))
    assert {edge[3:] for edge in once} == {edge[3:] for edge in repeated} == {(2, 1_000_000)}
    assert {edge[2] for edge in repeated} == {201}
    assert edges_of(frame(spark, [*spam, *rest]), min_accounts=2).isEmpty()


def test_posts_without_hashtags_link_nothing(spark: SparkSession) -> None:
    posts: Posts = [(n, tags) for n in range(50) for tags in ([], None, ["alone"])]
    assert pair_counts(bounded_tags(frame(spark, posts), max_tags=30)).isEmpty()
    assert edges_of(frame(spark, posts)).isEmpty()
    assert edges_of(frame(spark, [])).isEmpty()


def test_only_the_first_hashtags_count_and_the_rest_is_counted(spark: SparkSession) -> None:
    posts = frame(spark, [(1, ["d", "c", "b", "a"]), (2, ["c", "d", "c"]), (3, ["a", "b", "c"])])
    bounded = bounded_tags(posts, max_tags=2)
    assert sorted((row["owner_id"], row["hashtags"]) for row in bounded.collect()) == [
        (1, ["c", "d"]), (2, ["c", "d"]), (3, ["a", "b"]),
    ]  # fmt: skip
    graph = spark.createDataFrame([("c", "d")], "src string, dst string")
    assert left_out(bounded, tag_uses(bounded), graph) == {"cut": 2, "cut_tags": 3, "isolated": 2}


def test_a_post_of_many_hashtags_makes_a_bounded_number_of_pairs(spark: SparkSession) -> None:
    posts = frame(spark, [(1, [f"t{n:04}" for n in range(1000)])])
    assert pair_counts(bounded_tags(posts, max_tags=30)).count() == 30 * 29 // 2


@pytest.mark.parametrize("partitions", [1, 7])
def test_order_and_partitions_do_not_matter(spark: SparkSession, partitions: int) -> None:
    rows: Posts = [(n % 9, [f"t{(n * k) % 11}" for k in range(1, 5)]) for n in range(80)]
    plain = edges_of(frame(spark, rows), min_accounts=2)
    turned = frame(spark, rows[::-1]).repartition(partitions, "hashtags")
    assert_df_equality(edges_of(turned, min_accounts=2), plain, ignore_row_order=True)
    assert plain.columns == EDGE_COLUMNS
    assert plain.count() > 5


def test_uses_count_posts_of_an_account(spark: SparkSession) -> None:
    posts = frame(spark, [(1, ["a", "b"]), (1, ["a"]), (2, ["a"])])
    uses = tag_uses(bounded_tags(posts, max_tags=30)).collect()
    assert Counter({(r["owner_id"], r["hashtag"]): r["posts"] for r in uses}) == {
        (1, "a"): 2, (1, "b"): 1, (2, "a"): 1,
    }  # fmt: skip


def test_hashtags_of_too_many_accounts_are_named_and_left_out(spark: SparkSession) -> None:
    # "all" is of four accounts of four, "half" of two, however often one repeats it.
    posts: Posts = [(1, ["all", "half"]), (2, ["all", "half"]), (3, ["all"]), (4, ["all"])]
    bounded = bounded_tags(frame(spark, posts + posts[:1] * 9), max_tags=30)
    uses = tag_uses(bounded)
    assert ubiquitous_tags(uses, max_account_share=0.5) == ["all"]
    assert ubiquitous_tags(uses, max_account_share=0.4) == ["all", "half"]
    assert ubiquitous_tags(uses, max_account_share=1.0) == []
    assert ubiquitous_tags(tag_uses(bounded.limit(0)), max_account_share=0.5) == []
    assert pair_counts(without_tags(bounded, ["all"])).isEmpty()
    assert pair_counts(without_tags(bounded, [])).count() == 1
