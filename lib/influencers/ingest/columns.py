"""The fields of a post file, and how a header names them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

# In the order of the original files. Required ones are those that no analysis can do without;
# the others may be missing as a whole and are then unknown for every post.
REQUIRED = (
    "owner_id",
    "shortcode",
    "is_video",
    "caption",
    "comments",
    "likes",
    "created_at",
    "image_url",
    "followers",
)
OPTIONAL = ("owner_username", "location", "multiple_images", "username", "following", "crawled_at")
FIELDS = REQUIRED + OPTIONAL

# Spellings beyond case, spaces, dashes and underscores, which never matter.
_SPELLINGS = {
    "imageurl": "image_url",
    "displayurl": "image_url",
    "mediaurl": "image_url",
    "ownerid": "owner_id",
    "userid": "owner_id",
    "ownerusername": "owner_username",
    "postid": "shortcode",
    "commentscount": "comments",
    "commentcount": "comments",
    "likescount": "likes",
    "likecount": "likes",
    "timestamp": "created_at",
    "takenat": "created_at",
    "isvideo": "is_video",
    "iscarousel": "multiple_images",
    "multipleimages": "multiple_images",
    "followerscount": "followers",
    "followercount": "followers",
    "followingcount": "following",
    "createdat": "created_at",
    "crawledat": "crawled_at",
    "scrapedat": "crawled_at",
}
# Of the table posts, columns that no crawler has.
_OF_POSTS_ALONE = {"source_file", "hashtags", "emoji_count"}
_PUNCTUATION = re.compile(r"[\W_]+")
_PLAIN = {field.replace("_", ""): field for field in FIELDS}
_LONGEST = max(map(len, (*_PLAIN, *_SPELLINGS)))
_START = 4 * _LONGEST


@dataclass(frozen=True)
class Header:
    """Which column of a file holds which field.

    Attributes:
        width: how many columns the file has.
        places: field → position, for the fields that are there.
        missing: required fields that are not.
        absent: optional fields that are not.
        extra: columns that are no field, as the file names them.
        repeated: fields that two columns claim.
    """

    width: int
    places: dict[str, int]
    missing: tuple[str, ...]
    absent: tuple[str, ...]
    extra: tuple[str, ...]
    repeated: tuple[str, ...]

    @property
    def is_export(self) -> bool:
        """Whether these are the columns of the table posts, as `export` writes it."""
        return set(self.extra) >= _OF_POSTS_ALONE


@lru_cache(maxsize=4096)
def field_of(name: str) -> str | None:
    """The field that a column name stands for, or None.

    >>> field_of("imageUrl"), field_of("Owner ID"), field_of("colour")
    ('image_url', 'owner_id', None)
    """
    plain = _plain(name)
    return _PLAIN.get(plain) or _SPELLINGS.get(plain)


@lru_cache(maxsize=4096)
def is_own_name(name: str) -> bool:
    """Whether a column has a field's own name, but for case, spaces, dashes and underscores.

    >>> is_own_name("imageUrl"), is_own_name("displayUrl")
    (True, False)
    """
    return _plain(name) in _PLAIN


def read_header(names: Sequence[str]) -> Header:
    """What the column names of a file say.

    A column under a field's own name goes before others that are spelt otherwise: `postid` beside
    `shortcode` is extra.
    """
    places: dict[str, int] = {}
    extra, repeated = [], []
    own = {field_of(name) for name in names if is_own_name(name)}
    for position, name in enumerate(names):
        field = field_of(name)
        if field is None or (field in own and not is_own_name(name)):
            extra.append(name.strip())
        elif field in places:
            repeated.append(field)
        else:
            places[field] = position
    return Header(
        width=len(names),
        places=places,
        missing=_not_in(places, REQUIRED),
        absent=_not_in(places, OPTIONAL),
        extra=tuple(extra),
        repeated=tuple(repeated),
    )


def _plain(name: str) -> str:
    """A name without case and punctuation; of one that is longer than any, the start says so."""
    start = _PUNCTUATION.sub("", name[:_START].lower())
    whole = len(name) <= _START or len(start) > _LONGEST
    return start if whole else _PUNCTUATION.sub("", name.lower())


def _not_in(places: Iterable[str], fields: Sequence[str]) -> tuple[str, ...]:
    return tuple(field for field in fields if field not in set(places))
