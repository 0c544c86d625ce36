"""Emoji, against counting by hand."""

from __future__ import annotations

import sys

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from influencers.ingest.emoji import count_emoji, emoji_counts

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
    assert emoji_counts(pa.array([one, f"{one} {one}a{one}"])).to_pylist() == [1, 3]


@pytest.mark.parametrize("text", ["", "plain", "©", "™ ®", "3 # *", "→ ↔", "★ ♡ ♪", "🇫", "é漢ا"])
def test_text_is_no_emoji(text: str) -> None:
    assert count_emoji(text) == 0


@given(st.lists(st.text(ALPHABET, max_size=12), max_size=4))
@example(["❤\ufe0e❤", "❤", "👩\u200d❤\ufe0e", ""])
def test_counted_together_as_one_by_one(captions: list[str]) -> None:
    counted = emoji_counts(pa.array(captions, pa.string()))
    assert counted.to_pylist() == [count_emoji(caption) for caption in captions]


def test_every_character_counts_the_same_both_ways() -> None:
    characters = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    texts = characters + [f"{character}\ufe0f" for character in characters]
    assert emoji_counts(pa.array(texts)).to_pylist() == [count_emoji(text) for text in texts]
