"""What is counted in captions, against counting by hand."""

from __future__ import annotations

import pytest
from chispa import assert_df_equality
from hypothesis import example, given
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

import features_oracle as oracle
from influencers.features import captions
from influencers.features.captions import count_emoji

PICTOGRAPHS, SIGNS, TONES, FLAG_LETTERS = "❤👩✌", "©‼↔", "🏻🏿", "🇫🇷"
TAG, JOINER, TEXT, EMOJI, KEYCAP = "\U000e0067", "\u200d", "\ufe0e", "\ufe0f", "\u20e3"
ALPHABET = (
    PICTOGRAPHS + SIGNS + TONES + FLAG_LETTERS + TAG + JOINER + TEXT + EMOJI + KEYCAP + "1#x "
)


def pictograph_end(text: str, start: int) -> int | None:
    """Where the pictograph that starts here ends; None if there is none."""
    place = start + 1
    selector = text[place : place + 1]
    if text[start : start + 1] in tuple(PICTOGRAPHS):
        if selector == TEXT:
            return None
        place += selector == EMOJI
    elif text[start : start + 1] in tuple(SIGNS) and selector == EMOJI:
        place += 1
    else:
        return None
    place += text[place : place + 1] in tuple(TONES)
    while text[place : place + 1] == TAG:
        place += 1
    return place


def emoji_end(text: str, start: int) -> int | None:
    here = text[start : start + 3]
    if here[0] in FLAG_LETTERS and here[1:2] in tuple(FLAG_LETTERS):
        return start + 2
    if here[0] in "1#" and KEYCAP in (here[1:2], here[1:3].removeprefix(EMOJI)):
        return start + here.index(KEYCAP) + 1
    end = pictograph_end(text, start)
    while end is not None and text[end : end + 1] == JOINER:
        longer = pictograph_end(text, end + 1)
        if longer is None:
            break
        end = longer
    return end


def emoji_one_by_one(text: str) -> int:
    count = place = 0
    while place < len(text):
        end = emoji_end(text, place)
        count += end is not None
        place = end or place + 1
    return count


@given(st.text(ALPHABET, max_size=12))
@example("👩\u200d❤\ufe0f\u200d👩")
@example("❤\ufe0e")
@example("🇫🇷🇫")
@example("1\ufe0f\u20e3")
@example("👩\u200d©")
def test_emoji_character_by_character(text: str) -> None:
    assert count_emoji(text) == emoji_one_by_one(text)


@pytest.mark.parametrize(
    "one",
    ["😀", "❤", "❤️", "✌🏿", "👍🏽", "👨\u200d👩\u200d👧", "👩🏽\u200d💻", "🏳️\u200d🌈", "🏴\u200d☠️",
     "👁️\u200d🗨️", "🇫🇷", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "#⃣", "‼️", "©️", "🙂\u200d↔️",
     "👩\u200d❤️\u200d💋\u200d👩", "🫱🏻\u200d🫲🏿"],
)  # fmt: skip
def test_one_emoji_is_one_however_it_is_spelt(one: str) -> None:
    assert count_emoji(one) == 1
    assert count_emoji(f"{one} {one}a{one}") == 3


@pytest.mark.parametrize("text", ["", "plain", "©", "™ ®", "3 # *", "→ ↔", "★ ♡ ♪", "🇫", "é漢ا"])
def test_text_is_no_emoji(text: str) -> None:
    assert count_emoji(text) == 0


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


def test_words_lines_questions_and_emoji_of_awkward_captions(spark: SparkSession) -> None:
    schema = "caption string, words int, lines int, asks boolean, emoji int"
    texts = [(caption, caption or "") for caption in AWKWARD]
    rows = [
        (caption, oracle.words(text), oracle.lines(text), oracle.asks(text), count_emoji(text))
        for caption, text in texts
    ]
    caption = F.col("caption")
    frame = spark.createDataFrame(rows, schema)
    found = frame.select(
        "caption",
        captions.word_count(caption).alias("words"),
        captions.line_count(caption).alias("lines"),
        captions.asks(caption).alias("asks"),
        captions.emoji_count(caption).alias("emoji"),
    )
    assert_df_equality(found, frame, ignore_nullable=True)


@pytest.mark.parametrize(
    ("caption", "words", "lines", "asks"),
    [
        ("a\r\nb\n\nc", 3, 4, False),
        ("two\u00a0words?", 2, 1, True),
        ("   ", 0, 1, False),
        ("a\n", 1, 2, False),
        ("", 0, 0, False),
    ],
)
def test_the_oracle_counts_as_a_person_does(
    caption: str, words: int, lines: int, asks: bool
) -> None:
    found = (oracle.words(caption), oracle.lines(caption), oracle.asks(caption))
    assert found == (words, lines, asks)
