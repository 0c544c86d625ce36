"""Which letters can be drawn, and what stands for those that cannot."""

from __future__ import annotations

import pytest

from influencers.figures import fonts

BASE = [fonts.BASE_FAMILY]


@pytest.mark.parametrize("text", ["photo", "čaj_2024", "фото", "عرب", "#x"])
def test_letters_of_the_base_font_stay(text: str) -> None:
    assert fonts.families_for([text]) == BASE
    assert fonts.written(text, BASE, longest=20) == text


def test_letters_that_no_font_has_become_codes() -> None:
    assert fonts.written("a旅\U0001f9ff", BASE, longest=40) == "a\\u65c5\\U0001f9ff"


def test_what_cannot_be_seen_is_left_out() -> None:
    assert fonts.written("a\u200db\ufe0f\n c\x00\u202e", BASE, longest=20) == "ab c"


def test_long_texts_end_in_an_ellipsis_and_codes_stay_whole() -> None:
    assert fonts.written("abcdef", BASE, longest=6) == "abcdef"
    assert fonts.written("abcdefg", BASE, longest=6) == "abcde…"
    assert fonts.written("ab旅旅旅", BASE, longest=10) == "ab\\u65c5…"


def test_another_font_is_taken_for_letters_that_the_base_lacks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    letters = {fonts.BASE_FAMILY: "ab", "Zen": "旅行x", "Han": "行", "Odd": "b"}
    monkeypatch.setattr(fonts, "_letters", lambda family: frozenset(letters[family]))
    monkeypatch.setattr(fonts, "_installed", lambda: ("Han", "Odd", "Zen"))
    assert fonts.families_for(["ab", "行旅"]) == [fonts.BASE_FAMILY, "Han", "Zen"]
    assert fonts.families_for(["ab"]) == BASE
