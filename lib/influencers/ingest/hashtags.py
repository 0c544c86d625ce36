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

import pyarrow as pa
import pyarrow.compute as pc
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

# Most captions have plain hashtags alone: of these letters, digits and `_`, between these other
# characters. Every Unicode version has them as what they are here; a test holds them to the rules.
_PLAIN = (
    "0-9A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0388-\u038a\u038e-\u03a1\u03a3-\u03f5\u03f7-\u03ff"
    "\u0400-\u0481\u048a-\u052f\u05d0-\u05ea\u0620-\u063f\u0641-\u064a\u3041-\u3096\u30a1-\u30fa"
    "\u4e00-\u9fa5\uac00-\ud7a3"
)
_BESIDE = (
    "\\x00-\"$%'-/:-@\\[-^`{-\u00a0\u2010-\u201f\u2022\u2026\u2190-\u23fa\u25a0-\u27bf\u3001\u3002"
    "\ufe0f\uff01\uff0c\uff1f\U0001f300-\U0001f6ff\U0001f900-\U0001f9ff"
)
_PLAIN_CHAINS = re.compile(f"#[#{_PLAIN}]+")
_BEHIND_PLAIN = re.compile(f"[{_PLAIN}&]")
_NOT_PLAIN = (
    f"[^{_PLAIN}{_BESIDE}#&]#|#[{_PLAIN}]*[^{_PLAIN}{_BESIDE}#&]|＃|#(?s:.*)(?:/|(?i:www\\.))"
    "|(?:/|(?i:www\\.))(?s:.*)#"
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


def plain_hashtags(caption: str) -> list[str]:
    """As `written_hashtags`, of a caption whose hashtags are plain."""
    tags: list[str] = []
    for match in _PLAIN_CHAINS.finditer(caption):
        chain, start = match.group(), match.start()
        if start and _BEHIND_PLAIN.match(caption, start - 1):
            # What follows a word is none; `##` ends it.
            chain = chain.partition("##")[2]
            chain = f"#{chain}"
        tags += [tag for tag in chain.split("#") if tag.isalpha() or _LETTER.search(tag)]
    return tags


def have_plain_hashtags(captions: pa.Array) -> pa.Array:
    """Of which captions all hashtags are plain."""
    return pc.invert(pc.match_substring_regex(captions, _NOT_PLAIN))


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
        if not behind:
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


def read_tags(caption: str, *, plain: bool = False) -> Tags:
    """The hashtags and mentions of one caption.

    Args:
        caption: a text.
        plain: its hashtags are known to be plain (see `have_plain_hashtags`).
    """
    spellings: dict[str, str] = {}
    if "#" in caption or not plain:
        for written in plain_hashtags(caption) if plain else written_hashtags(caption):
            spellings.setdefault(normalise(written), written)
    return Tags(list(spellings), list(spellings.values()), mentions(caption))


def mentions(caption: str) -> list[str]:
    """The accounts that a caption mentions, in lower case, distinct, in order."""
    if "@" not in caption and "＠" not in caption:
        return []
    return list(dict.fromkeys(name.lower() for name in _MENTIONS.findall(caption)))
