"""What is said of accounts by their posts, against counting by hand."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from itertools import pairwise

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

import features_oracle as oracle
from influencers.features import accounts
from influencers.features.account_posts import AccountPosts, Gathering, arrow
from random_posts import START, Post, at, post, random_account

EDGES = (10_000, 100_000, 500_000, 1_000_000)
OF_ROW = {
    "has_location": lambda row: row["location"] is not None,
    "engagement_rate": oracle.engagement_rate,
    "caption_length": lambda row: len(row["caption"] or ""),
    "hashtag_count": lambda row: len(row["hashtags"] or ()),
    "mention_count": lambda row: len(row["mentions"] or ()),
    "emoji_count": lambda row: oracle.count_emoji(row["caption"] or ""),
}
TYPES = {
    "owner_id": pa.int64(), "created_at": pa.timestamp("us", "UTC"),
    "crawled_at": pa.timestamp("us", "UTC"), "owner_username": pa.string(),
    "username": pa.string(), "followers": pa.int64(), "following": pa.int64(),
    "likes": pa.int64(), "comments": pa.int64(), "is_video": pa.bool_(),
    "multiple_images": pa.bool_(), "has_location": pa.bool_(), "engagement_rate": pa.float64(),
    "caption_length": pa.int32(), "hashtag_count": pa.int32(), "mention_count": pa.int32(),
    "emoji_count": pa.int32(),
}  # fmt: skip


def batch_of(posts: Sequence[Post]) -> pa.RecordBatch:
    rows = [row | {name: of(row) for name, of in OF_ROW.items()} for row in posts]
    return pa.RecordBatch.from_pydict(
        {name: pa.array([row[name] for row in rows], kind) for name, kind in TYPES.items()}
    )


def table_of(posts: Sequence[Post]) -> pa.Table:
    return pa.Table.from_batches([batch_of(posts)])


def sorted_posts(seed: int, sizes: Sequence[int]) -> list[Post]:
    chance = random.Random(seed)
    posts = [row for owner, many in enumerate(sizes) for row in random_account(chance, owner, many)]
    return sorted(posts, key=lambda row: (row["owner_id"], row["created_at"], row["shortcode"]))


def described(whole: AccountPosts) -> list[Post]:
    columns = {
        feature.name: arrow(feature.of(whole), _arrow_type(feature.name)).to_pylist()
        for feature in accounts.OF_POSTS
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _arrow_type(name: str) -> pa.DataType:
    if name == "posts":
        return pa.int64()
    if name.endswith("_post_at"):
        return pa.timestamp("us", "UTC")
    return TYPES.get(name, pa.float64())


@given(st.integers(0, 10**6), st.sets(st.integers(1, 39), max_size=12))
@settings(max_examples=100)
def test_wherever_batches_end_accounts_are_what_counting_by_hand_gives(
    seed: int, cuts: set[int]
) -> None:
    posts = sorted_posts(seed, (1, 17, 2, 1, 19))
    gathering = Gathering()
    gathered = []
    for start, end in pairwise([0, *sorted(cuts), len(posts)]):
        gathered += gathering.add(batch_of(posts[start:end]))
    gathered += gathering.rest()
    found = [account for some in gathered for account in described(AccountPosts(some))]
    features = oracle.post_features(posts, EDGES, 10)
    wanted = oracle.accounts(posts, features, EDGES)
    assert found == [{name: row[name] for name in found[0]} for row in wanted]


def test_a_sum_beyond_bigint_has_a_mean() -> None:
    largest = 2**63 - 1
    posts = [
        post("a", 1, START, likes=largest, comments=1), post("b", 1, START, likes=largest),
        post("c", 2, START, likes=2**53 + 1), post("d", 2, START, likes=2**53 - 1),
    ]  # fmt: skip
    whole = AccountPosts(table_of(posts))
    assert whole.mean("likes").tolist() == [float(largest), float(2**53)]
    assert whole.median("likes").tolist() == [float(largest), float(2**53)]


def test_the_mean_of_fractions_does_not_depend_on_their_order() -> None:
    rates = [1e16, 1.0, -1e16, 1e-3, 0.1] * 7
    orders = [rates, rates[::-1], sorted(rates)]
    means = set()
    for order in orders:
        batch = batch_of([post(f"{n:02}", 1, START + n) for n in range(len(order))])
        columns = {name: batch.column(name) for name in TYPES}
        columns["engagement_rate"] = pa.array(order, pa.float64())
        means.add(AccountPosts(pa.Table.from_pydict(columns)).mean_of_fractions(
            "engagement_rate").item())  # fmt: skip
    assert means == {math.fsum(rates) / len(rates)}


def test_the_latest_crawl_names_the_account_and_of_equal_crawls_the_latest_post() -> None:
    crawl = at(START + 10**6)
    posts = [
        post("a", 1, START, owner_username="crawled", crawled_at=crawl),
        post("b", 1, START + 1, owner_username="crawled too", crawled_at=crawl),
        post("c", 1, START + 2, owner_username="not crawled"),
        post("d", 2, START, owner_username="earlier"),
        post("e", 2, START, owner_username="later by shortcode"),
    ]
    names = AccountPosts(table_of(posts)).latest("owner_username").to_pylist()
    assert names == ["crawled too", "later by shortcode"]


def test_all_that_accounts_read_is_what_is_kept_of_posts() -> None:
    assert set(accounts.READ) == set(TYPES)
