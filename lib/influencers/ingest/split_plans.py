"""What is known of the splits of a file before they are read, and how that says to read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Ending:
    """A record that is open at the end of a split.

    Attributes:
        before: records of the split before it.
        chars: characters of its lines in the split.
    """

    before: int
    chars: int


@dataclass(frozen=True)
class Outline:
    """What a split holds from a line on.

    Attributes:
        records: their number, if whatever is open at the end cannot be read.
        endings: the record that is open at the end; if it cannot be read, the next one that is; ….
    """

    records: int
    endings: tuple[Ending, ...]


@dataclass(frozen=True)
class Summary:
    """What a split would be, were its first line the start of a record or within one.

    Attributes:
        starting: of its lines, if a record starts with the first.
        head: the text up to the line that ends the record that is open before; all of it if none
            does; None if that record cannot be read on.
        head_lines: the number of its lines, and of their characters.
        closes: whether the record ends in it.
        within: of the lines behind the head.
    """

    starting: Outline
    head: bytes | None
    head_lines: int
    head_chars: int
    closes: bool
    within: Outline | None


@dataclass(frozen=True)
class Plan:
    """How a split is to be read; by default, as one that is a whole file.

    Attributes:
        skip: lines at the start that belong to a record of an earlier split.
        unreadable: how many of the records that are open at its end cannot be read; None: all.
        rest: what the next of them has in later splits; empty if there is none.
        more: whether lines of the file follow.
        before: records of the file before those of this split.
    """

    skip: int = 0
    unreadable: int | None = None
    rest: bytes = b""
    more: bool = False
    before: int = 0


def plan(summaries: Sequence[Summary], *, max_chars: int) -> list[Plan]:
    """How the splits of a file are to be read.

    Args:
        summaries: of all splits that have a line, in the order of the file.
        max_chars: as `csv_records.split_records` has it.
    """
    plans: list[Plan] = []
    before = skip = 0
    while len(plans) < len(summaries):
        place = len(plans)
        summary = summaries[place]
        outline = summary.within if skip else summary.starting
        assert outline is not None  # a head was skipped, so it has an end
        more = place + 1 < len(summaries)
        for number, ending in enumerate(outline.endings):
            heads = _heads(ending, summaries, place + 1, max_chars=max_chars)
            if heads:
                rest = b"".join(heads)
                plans.append(Plan(skip, number, rest, more=more, before=before))
                before += ending.before + 1
                plans += [
                    Plan(within.head_lines, 0, more=True, before=before)
                    for within in summaries[place + 1 : place + len(heads)]
                ]
                skip = summaries[place + len(heads)].head_lines
                break
        else:
            plans.append(Plan(skip, more=more, before=before))
            before += outline.records
            skip = 0
    return plans


def _heads(
    ending: Ending, summaries: Sequence[Summary], later: int, *, max_chars: int
) -> list[bytes]:
    """What an open record has in the splits from `later` on; nothing if it cannot be read."""
    heads: list[bytes] = []
    chars = ending.chars
    for place in range(later, len(summaries)):
        summary = summaries[place]
        chars += summary.head_chars
        if summary.head is None or chars > max_chars:
            return []
        heads.append(summary.head)
        if summary.closes:
            return heads
    return []
