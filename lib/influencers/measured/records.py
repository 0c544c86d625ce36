"""What `ingest` has read, and what its tables hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from influencers.measured.keys import Written, key, key_if_known

_REASONS = "Records in quarantine by reason; a record may have several"


@dataclass(frozen=True)
class Rows:
    """The records that the last run of `ingest` has read: read = posts + quarantined + duplicates.

    With accounts that the output has forgotten, read has their records, too.
    """

    read: int | None = key("Records in the input; null before ingest.", None)
    posts: int | None = key(
        "Distinct posts among them, whether the table knew them or not; null before ingest.", None
    )
    quarantined: int | None = key("Records that cannot be used; null before ingest.", None)
    duplicates: int | None = key(
        "Records of a post that another record tells, too: repeated + observations; null before "
        "ingest.",
        None,
    )
    by_reason: Mapping[str, int] = key(
        f"{_REASONS}. Missing before ingest.", factory=dict, written=Written.ONCE_MEASURED
    )
    forgotten: int | None = key_if_known(
        "Records of forgotten accounts, which are left out. Missing where there are none."
    )
    repeated: int | None = key(
        "Records of a post at a time that another record tells, too; null before ingest.", None
    )
    observations: int | None = key("Records of a post at a further time; null before ingest.", None)
    undated: int | None = key(
        "Good records of which it is not known when they were crawled: they are no observations; "
        "null before ingest.",
        None,
    )


@dataclass(frozen=True)
class PostsTable:
    """The table posts."""

    rows: int | None = key("Posts, of all inputs together; null before ingest.", None)


@dataclass(frozen=True)
class QuarantineTable:
    """The table quarantine."""

    rows: int | None = key("Records, of all inputs together; null before ingest.", None)
    by_reason: Mapping[str, int] = key(f"{_REASONS}.", factory=dict)


@dataclass(frozen=True)
class Tables:
    """What the tables of `ingest` hold, of all that was ever read."""

    posts: PostsTable = key("What the table posts holds.", factory=PostsTable)
    quarantine: QuarantineTable = key("What the table quarantine holds.", factory=QuarantineTable)


@dataclass(frozen=True)
class Standing:
    """A file whose word stands for posts that are told in several ways."""

    source_file: str = key("The file.")
    posts: int = key("For how many of these posts its word stands.")
