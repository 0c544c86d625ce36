"""What is read in captions at ingest, against counting by hand."""

from __future__ import annotations

import pyarrow as pa
import pytest
from chispa import assert_df_equality
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql.types import StringType, StructField, StructType

from features_oracle import asks, lines, words
from influencers.ingest import captions
from influencers.ingest.captions import COLUMNS, COUNTS
from influencers.ingest.emoji import count_emoji
from influencers.ingest.hashtags import read_tags
from influencers.storage.table import schema_of

TEXT = st.text(st.sampled_from("a1#@ \r\n\x1c\x85\u00a0\u2028\u3000?;❤😀é/.\x00"))
AWKWARD = (
    "a b",
    "a\nb",
    "a\r\nb",
    "a\n\rb",
    "\r\n\r\n",
    "a\u2028b\u2029c\u0085d",
    "a\u00a0b\u3000c\u202fd",
    "zero\u200bwidth",
    "   ",
    "\t\n",
    " a ",
    "a\n",
    "😀 😀😀",
    "❤️",
    "Why?",
    "写真？",
    "τι\u037e",
    "semi; colon",
    "؟",
    "❓",
    "$1 \\n [a?]",
    "",
    None,
)


def by_hand(caption: str | None) -> tuple[object, ...]:
    text = caption or ""
    return (
        *read_tags(text), len(text), words(text), lines(text), count_emoji(text), asks(text),
    )  # fmt: skip


@given(st.lists(st.none() | TEXT))
def test_a_batch_is_read_as_each_of_its_captions(texts: list[str | None]) -> None:
    arrays = captions.read(pa.array(texts, pa.string()))
    found = zip(*(array.to_pylist() for array in arrays), strict=True)
    assert list(found) == [by_hand(text) for text in texts]


def test_a_slice_of_a_batch_is_read_as_itself() -> None:
    texts = pa.array(AWKWARD, pa.string())
    whole, part = captions.read(texts), captions.read(texts.slice(3, 9))
    for one, other in zip(whole, part, strict=True):
        assert one.slice(3, 9).equals(other)


def test_the_columns_of_awkward_captions(spark: SparkSession) -> None:
    rows = [(caption, *by_hand(caption)) for caption in AWKWARD]
    schema = StructType([StructField("caption", StringType()), *schema_of(COLUMNS)])
    wanted = spark.createDataFrame(rows, schema)
    frame = wanted.select("caption")
    assert_df_equality(captions.with_columns(frame), wanted, ignore_nullable=True)
    counts = [count.column.name for count in COUNTS]
    counted = captions.with_counts(frame)
    assert_df_equality(counted, wanted.select("caption", *counts), ignore_nullable=True)
    # What has them stays as it is.
    assert captions.with_counts(counted) is counted


@pytest.mark.parametrize(
    ("caption", "word_count", "line_count", "question"),
    [
        ("a\r\nb\n\nc", 3, 4, False),
        ("two\u00a0words?", 2, 1, True),
        ("no\x1cwhite space", 2, 1, False),
        ("   ", 0, 1, False),
        ("a\n", 1, 2, False),
        ("", 0, 0, False),
    ],
)
def test_counts_are_those_of_a_person(
    caption: str, word_count: int, line_count: int, question: bool
) -> None:
    assert (words(caption), lines(caption), asks(caption)) == (word_count, line_count, question)
    counted = [array.to_pylist() for array in captions.counted(pa.array([caption]))]
    assert counted[1:3] == [[word_count], [line_count]]
    assert counted[4] == [question]
