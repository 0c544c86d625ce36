"""Files of posts that leave little to count, compare, link or learn."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

LARGEST = 10**12  # the largest count that ingest takes
TOO_LARGE = 2**63 - 1

Row = dict[str, object]


def _post(number: int, owner: int, **cells: object) -> Row:
    """A post with nothing odd about it, an hour after the one before it."""
    usual: Row = {
        "owner_id": owner,
        "shortcode": f"Abcd{number:04d}",
        "is_video": number % 5 == 0,
        "caption": f"post {number} #a{owner % 5} #b{owner % 5} #c{owner % 5}",
        "comments": number % 11,
        "likes": 10 + number * 13 % 97,
        "created_at": 1_500_000_000 + 3600 * number,
        "imageUrl": "",
        "followers": 100 + owner * 37 % 1000,
    }
    return {**usual, **cells}


def one_post() -> Iterator[Row]:
    """A single post."""
    yield _post(0, 7, caption="hello", likes=2, comments=1, followers=10)


def one_account() -> Iterator[Row]:
    """Thirty posts of one account."""
    return (_post(number, 7) for number in range(30))


def all_equal() -> Iterator[Row]:
    """Posts that differ in shortcode and owner alone; their images are of the same bytes."""
    same: Row = {"is_video": False, "caption": "same #tag", "comments": 5, "likes": 5,
                 "created_at": 1_500_000_000, "followers": 100}  # fmt: skip
    for number in range(60):
        yield _post(number, number, **same, imageUrl=f"http://images.example/p/{number}.png")


def nothing_known() -> Iterator[Row]:
    """Posts without a caption, a type or a count."""
    unknown: Row = {"is_video": "", "caption": "", "comments": "", "likes": "", "followers": ""}
    return (_post(number, number % 40, **unknown) for number in range(120))


def only_videos() -> Iterator[Row]:
    """Posts that are all videos."""
    return (_post(number, number % 40, is_video=True) for number in range(200))


def zeros() -> Iterator[Row]:
    """Posts that nobody likes, of accounts that nobody follows."""
    none: Row = {"comments": 0, "likes": 0, "followers": 0}
    return (_post(number, number % 40, **none) for number in range(200))


def largest_counts() -> Iterator[Row]:
    """Counts as large as they may be, beside larger ones and ordinary ones."""
    for number in range(600):
        owner = number % 60
        cells: Row = {
            "likes": LARGEST if number % 7 else 3,
            "comments": LARGEST - number % 2,
            "followers": LARGEST if owner % 3 else 1 + owner,
        }
        if number % 100 == 99:
            cells[("likes", "comments", "followers")[number // 100 % 3]] = TOO_LARGE
        yield _post(number, owner, **cells)


def no_hashtags() -> Iterator[Row]:
    """Captions without a hashtag."""
    return (_post(number, number % 40, caption=f"post {number}") for number in range(200))


def one_hashtag() -> Iterator[Row]:
    """The same hashtag on every post."""
    return (_post(number, number % 40, caption=f"post {number} #one") for number in range(200))


def thirty_hashtags() -> Iterator[Row]:
    """The same thirty hashtags on every post."""
    tags = " ".join(f"#tag{number}" for number in range(30))
    return (_post(number, number % 40, caption=f"post {number} {tags}") for number in range(200))


KINDS: dict[str, Callable[[], Iterator[Row]]] = {
    kind.__name__: kind
    for kind in (
        one_post, one_account, all_equal, nothing_known, only_videos, zeros, largest_counts,
        no_hashtags, one_hashtag, thirty_hashtags,
    )
}  # fmt: skip


def written(kind: str, file: Path) -> int:
    """Write the posts of a kind as CSV, and give their number."""
    rows = list(KINDS[kind]())
    with file.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return len(rows)
