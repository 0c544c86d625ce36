"""The search in Spark against brute force, however it is cut into tasks."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
import pytest
from pyspark.sql import DataFrame, SparkSession

from influencers.duplicates import plan, search
from influencers.duplicates.schemes import Scheme
from influencers.errors import UserError

Signed = npt.NDArray[np.int64]
Pair = tuple[int, int, int]


def frame_of(spark: SparkSession, hashes: Signed, partitions: int = 3) -> DataFrame:
    rows = spark.createDataFrame([(int(one),) for one in hashes], "phash bigint")
    return rows.repartition(partitions)


def brute_force(hashes: Signed, radius: int) -> set[Pair]:
    counts = Counter(map(int, hashes))
    found = {(one, one, 0) for one, count in counts.items() if count > 1}
    distinct = np.array(sorted(counts), dtype=np.int64)
    # Of a signed number numpy counts the bits of its size.
    apart = np.bitwise_count((distinct[:, None] ^ distinct[None, :]).view(np.uint64))
    for a, b in zip(*np.nonzero(apart <= radius), strict=True):
        if a < b:
            found.add((int(distinct[a]), int(distinct[b]), int(apart[a, b])))
    return found


def collected(frame: DataFrame) -> set[Pair]:
    rows = [tuple(row) for row in frame.collect()]
    assert len(rows) == len(set(rows)), "a pair came twice"
    return set(rows)


def awkward(size: int, seed: int) -> Signed:
    """Uniform, copies a few bits off, chains, one band for a tenth, repeats, degenerate ones."""
    rng = np.random.default_rng(seed)
    words = rng.integers(0, 2**64, size, dtype=np.uint64)
    tenth = size // 10
    band = np.uint64(0xABC << 52)
    words[:tenth] = (words[:tenth] >> np.uint64(12)) | band
    flips = np.uint64(1) << rng.integers(0, 64, (3 * tenth, 6), dtype=np.uint64)
    bits = rng.integers(1, 7, 3 * tenth)
    flips[np.arange(6)[None, :] >= bits[:, None]] = 0
    words[tenth : 4 * tenth] = words[6 * tenth : 9 * tenth] ^ np.bitwise_xor.reduce(flips, axis=1)
    for link in range(4 * tenth, 5 * tenth):  # each three bits from the one before
        words[link] = words[link - 1] ^ np.bitwise_or.reduce(
            np.uint64(1) << rng.choice(64, 3, replace=False).astype(np.uint64)
        )
    words[5 * tenth : 5 * tenth + 40] = words[0]
    special = [0, 1, 2**63, 2**63 + 1, 2**64 - 1, 0, 2**63]
    return np.concatenate([words, np.array(special, dtype=np.uint64)]).view(np.int64)


@pytest.mark.parametrize("radius", [0, 4, 5, 10])
def test_few_hashes_in_one_task(spark: SparkSession, radius: int) -> None:
    hashes = awkward(1_000, radius)
    wanted = brute_force(hashes, radius)
    with plan.near_pairs(frame_of(spark, hashes), radius=radius, max_candidates=10**9, cores=2) as (
        found,
        how,
    ):
        assert collected(found) == wanted
    assert (how.hashes, how.blocks) == (len(hashes), 0)


# Small tasks: each table in several, one of them with a prefix that is cut into parts.
@pytest.mark.parametrize(("radius", "words"), [(0, 200), (4, 200), (5, 100_000)])
def test_many_tasks(
    spark: SparkSession, radius: int, words: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "_ONE_TASK", 0)
    monkeypatch.setattr(plan, "_FEWEST_WORDS", words)
    monkeypatch.setattr(plan, "_MOST_WORDS", words)
    hashes = awkward(2_000, radius)
    wanted = brute_force(hashes, radius)
    for partitions in (1, 3):
        with plan.near_pairs(
            frame_of(spark, hashes, partitions), radius=radius, max_candidates=10**9, cores=2
        ) as (found, how):
            assert collected(found) == wanted
        assert how.blocks > 0
        assert how.candidates == how.considered[how.blocks]


def test_a_crowded_prefix_is_cut_into_parts() -> None:
    counts = np.zeros((2, 8), dtype=np.int64)
    counts[0] = [5, 5, 90, 0, 0, 5, 5, 5]
    counts[1] = [0, 0, 0, 0, 0, 0, 0, 7]
    found = search.slots(counts, words=30)
    whole = [(one.table, one.first, one.last) for one in found if one.parts == 1]
    assert whole == [(0, 0, 1), (0, 3, 7), (1, 0, 7)]
    parts = [one for one in found if one.parts > 1]
    assert {(one.table, one.first, one.last, one.parts) for one in parts} == {(0, 2, 2, 6)}
    assert {(one.left, one.right) for one in parts} == {
        (left, right) for left in range(6) for right in range(left, 6)
    }


def test_the_cheapest_scheme_depends_on_the_data(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "_ONE_TASK", 0)
    # A pair is dear here, so that tables are cheap.
    monkeypatch.setattr(plan, "PAIR_NANOSECONDS", 100_000.0)
    words = np.random.default_rng(1).integers(0, 2**64, 3_000, dtype=np.uint64)
    even = words.view(np.int64)
    # All keys of one table of five blocks are the same.
    crowded = ((words >> np.uint64(13)) | np.uint64(0xABC << 52)).view(np.int64)
    chosen = {}
    for name, hashes in (("even", even), ("crowded", crowded)):
        with plan.near_pairs(frame_of(spark, hashes), radius=4, max_candidates=10**9, cores=2) as (
            _,
            how,
        ):
            chosen[name] = how
    assert chosen["even"].candidates >= 0.9 * Scheme(chosen["even"].blocks, 4).fewest_candidates(
        3_000
    )
    assert chosen["crowded"].blocks > chosen["even"].blocks
    assert "candidates" in chosen["crowded"].remark()


def test_too_many_candidates_are_told_before_the_search(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "_ONE_TASK", 0)
    hashes = frame_of(spark, np.arange(3_000, dtype=np.int64))
    with pytest.raises(UserError, match=r"3,000 hashes within radius 4 need [\d,]+ comparisons"):
        with plan.near_pairs(hashes, radius=4, max_candidates=10, cores=2):
            pass


def test_a_million_equal_hashes_are_one(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    same = spark.range(1_000_000).selectExpr("-(id % 2) - 7 AS phash")
    for one_task in (0, 2_000_000):
        monkeypatch.setattr(plan, "_ONE_TASK", one_task)
        with plan.near_pairs(same, radius=4, max_candidates=10, cores=2) as (found, how):
            assert collected(found) == {(-8, -8, 0), (-7, -7, 0), (-8, -7, 1)}
        assert how.hashes == 1_000_000
