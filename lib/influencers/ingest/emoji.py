"""Emoji as a person counts them.

One emoji is a flag, a keycap, or a pictograph with its skin tone and whatever is joined to it.
Signs such as © and ™ are pictographic to Unicode, but text to everybody unless a variation selector
makes them a pictograph; another one makes a pictograph text. https://www.unicode.org/reports/tr51/
"""

from __future__ import annotations

from functools import cache

import pyarrow as pa
import pyarrow.compute as pc
import regex

_SIGNS = "[©®‼⁉™ℹ↔-↪Ⓜ〰〽㊗㊙]"
_PICTOGRAPHS = rf"[\p{{Extended_Pictographic}}--{_SIGNS}]"
_AS_TEXT = "\ufe0e"
# Where Unicode has pictographs or keeps room for them.
_WITH_PICTOGRAPHS = (range(0x2000, 0x3300), range(0x1F000, 0x20000))


def count_emoji(caption: str) -> int:
    """How many emoji a caption has; a family, a flag or a toned hand is one.

    >>> count_emoji("👨\u200d👩\u200d👧 in 🇫🇷 ✌🏿, 1️⃣st ❤ ©")
    5
    """
    return 0 if caption.isascii() else sum(1 for _ in _EMOJI.finditer(caption))


def emoji_counts(captions: pa.Array) -> pa.Array:
    """The same of many captions, none of them null, as ints.

    RE2 counts them at once. It looks at nothing behind a match, as pictographs that may be text
    need: captions with a selector of text are counted one by one.
    """
    counts = pc.count_substring_regex(captions, _fast_pattern()).cast(pa.int32())
    with_text = pc.match_substring(captions, _AS_TEXT)
    if not pc.any(with_text).as_py():
        return counts
    one_by_one = [count_emoji(caption) for caption in captions.filter(with_text).to_pylist()]
    return pc.replace_with_mask(counts, with_text, pa.array(one_by_one, pa.int32()))


def _pattern(pictograph: str) -> str:
    one = f"(?:{pictograph}\ufe0f?|{_SIGNS}\ufe0f)[\U0001f3fb-\U0001f3ff]?[\U000e0020-\U000e007f]*"
    flag, keycap = "[\U0001f1e6-\U0001f1ff]{2}", "[0-9#*]\ufe0f?\u20e3"
    return f"{flag}|{keycap}|{one}(?:\u200d{one})*"


_EMOJI = regex.compile(_pattern(f"{_PICTOGRAPHS}(?!{_AS_TEXT})"), regex.VERSION1)


@cache
def _fast_pattern() -> str:
    """The pattern without what looks ahead, its pictographs spelt out: RE2 does not know them."""
    possible = "".join(chr(code) for codes in _WITH_PICTOGRAPHS for code in codes)
    pictographs = "".join(regex.findall(_PICTOGRAPHS, possible, regex.VERSION1))
    return _pattern(f"[{pictographs}]")
