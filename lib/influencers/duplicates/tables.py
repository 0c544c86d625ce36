"""Duplicate images: links between two of them, and the groups that the links form."""

from __future__ import annotations

from influencers.storage.table import Table, bigint, boolean, integer, string

DUPLICATE_PAIRS = Table(
    "duplicate_pairs",
    grain="a link between two images that are duplicates; of many equal ones, each is linked to "
    "the earliest alone",
    key=("a", "b"),
    job="duplicates",
    columns=(
        string("a", "`image_key` of the one that sorts first, or its id in the file of `--hashes`"),
        string("b", "`image_key` or id of the other; `a` < `b`"),
        integer(
            "distance", "Hamming distance of the perceptual hashes; 0 for `same_bytes`", unit="bits"
        ),
        string(
            "link",
            "why the two are linked: `same_bytes`, `same_hash`, or `near`: within "
            "`duplicates.radius`",
        ),
    ),
)

DUPLICATE_GROUPS = Table(
    "duplicate_groups",
    grain="an image that has a duplicate, with its group",
    key=("image_key",),
    job="duplicates",
    columns=(
        bigint("group_id", "identifies the group: hash of the key of its representative"),
        string("image_key", "the image, or its id in the file of `--hashes`"),
        string(
            "representative",
            "`image_key` of the image of the group that was posted first; ties by key",
        ),
        integer(
            "distance_to_representative",
            "Hamming distance of its hash to that of the representative; 0 for equal bytes",
            unit="bits",
        ),
        boolean(
            "linked_through_others",
            "whether that distance is above `duplicates.radius`: it is in the group by way of "
            "other images",
        ),
        bigint("images", "images in the group"),
        integer(
            "diameter",
            "largest Hamming distance between two images of the group",
            unit="bits",
            null="not measured: the group has more than 20,000 different hashes",
        ),
    ),
)
