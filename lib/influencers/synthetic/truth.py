"""What was planted, written beside the sample so that results can be held against it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

_HEAD = """\
What was planted in posts.csv and images/. Records are numbered from 1, without the header, as a
strict CSV reader counts them that gives an unclosed quote up at the end of its line.

"""

_WORLD = """\
accounts.csv       an account: owner_id, owner_username, its community (a number and a name), the
                   language of its captions, followers and following as of the crawl, its skill
                   (what it adds to the logarithm of its likes, always), and its good posts.
hashtags.csv       a planted hashtag, normalised, without '#': its role, and its community.
                   role: community (belongs to one), ubiquitous (used by all, belongs to none),
                   driver (raises likes), decoy (as frequent as the driver, raises nothing).
                   Hashtags that are not listed are long tail and belong to no community.
images.csv         an image file: image (its name under images/p and in imageUrl; each post has its
                   own, unless fewer were asked for than posts), group (planted images that are
                   alike, and no others are; empty when it has no copy), kind (original, or what was
                   done to the copy), original, distance (Hamming distance of the perceptual hash to
                   the original's, 0 to 64, measured on the files), phash (hexadecimal), format,
                   width, height, bytes.
"""

_RECORDS = """\
bad_records.csv    a record that cannot be used: its number, and the one reason.
duplicates.csv     a post that was crawled twice: shortcode, kind (exact, updated), the record of
                   the first crawl, that of the second (which may come first in the file), the
                   record that must win (of equal ones the first in the file), and its likes and
                   comments as written: never lower than the other's.
"""

_DOCUMENTS = """\
drivers.json       what makes posts and accounts succeed, with the true sizes of the effects, on
                   natural logarithms, and what has no effect.
expected.json      the counts that reading must give, with the options that made the sample.
"""


class Rows(Protocol):
    """Takes one row of a table after the other."""

    def writerow(self, row: Iterable[Any], /) -> Any:
        """Write one row."""


@contextmanager
def table(folder: Path, name: str, columns: tuple[str, ...]) -> Iterator[Rows]:
    """A CSV file in `folder` to which rows are written one by one; None is an empty cell."""
    with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        yield writer


def document(folder: Path, name: str, content: Mapping[str, Any]) -> None:
    """A JSON file in `folder`, its keys in the order given."""
    text = json.dumps(content, ensure_ascii=False, indent=2)
    (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8", newline="\n")


def readme(folder: Path, *, head: str = _HEAD, records: str = _RECORDS) -> None:
    """The description of the files in `folder`.

    Args:
        folder: where they are.
        head: what the sample is, and how records are numbered.
        records: the tables of records and of crawls.
    """
    text = head + _WORLD + records + _DOCUMENTS
    (folder / "README").write_text(text, encoding="utf-8", newline="\n")
