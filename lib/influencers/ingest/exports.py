"""The exports of scrapers and research tools that are known, each by one declaration.

To add one, add a row to EXPORTS: by which names it is recognised, and where its fields are. A path
is a name, or names with points between them; a number is a place in a list. The first path that has
something gives the field.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

# What a post cannot do without; all else an export may lack.
NEEDED = ("owner_id", "shortcode", "created_at")
_ADDRESS = r"^.*/(?:p|reel|reels|tv)/([0-9A-Za-z_-]+).*$"
_VIDEOS = ("graphvideo", "xdtgraphvideo", "video", "videos", "igtv", "reel", "reels", "clips",
           "native_video", "live_video", "live_video_complete", "2")  # fmt: skip
_ALBUMS = ("graphsidecar", "xdtgraphsidecar", "sidecar", "album", "albums", "carousel",
           "carousel_album", "8")  # fmt: skip
_IMAGES = ("graphimage", "xdtgraphimage", "image", "images", "photo", "photos", "1")
_NUMBER = r"^[0-9]+(\.0)?$"
# Ids that are made of names have 18 digits, those of accounts fewer.
_LEAST_MADE_ID = 10**17


@dataclass(frozen=True)
class Export:
    """What a tool writes.

    Attributes:
        name: for the setting.
        title: for messages.
        marks: groups of paths; a record that has all of a group is of this export. One that ends in
            `*` stands for all names that begin so.
        fields: field → where it is.
        within: names of the object that holds the post, if records are envelopes.
        has_made_ids: whether owner_id is a username, of which an id is made.
        needed: the fields that all of its files have.
    """

    name: str
    title: str
    marks: tuple[tuple[str, ...], ...]
    fields: Mapping[str, tuple[str, ...]]
    within: tuple[str, ...] = ()
    has_made_ids: bool = False
    needed: tuple[str, ...] = NEEDED


_GRAPH: Mapping[str, tuple[str, ...]] = {
    "owner_id": ("owner.id",),
    "owner_username": ("owner.username",),
    "shortcode": ("shortcode", "code"),
    "is_video": ("is_video", "__typename"),
    "multiple_images": ("__typename",),
    "caption": ("edge_media_to_caption.edges.0.node.text", "caption.text", "caption"),
    "comments": (
        "edge_media_to_parent_comment.count",
        "edge_media_to_comment.count",
        "edge_media_preview_comment.count",
        "comments.count",
    ),
    "likes": ("edge_media_preview_like.count", "edge_liked_by.count", "likes.count"),
    "created_at": ("taken_at_timestamp", "date"),
    "location": ("location.name",),
    "image_url": ("display_url", "display_src", "thumbnail_src"),
    "followers": ("owner.edge_followed_by.count",),
    "following": ("owner.edge_follow.count",),
}
_API: Mapping[str, tuple[str, ...]] = {
    "owner_id": ("user.pk", "user.id"),
    "owner_username": ("user.username",),
    "shortcode": ("code",),
    "is_video": ("media_type",),
    "multiple_images": ("media_type",),
    "caption": ("caption.text",),
    "comments": ("comment_count",),
    "likes": ("like_count",),
    "created_at": ("taken_at",),
    "location": ("location.name",),
    "image_url": (
        "image_versions2.candidates.0.url",
        "carousel_media.0.image_versions2.candidates.0.url",
    ),
    "followers": ("user.follower_count",),
    "following": ("user.following_count",),
    "crawled_at": ("timestamp_collected",),
}
# Instagram's own interfaces, one after the other in the same file.
_EITHER = {
    field: (*_API.get(field, ()), *_GRAPH.get(field, ()))
    for field in dict.fromkeys((*_API, *_GRAPH))
}

EXPORTS: tuple[Export, ...] = (
    Export(
        "instaloader",
        "instaloader's metadata",
        marks=(("node", "instaloader"),),
        within=("node",),
        fields=_EITHER,
    ),
    Export(
        "zeeschuimer",
        "Zeeschuimer's or 4CAT's items",
        marks=(
            ("data.code", "data.taken_at"),
            ("data.shortcode", "data.taken_at_timestamp"),
            ("code", "taken_at", "image_versions2"),
            ("code", "taken_at", "carousel_media"),
            ("code", "taken_at", "user.pk"),
        ),
        within=("data",),
        fields=_EITHER,
    ),
    Export(
        "graphimages",
        "posts of Instagram's web interface (GraphImages)",
        marks=(("shortcode", "taken_at_timestamp", "owner.id"),),
        fields=_GRAPH,
    ),
    Export(
        "apify",
        "Apify's Instagram scrapers",
        marks=(("shortCode", "ownerId", "timestamp"), ("shortCode", "displayUrl", "timestamp")),
        fields={
            "owner_id": ("ownerId",),
            "owner_username": ("ownerUsername",),
            "shortcode": ("shortCode",),
            "is_video": ("type",),
            "multiple_images": ("type",),
            "caption": ("caption",),
            "comments": ("commentsCount",),
            "likes": ("likesCount",),
            "created_at": ("timestamp",),
            "location": ("locationName",),
            "image_url": ("displayUrl", "images.0", "images/0"),
            "followers": ("followersCount",),
            "following": ("followsCount",),
        },
    ),
    Export(
        "crowdtangle",
        "CrowdTangle's posts",
        marks=(("Overperforming Score*", "Post Created", "URL", "User Name"),),
        fields={
            "owner_id": ("User Name",),
            "owner_username": ("User Name",),
            "shortcode": ("URL",),
            "is_video": ("Type",),
            "multiple_images": ("Type",),
            "caption": ("Description",),
            "comments": ("Comments",),
            "likes": ("Likes",),
            "created_at": ("Post Created",),
            "image_url": ("Photo",),
            "followers": ("Followers at Posting",),
        },
        has_made_ids=True,
    ),
    Export(
        "metacontentlibrary",
        "Meta Content Library's posts",
        marks=(("creation_time", "post_owner.id", "statistics.like_count"),),
        fields={
            "owner_id": ("post_owner.id",),
            "owner_username": ("post_owner.username",),
            "shortcode": ("shortcode", "id"),
            "is_video": ("media_type", "content_type"),
            "multiple_images": ("media_type", "content_type"),
            "caption": ("text",),
            "comments": ("statistics.comment_count",),
            "likes": ("statistics.like_count",),
            "created_at": ("creation_time",),
        },
    ),
)
NAMES = tuple(export.name for export in EXPORTS)
# Accounts without posts, of any of these tools: never looked for among posts.
PROFILES = Export(
    "profiles",
    "profiles of accounts",
    marks=(),
    within=("node", "data"),
    fields={
        "owner_id": ("owner_id", "ownerId", "user_id", "userid", "pk", "pk_id", "id", "user.pk",
                     "user.id", "owner.id"),
        "owner_username": ("owner_username", "ownerUsername", "username", "user_name", "handle",
                           "User Name", "user.username", "owner.username"),
        "followers": ("followers", "followersCount", "followers_count", "follower_count",
                      "edge_followed_by.count", "user.follower_count"),
        "following": ("following", "followsCount", "following_count", "followings",
                      "edge_follow.count", "user.following_count"),
        "crawled_at": ("crawled_at", "scraped_at", "timestamp_collected", "timestamp", "time",
                       "date"),
    },
    needed=("followers",),
)  # fmt: skip
_BY_NAME = {export.name: export for export in (*EXPORTS, PROFILES)}


def named(name: str) -> Export | None:
    """The export of that name; None: it is none."""
    return _BY_NAME.get(name)


def of_names(names: Iterable[str]) -> Export | None:
    """The export whose columns these are."""
    given = set(names)
    return _first(lambda mark: _is_name(mark, given))


def of_record(record: Mapping[str, Any]) -> Export | None:
    """The export that a JSON object is of."""
    return _first(lambda mark: _is_name(mark, record) or _at(record, mark) is not None)


def _first(has: Any) -> Export | None:
    return next((one for one in EXPORTS if any(all(map(has, group)) for group in one.marks)), None)


def _is_name(mark: str, names: Iterable[str]) -> bool:
    if mark.endswith("*"):
        return any(name.startswith(mark[:-1]) for name in names)
    return mark in names


def column_of(paths: Sequence[str], names: Sequence[str]) -> str | None:
    """Of columns, the one that a field's paths name first."""
    return next((path for path in paths if path in names), None)


