"""Shortcodes that occur more than once, by their hashes."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from influencers.ingest import shortcodes
from influencers.ingest.shortcodes import are_among, bucketed, hashes

TEXTS = st.lists(st.text(max_size=70) | st.sampled_from(["", "a", "a\0", "B-x_0aZ9", "é"]))


@given(TEXTS, st.integers(0, 3))
def test_texts_have_the_same_hash_if_they_are_equal(texts: list[str], skipped: int) -> None:
    array = pa.array(texts, pa.string())
    found = hashes(array.slice(skipped))
    kept = texts[skipped:]
    assert len(found) == len(kept)
    assert len(set(found.tolist())) == len(set(kept))
    assert dict(zip(kept, found, strict=True)) == dict(
        zip(reversed(kept), reversed(found), strict=True)
    )


def test_hashes_are_the_same_in_every_batch_and_process() -> None:
    alone = [hashes(pa.array([text]))[0] for text in ("", "CfYnc3_N8i")]
    assert hashes(pa.array(["", "CfYnc3_N8i", "x" * 64])).tolist()[:2] == alone
    assert alone[1] == 9_689_921_215_260_007_072


def test_a_hash_that_is_among_others_is_found() -> None:
    texts = pa.array([f"C{number}" for number in range(1_000)])
    found = np.sort(hashes(texts.slice(300, 200)))
    assert np.flatnonzero(are_among(texts, found)).tolist() == list(range(300, 500))
    assert not are_among(texts, found[:0]).any()
    assert len(are_among(texts.slice(0, 0), found)) == 0


@given(TEXTS, st.integers(1, 5))
def test_every_hash_is_in_its_bucket(texts: list[str], number: int) -> None:
    found = hashes(pa.array(texts, pa.string()))
    rows = bucketed(found, number).to_pylist()
    inside = [hashed for row in rows for hashed in np.frombuffer(row["hashes"], np.uint64)]
    assert Counter(inside) == Counter(found)
    assert len({row["bucket"] for row in rows}) == len(rows) <= number


def test_what_occurs_again_is_found_wherever_it_is(spark: SparkSession) -> None:
    once = [f"once{number}" for number in range(900)]
    twice = [f"twice{number}" for number in range(50)]
    frame = spark.createDataFrame([(text,) for text in once + twice + twice[::-1]], "s string")
    for partitions, buckets in ((1, 1), (7, 3)):
        rows = shortcodes.in_buckets(frame.repartition(partitions), buckets)
        found = shortcodes.repeated(rows, buckets, most=50)
        assert found is not None
        assert found.tolist() == sorted(hashes(pa.array(twice)).tolist())
        assert shortcodes.repeated(rows, buckets, most=49) is None
    none = shortcodes.repeated(shortcodes.in_buckets(frame.limit(0), 1), 1, most=5)
    assert none is not None
    assert none.tolist() == []
