"""The captions of synthetic posts, with everything in them that breaks naive readers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from influencers.synthetic.lexicon import EMOJI, LANGUAGES, Language
from influencers.synthetic.streams import Flags, Integers, Strings, pick, zipf

TEXT, EMOJI_ONLY, LOST, EMPTY = range(4)
_KIND_WEIGHTS = np.array([0.95, 0.03, 0.005, 0.015])  # in the order of the kinds

_MOST_WORDS = 220
_BREAKS = ("\n", "\r\n", "\u2028", "\r", "\u2029", "\u0085")
_BREAK_WEIGHTS = np.array([0.94, 0.04, 0.008, 0.004, 0.004, 0.004])
_EMOJI = np.array(EMOJI, dtype=object)

# Spreadsheet formulas, markup, entities and words that readers take for something else. None
# starts with a comma or a line break: after a record with an unclosed quote, such a cell would
# look like the end of the quoted text (see `flaws`).
_HOSTILE_STARTS = (
    "=1+1 ", "+49 ", "-5 % ", "@", "<b>wow</b> ", "<script>alert('x')</script> ", "&amp; ",
    "&#39;", "null ", "NaN ", "C:\\new\\table ", "{{ 7 * 7 }} ", "'); DROP TABLE posts; -- ",
)  # fmt: skip
_HOSTILE_ENDS = ("\\", ' "yes"', ' \\"', " '", ' ""', " …", " </div>", "\u200f")
_LOST_TEXTS = ("?", "??", "?? ???? ???", "?????! ??", "? ??? #???")


@dataclass(frozen=True)
class Outline:
    """What the captions of a block are to hold, one element to a post.

    Attributes:
        language: a position in `lexicon.LANGUAGES`.
        kind: TEXT, EMOJI_ONLY, LOST (only question marks) or EMPTY.
        question: whether the text ends with a question mark; only where the kind is TEXT.
    """

    language: Integers
    kind: Integers
    question: Flags


def outline(rng: np.random.Generator, language: Integers) -> Outline:
    """Draw what each caption will be; one in seven of other languages' is in English."""
    size = len(language)
    kind = pick(rng, _KIND_WEIGHTS, size)
    return Outline(
        language=np.where(rng.random(size) < 0.15, 0, language),
        kind=kind,
        question=(rng.random(size) < 0.12) & (kind == TEXT),
    )


def write(
    rng: np.random.Generator, outline: Outline, tags: list[list[str]], handles: Strings
) -> list[str]:
    """The captions.

    Args:
        rng: the block's stream.
        outline: what each is to be.
        tags: the hashtags of each, without '#'.
        handles: accounts to be mentioned, as many as there are posts; each post takes the first
            few from its own place on.
    """
    size = len(outline.kind)
    texts = _texts(rng, outline)
    mentions = np.where(rng.random(size) < 0.45, np.ceil(-1.8 * np.log1p(-rng.random(size))), 0)
    mentions = np.minimum(mentions, 12).astype(np.int64)
    emoji = _emoji_runs(rng, size)
    breaks = pick(rng, _BREAK_WEIGHTS, size)
    luck = rng.random((size, 4))
    captions = []
    for row, (kind, dice) in enumerate(zip(outline.kind.tolist(), luck.tolist(), strict=True)):
        if kind == TEXT:
            named = handles[row : row + int(mentions[row])].tolist()
            parts = _with_people(texts[row], named, dice[0])
            caption = _with_tags(_with_emoji(parts, emoji[row], dice[1]), tags[row], dice[2])
            if dice[3] < 0.012:
                caption = _hostile(caption, dice[3] / 0.012)
            if breaks[row]:
                caption = caption.replace("\n", _BREAKS[breaks[row]])
        elif kind == EMOJI_ONLY:
            caption = emoji[row] or "❤️"
        else:
            caption = _LOST_TEXTS[row % len(_LOST_TEXTS)] if kind == LOST else ""
        captions.append(caption)
    return captions


