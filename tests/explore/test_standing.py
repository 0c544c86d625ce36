"""Posts that pass in order have the sums that all pairs of them have, wherever they are cut."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from influencers.explore.levels import POPULATIONS
from influencers.explore.ranks import Ranking, Sums
from influencers.explore.standing import Totals, nearest, rows_of

LEVELS = 4
# The posts of level 1 are compared among the typed, those of level 2 among the timed.
AMONG = (0, 1, 2, 0)

# Owner, outcome, value, typed, timed, levels.
Post = tuple[int, int, float, bool, bool, list[int]]
posts = st.lists(
    st.tuples(
        st.integers(-2, 2), st.integers(0, 2), st.sampled_from([0.0, 0.5, 3.0, 7.25]),
        st.booleans(), st.booleans(), st.lists(st.integers(0, LEVELS - 1), unique=True),
    ),
    max_size=40,
)  # fmt: skip


def as_batch(rows: Sequence[Post]) -> pa.RecordBatch:
    owners, outcomes, values, typed, timed, levels = zip(*rows, strict=True)
    inside = dict(zip(POPULATIONS, ([True] * len(rows), typed, timed), strict=True))
    return pa.RecordBatch.from_pydict(
        {
            "owner_id": pa.array(owners, pa.int64()),
            "bucket": pa.array([owner % 3 for owner in owners], pa.int32()),
            "outcome": pa.array(outcomes, pa.int32()),
            "value": pa.array(values, pa.float64()),
            **{name: pa.array(flags, pa.bool_()) for name, flags in inside.items()},
            "levels": pa.array(levels, pa.list_(pa.int32())),
        }
    )


def is_among(post: Post, level: int) -> bool:
    return (True, post[3], post[4])[AMONG[level]]


def possible(rows: list[Post]) -> list[Post]:
    """In order; a post has no level of a feature that is unknown."""
    kept = [(*post[:5], [level for level in post[5] if is_among(post, level)]) for post in rows]
    return sorted(kept, key=lambda post: post[:3])


def passed(batches: Iterator[pa.RecordBatch]) -> Iterator[Sums]:
    ranking = Ranking(AMONG)
    for batch in batches:
        yield ranking.add(rows_of(batch))
    yield ranking.end()


def by_pairs(rows: list[Post]) -> dict[tuple[int, int, int], list[tuple[int, int, int]]]:
    """Posts, pairs won less lost, and the author's posts, by bucket, outcome and level."""
    accounts: dict[tuple[int, int], list[Post]] = defaultdict(list)
    for post in rows:
        accounts[post[:2]].append(post)
    found = defaultdict(list)
    for (owner, outcome), every in accounts.items():
        for level in range(LEVELS):
            own = [post for post in every if is_among(post, level)]
            have = [post[2] for post in own if level in post[5]]
            lack = [post[2] for post in own if level not in post[5]]
            won = sum((x > y) - (x < y) for x in have for y in lack)
            if have:
                found[owner % 3, outcome, level].append((len(have), won, len(own)))
    return {key: sorted(values) for key, values in found.items()}


@given(posts, st.lists(st.integers(0, 40)))
def test_sums_are_those_of_all_pairs_wherever_rows_are_cut(
    some: list[Post], cuts: list[int]
) -> None:
    rows = possible(some)
    ends = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    batches = (as_batch(rows[a:b]) for a, b in pairwise(ends))
    found = defaultdict(list)
    for sums in passed(batches):
        standing = sums.ranks - sums.total * sums.posts
        columns = (sums.bucket, sums.outcome, sums.level, sums.posts, standing, sums.total)
        for key_and_values in zip(*(column.tolist() for column in columns), strict=True):
            found[key_and_values[:3]].append(key_and_values[3:])
    assert {key: sorted(values) for key, values in found.items()} == by_pairs(rows)


def test_an_account_of_six_million_posts_has_its_effect() -> None:
    """Half of its posts are videos and beat all others; no batch has but a part of either."""
    half, batch, others = 3_100_000, 100_000, 30

    def many(owner: int, value: float, levels: list[int], number: int) -> pa.RecordBatch:
        one = as_batch([(owner, 1, value, True, True, levels)])
        return pa.Table.from_batches([one]).take([0] * number).combine_chunks().to_batches()[0]

    ranking, totals = Ranking(AMONG), Totals(3, LEVELS)
    for value, levels in ((0.0, []), (1.0, [1])):
        rows = rows_of(many(1, value, levels, batch))
        for _ in range(half // batch):
            totals.add(ranking.add(rows))
    small = [(owner, 1, float(v), True, True, [1] * v) for owner in range(2, 32) for v in (0, 1)]
    totals.add(ranking.add(rows_of(as_batch(small))))
    totals.add(ranking.end())
    found = totals.batch().to_pandas()
    assert set(found["outcome"]) == set(found["level"]) == {1}
    # n1 standings of n0 each, divided by n: n1·n0/n, in millionths; 1/2 for each small account.
    assert found["wins"].sum() == (half // 2) * 1_000_000 + others * 500_000
    assert (found["weight"] == found["wins"]).all()
    assert found["posts"].sum() == half + others
    assert (found["accounts"].sum(), found["compared_accounts"].sum()) == (others + 1,) * 2


def test_whole_numbers_are_the_nearest_as_spark_rounds(spark: SparkSession) -> None:
    values = [0.0, 0.5, 1.5, 2.5, -0.5, -2.5, 0.49999999999999994, -7.3, 1e15 + 0.5, 2**52 + 1.0]
    frame = spark.createDataFrame([(value,) for value in values], "value double")
    expected = [row[0] for row in frame.select(F.round("value").cast("bigint")).collect()]
    assert nearest(np.array(values)).tolist() == expected


@pytest.mark.parametrize("rows", [0, 1])
def test_hardly_any_post_makes_no_pair(rows: int) -> None:
    totals = Totals(3, LEVELS)
    for sums in passed(iter([as_batch([(5, 0, 1.0, True, True, [0])])] * rows)):
        totals.add(sums)
    assert totals.batch().num_rows == rows
    assert totals.batch().column("weight").to_pylist() == [0] * rows