def cells_of(record: Mapping[str, Any], export: Export) -> dict[str, Any]:
    """The fields of a JSON object, those that say something."""
    inner: Mapping[str, Any] = next(
        (record[name] for name in export.within if isinstance(record.get(name), dict)), {}
    )
    cells = {}
    for field, paths in export.fields.items():
        value = next(
            (found for path in paths for one in (inner, record)
             if _is_cell(found := _at(one, path))), None,
        )  # fmt: skip
        if value is not None:
            cells[field] = value
    return cells


def at_path(record: Mapping[str, Any], path: str) -> Any:
    """What a JSON object has at a path, or under that very name; None: nothing, or no one value."""
    value = _at(record, path)
    return value if _is_cell(value) else None


def _is_cell(value: Any) -> bool:
    return value is not None and value != "" and not isinstance(value, dict | list)


def _at(record: Any, path: str) -> Any:
    if isinstance(record, dict) and path in record:
        return record[path]
    value = record
    for step in path.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def settled(batch: pa.RecordBatch, export: Export) -> pa.RecordBatch:
    """Raw records with what the export writes in its own way as it is read elsewhere.

    A post's address becomes its shortcode, its type says whether it is a video or has several
    images, and where there is no owner_id, one is made of the username.
    """
    columns = dict(zip(batch.schema.names, batch.columns, strict=True))
    columns["shortcode"] = pc.replace_substring_regex(columns["shortcode"], _ADDRESS, r"\1")
    for field, true in (("is_video", _VIDEOS), ("multiple_images", _ALBUMS)):
        columns[field] = _truth_of_kind(columns[field], true)
    if export.has_made_ids:
        columns["owner_id"] = _made_ids(columns["owner_id"])
    return pa.RecordBatch.from_arrays(list(columns.values()), schema=batch.schema)


def _truth_of_kind(cells: pa.Array, true: Sequence[str]) -> pa.Array:
    kinds = pc.utf8_lower(pc.utf8_trim_whitespace(cells))
    kinds = pc.replace_substring(kinds, " ", "_")
    says = pc.is_in(kinds, pa.array(true))
    known = pc.is_in(kinds, pa.array([*_VIDEOS, *_ALBUMS, *_IMAGES]))
    truth = pc.if_else(says, "true", "false")
    return pc.if_else(known, truth, cells)


def _made_ids(names: pa.Array) -> pa.Array:
    encoded = pc.dictionary_encode(names)
    ids = [made_id(name) for name in encoded.dictionary.to_pylist()]
    return pa.array(ids, pa.string()).take(encoded.indices)


def made_id(username: str) -> str:
    """The owner_id that stands for a username, where an export has no other; numbers stay.

    Names that differ in case are one.

    >>> made_id("Ann") == made_id("@ann "), len(made_id("ann")), made_id("17")
    (True, 18, '17')
    """
    name = username.strip().removeprefix("@").lower()
    if not name or name.isdecimal():
        return name
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return str(_LEAST_MADE_ID + int.from_bytes(digest, "big") % (9 * _LEAST_MADE_ID))
