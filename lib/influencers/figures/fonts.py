"""Which installed fonts can write a text in any script, and what to write where none can."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

# Comes with matplotlib: Latin, Greek, Cyrillic, Arabic, Hebrew and many symbols.
BASE_FAMILY = "DejaVu Sans"


def families_for(texts: Iterable[str]) -> list[str]:
    """Font families that together can write the texts as far as any installed font can.

    The base family is first; others are added in the order of their names, each for letters that
    none before it has.
    """
    families = [BASE_FAMILY]
    missing = {c for text in texts for c in printable(text)} - _letters(BASE_FAMILY)
    if missing:
        for family in _installed():
            drawable = missing & _letters(family)
            if drawable:
                families.append(family)
                missing -= drawable
    return families


def written(text: str, families: Iterable[str], *, longest: int) -> str:
    r"""The text as these fonts can write it.

    A letter that none of them has is written as its code, `\u4e2d`; a text longer than `longest`
    ends in an ellipsis. Control and format characters, which are invisible, are left out.
    """
    known = frozenset[str]().union(*(_letters(family) for family in families))
    parts = [c if c in known else _code(c) for c in printable(text)]
    if sum(map(len, parts)) <= longest:
        return "".join(parts)
    kept, width = [], 0
    for part in parts:
        width += len(part)
        if width > longest - 1:
            break
        kept.append(part)
    return "".join(kept) + "…"


def printable(text: str) -> str:
    """The text without line breaks, controls, joiners and variation selectors."""
    spaced = " ".join(text.split())
    return "".join(
        c for c in spaced
        if unicodedata.category(c) not in ("Cc", "Cf", "Cs") and not "\ufe00" <= c <= "\ufe0f"
    )  # fmt: skip


def _code(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


@cache
def _installed() -> tuple[str, ...]:
    """Families of the machine, by name; not those that hold a box for every letter."""
    names = {entry.name for entry in font_manager.fontManager.ttflist}
    return tuple(sorted(name for name in names if "Last Resort" not in name))


@cache
def _letters(family: str) -> frozenset[str]:
    """The characters that a family's regular face has."""
    wanted = font_manager.FontProperties(family=[family])
    path = font_manager.findfont(wanted, fallback_to_default=False)
    return frozenset(map(chr, FT2Font(path).get_charmap()))