def _texts(rng: np.random.Generator, outline: Outline) -> list[str]:
    """The running text of each caption, without tags, mentions and emoji."""
    size = len(outline.kind)
    texts = [""] * size
    words = np.ceil(np.exp(np.log(12.0) + 1.0 * rng.standard_normal(size))).astype(np.int64)
    words = np.clip(words, 1, _MOST_WORDS)
    broken = rng.random(size) < 0.42
    for number, language in enumerate(LANGUAGES):
        rows = np.flatnonzero((outline.language == number) & (outline.kind == TEXT))
        if len(rows) == 0:
            continue
        made = _sentences(rng, language, words[rows], broken[rows])
        endings = pick(rng, np.array([0.5, 0.3, 0.2]), len(rows)).tolist()
        questions = outline.question[rows].tolist()
        _, stop, cheer, question = language.pauses
        for row, text, ending, asks in zip(rows.tolist(), made, endings, questions, strict=True):
            texts[row] = text + (question if asks else ("", stop, cheer)[ending])
    return texts


def _sentences(
    rng: np.random.Generator, language: Language, lengths: Integers, broken: Flags
) -> list[str]:
    """Texts of so many words each; the sentences of `broken` ones stand on lines of their own."""
    ends = np.cumsum(lengths)
    total = int(ends[-1])
    comma, stop, cheer, _ = language.pauses
    space = " " if language.spaced else ""
    gaps = np.array(
        [space, comma + space, stop + space, cheer + space, "", stop + "\n", cheer + "\n\n"],
        dtype=object,
    )
    gap = pick(rng, np.array([0.885, 0.05, 0.055, 0.01]), total)
    gap = np.where((gap >= 2) & np.repeat(broken, lengths), gap + 3, gap)
    gap[ends - 1] = 4
    opens = np.roll(gap >= 2, 1)  # the last gap of all ends a caption: the first word opens one
    word = pick(rng, zipf(len(language.words), 0.8), total)
    pieces = np.where(opens, language.capitalised[word], language.lower[word]) + gaps[gap]
    listed = pieces.tolist()
    starts = (ends - lengths).tolist()
    return ["".join(listed[a:b]) for a, b in zip(starts, ends.tolist(), strict=True)]


def _emoji_runs(rng: np.random.Generator, size: int) -> list[str]:
    """Emoji for each caption: none for two in five, else a few, some the same again and again."""
    lengths = np.where(rng.random(size) < 0.6, np.ceil(-2.0 * np.log1p(-rng.random(size))), 0)
    lengths = np.minimum(lengths, 14).astype(np.int64)
    ends = np.cumsum(lengths)
    glyphs = _EMOJI[pick(rng, zipf(len(EMOJI), 0.7), int(ends[-1]) if size else 0)].tolist()
    same = (rng.random(size) < 0.3).tolist()
    return [
        glyphs[end - length] * length if repeats and length else "".join(glyphs[end - length : end])
        for end, length, repeats in zip(ends.tolist(), lengths.tolist(), same, strict=True)
    ]


def _with_people(text: str, handles: list[str], dice: float) -> str:
    if dice < 0.05:
        text = f'"{text}"' if dice < 0.02 else f'{text} "{text.split()[0]}", he said'
    if not handles:
        return text
    named = " ".join("@" + handle for handle in handles)
    if 0.2 < dice < 0.4:
        return f"{named} {text}"
    return f"{text}\n📷: {named}" if dice > 0.9 else f"{text} {named}"


def _with_emoji(text: str, emoji: str, dice: float) -> str:
    if not emoji:
        return text
    if dice < 0.15:
        return f"{emoji} {text}"
    return f"{text}{emoji}" if dice < 0.35 else f"{text} {emoji}"


def _with_tags(text: str, tags: list[str], dice: float) -> str:
    if not tags:
        return text
    if dice < 0.03:
        return text + " #" + "#".join(tags)  # glued: people write them like this
    mark = " ＃" if dice > 0.99 else " #"
    joined = mark.join(["", *tags]).lstrip()
    if dice < 0.10:
        return f"{joined} {text}"
    if dice < 0.70:
        return f"{text} {joined}"
    return f"{text}\n\n{joined}" if dice < 0.90 else f"{text}\n.\n.\n.\n{joined}"


def _hostile(caption: str, dice: float) -> str:
    choices = len(_HOSTILE_STARTS) + len(_HOSTILE_ENDS)
    choice = int(dice * choices)
    if choice < len(_HOSTILE_STARTS):
        return _HOSTILE_STARTS[choice] + caption
    return caption + _HOSTILE_ENDS[choice - len(_HOSTILE_STARTS)]
