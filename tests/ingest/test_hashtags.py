"""Hashtags and mentions: the conformance cases, and a slow oracle."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from influencers.ingest import hashtags
from influencers.ingest.hashtags import normalise, read_tags, written_hashtags

CAPTION = st.text(st.sampled_from("#＃&aÉ1_・ \n\u200d\u0301\ufe0f\u20e3❤漢/.:@"), max_size=24)


def is_word(character: str) -> bool:
    if "\ufe00" <= character <= "\ufe0f":
        return False
    category = unicodedata.category(character)
    return category[0] in "LM" or category in ("Nd", "Pc")


def continues(character: str) -> bool:
    return is_word(character) or character in "\u200c\u200d\u00b7\u05be\u05f3\u05f4\u30fb"


def oracle(caption: str) -> list[str]:
    """The definition, one character at a time, for captions without addresses."""
    tags: list[str] = []
    place = 0
    glued = False
    while place < len(caption):
        before = caption[place - 1] if place else " "
        starts = caption[place] in "#＃" and (glued or not (is_word(before) or before == "&"))
        end = place + 1
        while starts and end < len(caption) and continues(caption[end]):
            end += 1
        word = caption[place + 1 : end]
        keycap = caption[place + 1 : place + 2] in ("\ufe0f", "\u20e3")
        if not starts or not word or keycap or caption[end : end + 3] == "://":
            place, glued = place + 1, False
            continue
        if any(unicodedata.category(character)[0] == "L" for character in word):
            tags.append(word)
        place, glued = end, True
    return tags


@given(CAPTION)
@example("#a#b")
@example("1#・#漢 1#a#b")
@example("a#b#c")
@example("#a&#b")
@example("#1#a")
@example("#\ufe0f\u20e3a")
def test_the_definition_character_by_character(caption: str) -> None:
    addresses = ("/#", "/＃", "www.", "://")
    if not any(sign in caption for sign in addresses):
        assert list(written_hashtags(caption)) == oracle(caption)


def looking_back(caption: str) -> list[str]:
    """The definition with addresses: looks back from each hashtag to the last space."""
    return [
        tag
        for match in hashtags._HASHTAGS.finditer(caption)
        if may_start(caption, match.start())
        for tag in match.captures(1)
        if hashtags._LETTER.search(tag)
    ]


def may_start(caption: str, start: int) -> bool:
    before = caption[:start]
    if not before or before[-1].isspace():
        return True
    if hashtags._NOT_BEFORE.match(before[-1]):
        return False
    return not hashtags._ADDRESS.search(before.split()[-1])


PIECE = st.sampled_from(
    "#a # #1 http:// https:// www. x.co/ a.bc/ -.ab/ :// ( @b".split()
    + list("＃&É_ \n\u200d\u0301\ufe0f\u2028\x1c\x85漢/.:wht")
)


@given(st.lists(PIECE, max_size=16).map("".join))
@example("www.x.co/#a (#b")
@example("http://x.co/#a\u2028#b")
def test_addresses_end_at_spaces(caption: str) -> None:
    assert list(written_hashtags(caption)) == looking_back(caption)


def test_conformance(shared_data: Path) -> None:
    cases = yaml.safe_load((shared_data / "hashtags" / "extract.yml").read_text("utf-8"))["tests"]
    failed = [
        case["text"]
        for case in cases["hashtags"] + cases["hashtags_from_astral"]
        if list(written_hashtags(case["text"])) != case["expected"]
    ]
    # Tags that are glued together are split, a choice that none of these cases contradicts.
    assert failed == []
    assert len(cases["hashtags"]) == 65


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("#a#b", ["a", "b"]),
        ("#Straße #STRASSE", ["strasse"]),
        ("＃ｔａｇ #tag", ["tag"]),
        ("see http://x.org/#top and x.org/a#b www.x.org#c", []),
        ("love/#art", ["art"]),
        ("&#39; no&#a", []),
        ("#️⃣ keycap #1️⃣", []),
        ("#love❤️#more", ["love", "more"]),
        ("❤️#love", ["love"]),
        ("#2024", []),
        ("#_", []),
        ("", []),
    ],
)
def test_hashtags(caption: str, expected: list[str]) -> None:
    assert read_tags(caption).hashtags == expected


def test_the_first_spelling_is_kept_beside_its_tag() -> None:
    tags = read_tags("#Sun #SEA #sun")
    assert tags.hashtags == ["sun", "sea"]
    assert tags.hashtags_as_written == ["Sun", "SEA"]


@given(st.text(max_size=10))
def test_normalising_twice_changes_nothing(tag: str) -> None:
    assert normalise(normalise(tag)) == normalise(tag)


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("@Ann and @ann, @b.c.", ["ann", "b.c"]),
        ("mail a@b.com or .@ann", []),
        ("❤@ann", ["ann"]),
        ("@@ann", []),
        ("の@ann", []),
    ],
)
def test_mentions(caption: str, expected: list[str]) -> None:
    assert read_tags(caption).mentions == expected
