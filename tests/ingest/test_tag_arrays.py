"""Hashtags and mentions of batches of captions, against reading them one by one."""

from __future__ import annotations

import re
import sys
import unicodedata

import pyarrow as pa
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from influencers.ingest import hashtags
from influencers.ingest.hashtags import Tags, read_tags
from influencers.ingest.tag_arrays import BESIDE, LETTER, PLAIN, are_simple, simple_tags, tags_of

SCRIPTS = "क\u093f९।ก\u0e31๕ب\u0650٣ー\u200e\u2028"  # letters, marks and digits of their own
CAPTION = st.text(
    st.sampled_from(f"#＃@＠&aÉ1_・ \n\u200d\u0301\ufe0f\u20e3❤漢/.:{SCRIPTS}"), max_size=24
)
SIMPLE = st.text(st.sampled_from(f"#@aÉ1_ \n❤漢.:$ż{SCRIPTS}"), max_size=24)


def one_by_one(captions: list[str]) -> list[Tags]:
    return [read_tags(caption) for caption in captions]


def together(captions: list[str]) -> list[Tags]:
    arrays = tags_of(pa.array(captions, pa.string()))
    return [Tags(*row) for row in zip(*(array.to_pylist() for array in arrays), strict=True)]


@given(st.lists(CAPTION, max_size=6))
@example(["x#a##b", "#a·#b", "é#a #b\u0301", "#1 #1a#_", "#a/b #c", "#a WWW.x #c"])
@example(["@@a", "@a@b", "@a @a.", "a@b @c", "❤\ufe0f@a", ".@a", "@" + "a" * 40, "@A @a"])
@example(["#Sun #sun #SUN", "", "#a", "#"])
def test_a_batch_has_the_tags_of_each_of_its_captions(captions: list[str]) -> None:
    assert together(captions) == one_by_one(captions)


@given(st.lists(SIMPLE, max_size=6))
def test_simple_captions_are_read_together(captions: list[str]) -> None:
    texts = pa.array(captions, pa.string())
    chosen = texts.filter(are_simple(texts))
    rows = zip(*(array.to_pylist() for array in simple_tags(chosen)), strict=True)
    assert [Tags(*row) for row in rows] == one_by_one(chosen.to_pylist())


def test_usual_captions_are_simple() -> None:
    captions = [
        "A day at the sea! #sun #sea2019\n#été #太陽 @ann.b 😀 🌞",
        "no tags",
        "#हिन्दी #ข้าวผัด। #بُنّ، #ラーメン",
        "",
        "mail a@b.com",
        "#one #two\n.\n.\n#three",
    ]
    assert are_simple(pa.array(captions)).to_pylist() == [True] * len(captions)


def test_what_is_taken_for_granted_of_characters() -> None:
    letters, beside = re.compile(f"[{PLAIN}]"), re.compile(f"[{BESIDE}]")
    letter = re.compile(LETTER)
    in_word = regex.compile(r"\w", regex.VERSION1)
    in_tag = regex.compile(hashtags._CONTINUE, regex.VERSION1)
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if letters.match(character):
            category = unicodedata.category(character)
            assert category[0] in "LM" or category == "Nd" or character == "_", hex(code)
            assert in_tag.match(character) and in_word.match(character), hex(code)
            assert (category[0] == "L") == (letter.match(character) is not None), hex(code)
            assert not beside.match(character)
        elif beside.match(character):
            assert not in_tag.match(character), hex(code)
            assert not in_word.match(character), hex(code)
            assert character not in "#＃&＠"
