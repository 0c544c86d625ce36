"""Images and their near-duplicates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from influencers.measured.keys import key, key_if_known


@dataclass(frozen=True)
class Images:
    """The images that posts name, and what became of them."""

    wanted: int | None = key("Different images that posts name; null before images.", None)
    due: int | None = key("Of these, those due in the last run; null before images.", None)
    asked: int | None = key(
        "Of those due, those that a host was asked for; null before images.", None
    )
    ok: int | None = key("Images fetched and measured, in any run; null before images.", None)
    by_status: Mapping[str, int] = key("Images by what became of them.", factory=dict)
    waiting: int | None = key_if_known(
        "Images that a later run asks for again. Missing before images."
    )


@dataclass(frozen=True)
class SearchPlan:
    """How near hashes were found."""

    radius: int = key("Hamming distance up to which hashes are near, in bits of 64.")
    blocks: int = key("Blocks that a hash is cut into; 0: all were compared in one task.", 0)
    tables: int = key("Tables of hashes by some of their blocks.", 0)
    candidates: int = key("Pairs of hashes that were compared.", 0)
    considered: Mapping[str, int] = key(
        "Candidates that other numbers of blocks would make, by number of blocks.", factory=dict
    )


@dataclass(frozen=True)
class Duplicates:
    """Images that are near-duplicates, in links and groups."""

    images: int | None = key("Images; null before duplicates.", None)
    pairs: int | None = key("Links of all kinds; null before duplicates.", None)
    groups: int | None = key("Duplicate groups; null before duplicates.", None)
    compared: int | None = key_if_known(
        "Images of different bytes whose hashes were compared. Missing before duplicates."
    )
    same_bytes: int | None = key_if_known(
        "Links between images of the same bytes. Missing before duplicates."
    )
    same_hash: int | None = key_if_known(
        "Links between images of the same hash. Missing before duplicates."
    )
    near: int | None = key_if_known("Pairs of near hashes. Missing before duplicates.")
    left_out: int | None = key_if_known(
        "Rows of the file of hashes without id or hash. Missing where images were compared."
    )
    grouped: int | None = key_if_known("Images in groups. Missing before duplicates.")
    linked_through_others: int | None = key_if_known(
        "Of those, farther from their group's first image than the radius. Missing before "
        "duplicates."
    )
    search: SearchPlan | None = key_if_known(
        "How near hashes were found. Missing before duplicates."
    )
