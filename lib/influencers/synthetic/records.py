"""How posts are written down: the records of a block, with spoilt ones and second crawls."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import numpy as np

from influencers.config import GenerateConfig
from influencers.synthetic import flaws, gallery
from influencers.synthetic.flaws import FIELDS, FLAWS, Flaw
from influencers.synthetic.gallery import Gallery
from influencers.synthetic.posts import Posts, Roles
from influencers.synthetic.streams import Integers, mix64

_NEEDS_QUOTES = re.compile('[,"\r\n]').search
_LIKES, _COMMENTS, _URL = (FIELDS.index(name) for name in ("likes", "comments", "imageUrl"))
_RECRAWL_DELAY = 30 * 86_400  # a later crawl is given a URL that lives longer


@dataclass(frozen=True)
class Bad:
    """A spoilt record: its number in the file, the first being 1, and the reason to be given."""

    record: int
    reason: str


@dataclass(frozen=True)
class Duplicate:
    """A post that was crawled twice.

    Attributes:
        kind: exact (both records are the same) or updated (the second knows more likes or
            comments).
        record, copy: the numbers of the first and the second crawl in the file, in any order.
        winner: the record that must be kept; of equal ones the first in the file.
        likes, comments: of the winner, as written.
    """

    shortcode: str
    kind: str
    record: int
    copy: int
    winner: int
    likes: str
    comments: str


@dataclass(frozen=True)
class Written:
    """A block as it goes to the file, and what there is to know about it.

    Attributes:
        lines: records without their line ends, each a text in UTF-8 with surrogate escapes.
        good: the positions of records that are the first crawl of a post.
    """

    lines: list[str]
    bad: list[Bad]
    duplicates: list[Duplicate]
    good: Integers


def header() -> str:
    """The first line of the file."""
    return ",".join(FIELDS)


def write(options: GenerateConfig, images: Gallery, posts: Posts, roles: Roles) -> Written:
    """The records of a block of posts."""
    cells = good_cells(options, images, posts)
    lines = [",".join(row) for row in cells]
    first = int(posts.number[0])
    bad = []
    for position, flaw in planted_flaws(options, posts, roles).items():
        lines[position] = flaws.spoilt(cells[position], flaw)
        bad.append(Bad(record=first + position + 1, reason=flaw.reason))
    duplicates = []
    pairs = zip(roles.copy.tolist(), roles.source.tolist(), strict=True)
    for place, (copy, source) in enumerate(pairs):
        again = cells[source] if place % 2 else _recrawled(cells[source])
        lines[copy] = ",".join(again)
        duplicates.append(_duplicate(first, source, copy, cells[source], again))
    good = np.ones(len(lines), dtype=np.bool_)
    good[roles.bad] = False
    good[roles.copy] = False
    return Written(lines, bad, sorted(duplicates, key=lambda d: d.copy), np.flatnonzero(good))


def planted_flaws(options: GenerateConfig, posts: Posts, roles: Roles) -> dict[int, Flaw]:
    """The flaw of each bad record of a block, by its position."""
    before = int(np.floor(int(posts.number[0]) * options.bad_share + 1e-9))
    # In turn, so that each flaw has its share even in a small sample.
    return {
        position: FLAWS[(before + place) % len(FLAWS)]
        for place, position in enumerate(roles.bad.tolist())
    }


def good_cells(options: GenerateConfig, images: Gallery, posts: Posts) -> list[list[str]]:
    """The cells of all posts of a block as they are written, before any is spoilt."""
    authors = posts.authors
    written = [
        (str(owner), handle, _cell(name), str(followers), str(following))
        for owner, handle, name, followers, following in zip(
            authors.owner_id.tolist(), authors.handle.tolist(), authors.name.tolist(),
            authors.followers.tolist(), authors.following.tolist(), strict=True,
        )
    ]  # fmt: skip
    rows = zip(
        posts.account.tolist(), posts.shortcode, posts.is_video, posts.caption, posts.comments,
        posts.likes, posts.created_at.tolist(), posts.location, _urls(options, images, posts),
        posts.multiple_images, strict=True,
    )  # fmt: skip
    cells = []
    for author, code, video, caption, comments, likes, created, place, url, several in rows:
        owner, handle, name, followers, following = written[author]
        cells.append(
            [owner, handle, code, video, _cell(caption), comments, likes, str(created),
             _cell(place), url, several, name, followers, following]
        )  # fmt: skip
    return cells


def _cell(text: str) -> str:
    if _NEEDS_QUOTES(text):
        return '"' + text.replace('"', '""') + '"'
    return text


def _urls(options: GenerateConfig, images: Gallery, posts: Posts) -> list[str]:
    host = urlsplit(options.image_base_url).netloc
    start = f"{options.image_base_url.rstrip('/')}/{gallery.FOLDER}/"
    end = f"&_nc_ht={host}&_nc_cat="
    signatures = mix64(posts.number, options.seed + 5).tolist()
    names = gallery.names_for_posts(images, posts.number, options.seed)
    return [
        f"{start}{name}?oe={expiry:08X}{end}{100 + number % 12}&oh={signature:016x}"
        for name, expiry, number, signature in zip(
            names, posts.expiry.tolist(), posts.number.tolist(), signatures, strict=True
        )
    ]


def _recrawled(cells: list[str]) -> list[str]:
    """The same post seen later: what is known of likes and comments has grown, never shrunk."""
    later = list(cells)
    for place in (_LIKES, _COMMENTS):
        if later[place] not in ("", "-1"):
            later[place] = str(int(later[place]) * 103 // 100 + 1)
    if later == cells:  # both hidden: nothing that a later crawl could know better
        return later
    before, expiry, after = re.split(r"(?<=oe=)([0-9A-F]+)", later[_URL], maxsplit=1)
    later[_URL] = f"{before}{int(expiry, 16) + _RECRAWL_DELAY:08X}{after}"
    return later


def _duplicate(first: int, source: int, copy: int, seen: list[str], again: list[str]) -> Duplicate:
    updated = seen != again
    return Duplicate(
        shortcode=seen[FIELDS.index("shortcode")],
        kind="updated" if updated else "exact",
        record=first + source + 1,
        copy=first + copy + 1,
        winner=first + (copy if updated else min(source, copy)) + 1,
        likes=again[_LIKES],
        comments=again[_COMMENTS],
    )
