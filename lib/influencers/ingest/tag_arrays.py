"""Hashtags and mentions of whole batches of captions, as `hashtags` finds them one by one.

Most captions are simple: of letters, spaces, signs and emoji that are the same to every version of
Unicode, without an address, and with a space before each `#`. Their tags are found by splitting all
of them at their signs, at once; all other captions are read one by one.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from influencers.ingest.hashtags import Tags, normalise, read_tags

# What a hashtag has: digits, marks and connectors, of which alone there is none, and letters.
_NO_LETTERS = (
    "0-9_\u064b-\u0655\u0660-\u0669\u0670\u0901-\u0903\u093c\u093e-\u094d\u0951-\u0954"
    "\u0962\u0963\u0966-\u096f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0e50-\u0e59"
)
PLAIN = _NO_LETTERS + (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0388-\u038a\u038e-\u03a1\u03a3-\u03f5"
    "\u03f7-\u03ff\u0400-\u0481\u048a-\u052f\u05d0-\u05ea\u0620-\u063f\u0641-\u064a"
    "\u0671-\u06d3\u0905-\u0939\u093d\u0950\u0958-\u0961\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46"
    "\u3041-\u3096\u30a1-\u30fa\u30fc-\u30fe\u4e00-\u9fa5\uac00-\ud7a3"
)
# What ends a hashtag and may stand before one.
BESIDE = (
    "\\x00-\"$%'-/:-@\\[-^`{-\u00a0\u060c\u061b\u061f\u0964\u0965\u0e3f\u200e\u200f\u2010-\u201f"
    "\u2022\u2026\u2028\u2029\u2190-\u23fa\u25a0-\u27bf\u3001\u3002"
    "\uff01\uff0c\uff1f\U0001f300-\U0001f6ff\U0001f900-\U0001f9ff"
)
# It ends a hashtag and may stand before one, but is part of a word before a mention.
_EMOJI_SELECTOR = "\ufe0f"
_ADDRESS = r"(?:/|(?i:www\.))"
_NOT_SIMPLE = "|".join(
    [
        f"[^{BESIDE}{_EMOJI_SELECTOR}#]#",
        f"#[{PLAIN}]*[^{PLAIN}{BESIDE}{_EMOJI_SELECTOR}#&]",
        f"#(?s:.*){_ADDRESS}",
        f"{_ADDRESS}(?s:.*)#",
        f"[^{PLAIN}{BESIDE}#&]@",
        "[＃＠]",
    ]
)
_HASHTAG = f"^(?P<found>[{PLAIN}]+)"
_MENTION = r"^(?P<found>[A-Za-z0-9_](?:[A-Za-z0-9_.]{0,28}[A-Za-z0-9_])?)"
LETTER = f"[^{_NO_LETTERS}]"

Places = npt.NDArray[np.int64]


def tags_of(captions: pa.Array) -> list[pa.Array]:
    """The lists of `hashtags.Tags`, an array for each of its fields; no caption is null."""
    simple = are_simple(captions)
    if pc.all(simple).as_py():
        return simple_tags(captions)
    others = pc.invert(simple)
    found = simple_tags(captions.filter(simple))
    rest = _lists(read_tags(caption) for caption in captions.filter(others).to_pylist())
    # The simple ones, then the others: where each caption lies among these.
    is_simple = simple.to_numpy(zero_copy_only=False)
    places = np.where(
        is_simple, np.cumsum(is_simple) - 1, np.cumsum(~is_simple) - 1 + is_simple.sum()
    )
    return [
        pa.concat_arrays([one, other]).take(pa.array(places))
        for one, other in zip(found, rest, strict=True)
    ]


def are_simple(captions: pa.Array) -> pa.Array:
    """Which captions are simple."""
    return pc.invert(pc.match_substring_regex(captions, _NOT_SIMPLE))


def simple_tags(captions: pa.Array) -> list[pa.Array]:
    """As `tags_of`, of simple captions."""
    owner, written = _hashtags(captions)
    spellings = written.dictionary_encode()
    normalised = pa.array([normalise(tag) for tag in spellings.dictionary.to_pylist()], pa.string())
    tags = normalised.take(spellings.indices)
    first = _firsts(owner, tags)
    mentioner, names = _mentions(captions)
    named = _firsts(mentioner, names)
    size = len(captions)
    return [
        _list_array(owner[first], tags.take(pa.array(first)), size),
        _list_array(owner[first], written.take(pa.array(first)), size),
        _list_array(mentioner[named], names.take(pa.array(named)), size),
    ]


def _hashtags(captions: pa.Array) -> tuple[Places, pa.Array]:
    """The hashtags of captions, as written, each with the place of its caption."""
    owner, texts, is_first = _behind(captions, "#")
    tag = pc.struct_field(pc.extract_regex(texts, _HASHTAG), "found")
    is_tag = pc.fill_null(pc.match_substring_regex(tag, LETTER), False)
    chosen = is_tag.to_numpy(zero_copy_only=False) & ~is_first
    return owner[chosen], tag.filter(pa.array(chosen))


def _mentions(captions: pa.Array) -> tuple[Places, pa.Array]:
    """The accounts that captions mention, in lower case, each with the place of its caption."""
    owner, texts, is_first = _behind(captions, "@")
    name = pc.struct_field(pc.extract_regex(texts, _MENTION), "found")
    is_name = name.is_valid().to_numpy(zero_copy_only=False)
    # Not behind a word or a point, and not between two signs.
    ends_word = pc.match_substring_regex(texts, f"[{PLAIN}.]$").to_numpy(zero_copy_only=False)
    empty = pc.equal(texts, "").to_numpy(zero_copy_only=False)
    whole = pc.fill_null(pc.equal(name, texts), False).to_numpy(zero_copy_only=False)
    before = np.r_[False, (ends_word | (empty & ~is_first))[:-1]]
    is_last = np.r_[is_first[1:], True]
    chosen = is_name & ~is_first & ~before & ~(whole & ~is_last)
    return owner[chosen], pc.ascii_lower(name.filter(pa.array(chosen)))


def _behind(captions: pa.Array, sign: str) -> tuple[Places, pa.Array, npt.NDArray[np.bool_]]:
    """The texts that a sign splits captions into: whose each is, and which are before any sign."""
    with_sign = pc.match_substring(captions, sign)
    places = np.flatnonzero(with_sign.to_numpy(zero_copy_only=False))
    parts = pc.split_pattern(captions.filter(with_sign), sign)
    texts = parts.flatten()
    is_first = np.zeros(len(texts), bool)
    is_first[parts.offsets.to_numpy()[:-1] - parts.offsets[0].as_py()] = True
    return np.repeat(places, pc.list_value_length(parts).to_numpy()), texts, is_first


def _firsts(owner: Places, texts: pa.Array) -> Places:
    """The places of texts that are the first of their kind in their caption, in order."""
    codes = texts.dictionary_encode()
    keys = owner * max(len(codes.dictionary), 1) + codes.indices.to_numpy()
    return np.sort(np.unique(keys, return_index=True)[1])


def _list_array(owner: Places, texts: pa.Array, size: int) -> pa.Array:
    """Lists of texts, for so many captions, of texts in the order of the captions."""
    ends = np.r_[0, np.cumsum(np.bincount(owner, minlength=size))]
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), texts)


def _lists(rows: Iterable[Tags]) -> list[pa.Array]:
    columns = zip(*rows, strict=True)
    lists = [pa.array(column, pa.list_(pa.string())) for column in columns]
    return lists or [pa.array([], pa.list_(pa.string()))] * len(Tags._fields)
