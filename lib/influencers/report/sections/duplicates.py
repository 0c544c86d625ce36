"""Near-duplicate images."""

from __future__ import annotations

import pandas as pd

from influencers.measured.images import Duplicates
from influencers.report.figures import figures_in
from influencers.report.section import Section
from influencers.report.table import Table, count, rows_of, unknown


def section(duplicates: Duplicates, copied: pd.DataFrame | None, reason: str) -> Section:
    """The section of near-duplicates.

    Args:
        duplicates: the numbers of the duplicates stage.
        copied: the most duplicated images; None where there are none.
        reason: why there may be no images, in a sentence.
    """
    return Section(
        "duplicates",
        "Near-duplicates",
        "Images that are duplicates of each other: of the same bytes, or of hashes that differ "
        "in few bits, as after another compression, size or filter. Blank images are "
        "compared by their bytes alone.",
        figures_in("duplicates"),
        (_links_table(duplicates, reason), _copied_table(copied)),
    )


def _links_table(duplicates: Duplicates, reason: str) -> Table:
    numbers = {
        "images compared": duplicates.images,
        "links between images of the same bytes": duplicates.same_bytes,
        "links between images of the same hash": duplicates.same_hash,
        "pairs of near hashes": duplicates.near,
        "duplicate groups": duplicates.groups,
        "images in them": duplicates.grouped,
        "of those, farther from the first one than the radius": duplicates.linked_through_others,
    }
    known = any(number is not None for number in numbers.values())
    rows = tuple((text, count(number)) for text, number in numbers.items()) if known else ()
    search = duplicates.search
    note = "" if search is None else f"Hashes are near within {search.radius} of 64 bits."
    return Table("Near-duplicate images", ("", "number"), rows, frozenset({1}), note, reason)


def _copied_table(copied: pd.DataFrame | None) -> Table:
    shown = () if copied is None else rows_of(copied)
    rows = tuple(
        (
            str(group["representative"]), _text(group["first_account"]), count(group["images"]),
            count(group["posts"]), count(group["accounts"]), _day(group["first_post"]),
            _day(group["last_post"]), count(group["diameter"]),
        )
        for group in shown
    )  # fmt: skip
    thumbnails = tuple(group["thumbnail"] for group in shown)
    columns = ("earliest image", "first shown by", "files", "posts", "accounts", "first post",
               "last post", "Hamming distance (bits)")  # fmt: skip
    numeric = frozenset({2, 3, 4, 7})
    return Table("Most duplicated images", columns, rows, numeric, thumbnails=thumbnails)


def _text(value: object) -> str:
    return "–" if unknown(value) else str(value)


def _day(moment: object) -> str:
    return "–" if unknown(moment) else str(moment)[:10]
