"""Pictures that are copies of each other."""

from __future__ import annotations

import pandas as pd

from influencers.report.figures import figures_in
from influencers.report.section import Section
from influencers.report.table import Table, count, rows_of, unknown
from influencers.run.metrics import Numbers


def section(duplicates: Numbers, copied: pd.DataFrame | None) -> Section:
    """The section of copies.

    Args:
        duplicates: the numbers of the duplicates stage.
        copied: the most copied pictures; None where there are none.
    """
    return Section(
        "duplicates",
        "Copies",
        "Pictures that are copies of each other: of the same bytes, or of hashes that differ "
        "in few bits, as after another compression, size or filter. Blank pictures are "
        "compared by their bytes alone.",
        figures_in("duplicates"),
        (_links_table(duplicates), _copied_table(copied)),
    )


def _links_table(duplicates: Numbers) -> Table:
    texts = {
        "images": "pictures compared",
        "same_bytes": "links between pictures of the same bytes",
        "same_hash": "links between pictures of the same hash",
        "near": "pairs of near hashes",
        "groups": "groups",
        "grouped": "pictures in them",
        "linked_through_others": "of those, farther from the first one than the radius",
    }
    rows = tuple((text, count(duplicates.get(key))) for key, text in texts.items())
    radius = duplicates.get("search", {}).get("radius")
    note = "" if radius is None else f"Hashes are near within {radius} of 64 bits."
    return Table("Pictures and their copies", ("", "number"), rows, frozenset({1}), note)


def _copied_table(copied: pd.DataFrame | None) -> Table:
    shown = () if copied is None else rows_of(copied)
    rows = tuple(
        (
            str(one["representative"]), _text(one["first_account"]), count(one["pictures"]),
            count(one["posts"]), count(one["accounts"]), _day(one["first_post"]),
            _day(one["last_post"]), count(one["diameter"]),
        )
        for one in shown
    )  # fmt: skip
    thumbnails = tuple(one["thumbnail"] for one in shown)
    columns = ("earliest picture", "first shown by", "files", "posts", "accounts", "first post",
               "last post", "bits apart")  # fmt: skip
    numeric = frozenset({2, 3, 4, 7})
    return Table("The most copied pictures", columns, rows, numeric, thumbnails=thumbnails)


def _text(value: object) -> str:
    return "–" if unknown(value) else str(value)


def _day(moment: object) -> str:
    return "–" if unknown(moment) else str(moment)[:10]
