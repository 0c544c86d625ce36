"""Bad records: one flaw each, written so that every strict reader agrees on where it ends.

A bad record is one physical line. No cell after the flaw is quoted, and no good cell starts with
a comma or a line break; so where a quote is left open, the text that it swallows can only end in
a quote followed by a letter, which is no CSV: a strict reader gives the line up and resumes at
the next one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

FIELDS = (
    "owner_id", "owner_username", "shortcode", "is_video", "caption", "comments", "likes",
    "created_at", "location", "imageUrl", "multiple_images", "username", "followers", "following",
)  # fmt: skip

_PLAIN = "An ordinary day by the sea"


@dataclass(frozen=True)
class Flaw:
    """One way to spoil a record: the reason that ingest must give, and how it is done.

    Attributes:
        spoil: takes the cells as written (already quoted where needed), gives the spoilt ones.
            Bytes that are no UTF-8 stand as lone surrogates (`surrogateescape`).
    """

    reason: str
    spoil: Callable[[list[str]], list[str]]


def _with(name: str, value: str) -> Callable[[list[str]], list[str]]:
    place = FIELDS.index(name)
    return lambda cells: [*cells[:place], value, *cells[place + 1 :]]


def _latin_1(text: str) -> str:
    return text.encode("latin-1").decode("utf-8", "surrogateescape")


FLAWS = (
    Flaw("field_count", lambda cells: cells[:11]),
    Flaw("field_count", lambda cells: [*cells[:5], "loose", "cells", *cells[5:]]),
    Flaw("unclosed_quote", _with("caption", f'"{_PLAIN}')),
    Flaw("unclosed_quote", _with("caption", f'"She said ""{_PLAIN}""')),
    Flaw("undecodable_bytes", _with("caption", _latin_1("Café crème à Besançon"))),
    Flaw("undecodable_bytes", _with("username", _latin_1("Jürgen Müller"))),
    Flaw("missing:shortcode", _with("shortcode", "")),
    Flaw("missing:owner_id", _with("owner_id", "")),
    Flaw("missing:created_at", _with("created_at", "")),
    Flaw("unreadable_number:likes", _with("likes", "one or two")),
    Flaw("unreadable_number:comments", _with("comments", "lots")),
    Flaw("unreadable_number:followers", _with("followers", "many")),
    Flaw("unreadable_number:following", _with("following", "#REF!")),
    Flaw("unreadable_number:owner_id", _with("owner_id", "id_of_owner")),
    Flaw("unreadable_boolean:is_video", _with("is_video", "perhaps")),
    Flaw("unreadable_boolean:multiple_images", _with("multiple_images", "2 of 3")),
    Flaw("unreadable_time:created_at", _with("created_at", "yesterday")),
    Flaw("time_out_of_range:created_at", _with("created_at", "0")),
    Flaw("time_out_of_range:created_at", _with("created_at", "86400")),
    Flaw("time_out_of_range:created_at", _with("created_at", "4102444800")),
    Flaw("negative_count:likes", _with("likes", "-7")),
    Flaw("negative_count:comments", _with("comments", "-20")),
    Flaw("negative_count:followers", _with("followers", "-300")),
)


def spoilt(cells: list[str], flaw: Flaw) -> str:
    """The line of a bad record, without its line end.

    Args:
        cells: the 14 cells of a good record; those that might be quoted are replaced first.
        flaw: what to do to it.
    """
    plain = list(cells)
    for name, value in (("caption", _PLAIN), ("location", ""), ("username", "Someone")):
        plain[FIELDS.index(name)] = value
    return ",".join(flaw.spoil(plain))
