"""Hashtags and mentions in captions.

A hashtag follows the hashtag syntax of UAX #31 as social networks apply it: it starts at `#` or
`＃` that does not follow a word character or `&`; letters, marks, digits, connectors and joiners
continue it, and so do the few punctuation marks that spell words in Catalan, Hebrew, Tibetan and
Japanese; at least one letter is in it; it is not part of an address. `#a#b` is two hashtags, as
accounts write them. https://www.unicode.org/reports/tr31/#hashtag_identifiers
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

import regex

# Middle dot, maqaf, geresh, gershayim, the two tsheg marks, wave dashes, kana marks, ditto mark.
_SPELLING = "\u00b7\u05be\u05f3\u05f4\u0f0b\u0f0c\u301c\uff5e\u309b\u309c\u30a0\u30fb\u3003\ua67e"
# A variation selector belongs to the emoji before it, not to a word.
_WORD = r"\p{L}\p{Nd}\p{Pc}[\p{M}--[\uFE00-\uFE0F]]"
_CONTINUE = rf"[{_WORD}\u200c\u200d{_SPELLING}]"
_HASHTAGS = regex.compile(rf"(?:[#＃](?![\uFE0F\u20E3])({_CONTINUE}++)(?!://))+", regex.VERSION1)
_NOT_BEFORE = regex.compile(rf"[{_WORD}&]", regex.VERSION1)
_ADDRESS = regex.compile(r"(?:https?://|www\.)|[\w-]\.[A-Za-z]{2,24}/", regex.IGNORECASE)
_LETTER = regex.compile(r"\p{L}")
_SIGN = re.compile("[#＃]")
_UNSPACED = re.compile(r"\S+")
_MENTIONS = regex.compile(
    r"(?<![\w@.])[@＠]([A-Za-z0-9_](?:[A-Za-z0-9_.]{0,28}[A-Za-z0-9_])?+)(?![@＠])",
    regex.VERSION1,
)


class Tags(NamedTuple):
    """What a caption refers to.

    Attributes:
        hashtags: normalised, distinct, in order of first use.
        hashtags_as_written: parallel to `hashtags`, the spelling of the first use.
        mentions: account handles in lower case, distinct, in order.
    """

    hashtags: list[str]
    hashtags_as_written: list[str]
    mentions: list[str]


def written_hashtags(caption: str) -> Iterator[str]:
    """Every hashtag as it is spelt, without its `#`, repeats included.

    >>> list(written_hashtags("#Été#sun at x.com/#no, no&#38; #2024"))
    ['Été', 'sun']
    """
    if "#" not in caption and "＃" not in caption:
        return
    if "/" not in caption and "www." not in caption.lower():  # no address
        yield from _between(caption, 0, len(caption), address_end=len(caption))
        return
    # No hashtag and no address holds a space, and each stretch is looked through once: the time is
    # linear in the length of the caption.
    for stretch in _UNSPACED.finditer(caption):
        start, end = stretch.span()
        if _SIGN.search(caption, start, end):
            # Addresses do not overlap: the first one is the first to end.
            address = _ADDRESS.search(caption, start, end)
            yield from _between(caption, start, end, address_end=address.end() if address else end)


def _between(caption: str, start: int, end: int, *, address_end: int) -> Iterator[str]:
    """The hashtags between two places, of which those behind an address are none."""
    place = start
    while sign := _SIGN.search(caption, place, end):
        place = sign.start()
        match = _HASHTAGS.match(caption, place, end)
        if match is None:
            place += 1
            continue
        behind = place > start and (
            place >= address_end or _NOT_BEFORE.match(caption, place - 1, place)
        )
        if behind:
            # What follows may be behind a sign that spells words and is no part of one.
            place = match.ends(1)[0]
            continue
        yield from (tag for tag in match.captures(1) if tag.isalpha() or _LETTER.search(tag))
        place = match.end()


def normalise(tag: str) -> str:
    """The form under which two spellings are the same hashtag: NFKC and case folding.

    >>> normalise("Ｓｕｎ") == normalise("SUN") == "sun"
    True
    """
    if tag.isascii():
        return tag.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", tag).casefold())


def read_tags(caption: str) -> Tags:
    """The hashtags and mentions of one caption."""
    spellings: dict[str, str] = {}
    for written in written_hashtags(caption):
        spellings.setdefault(normalise(written), written)
    return Tags(list(spellings), list(spellings.values()), mentions(caption))


def mentions(caption: str) -> list[str]:
    """The accounts that a caption mentions, in lower case, distinct, in order."""
    if "@" not in caption and "＠" not in caption:
        return []
    return list(dict.fromkeys(name.lower() for name in _MENTIONS.findall(caption)))
