"""Records that are plain posts, typed where they are read: most records of most files.

A record is plain if each of its cells is written in the usual way and no rule is broken. It is told
by expressions over whole batches of records, together with what is read in its caption. All other
records stay as they were read, for `rules` and `values` to look at: what a cell is, and why a
record cannot be used, is said there alone, and here it is said of no cell that may be otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructField, StructType

from influencers.config import IngestConfig
from influencers.ingest import captions
from influencers.ingest.records import RECORDS_SCHEMA, Work
from influencers.ingest.tables import POSTS
from influencers.ingest.values import BETWEEN_ADDRESSES, MONTH, SPACES

# The record as it was read; null for a plain post.
UNREAD = "unread"
_MICROSECONDS = 1_000_000
_TRUE, _FALSE = pa.array(["true", "1", "1.0"]), pa.array(["false", "0", "0.0"])
_ID = r"^[0-9]{1,18}(\.0)?$"
_COUNT = r"^[0-9]{1,12}(\.0)?$"
_HIDEABLE_COUNT = r"^([0-9]{1,12}(\.0)?|-1)$"
_SECONDS = r"^[0-9]{1,10}(\.0)?$"
_MILLISECONDS = "^[1-9][0-9]{12}$"
# A time as ISO 8601 has it, of a day that each year has.
_ISO = (
    "^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])[T ](?:[01][0-9]|2[0-3])"
    r"(?::[0-5][0-9]){2}(?:\.[0-9]{1,6})?"
)
_UTC_SIGN = r"(?:Z|\+00:00)"
_RARE_DAY = "^.{4}-(?:02-(?:29|3)|(?:04|06|09|11)-31)"
_TO_SECONDS = len("2024-05-13T09:17:23")
_SHORTCODE = "^[0-9A-Za-z_-]{5,64}$"
# What a spreadsheet may have made of a shortcode.
_DAY = (
    "(?i)^([0-9]{4}-[0-9]{2}-[0-9]{2}(t[0-9].*)?"
    f"|[0-9]{{1,2}}-{MONTH}(-[0-9]{{2,4}})?|{MONTH}-[0-9]{{2,4}})$"
)


class Cells(NamedTuple):
    """The cells of a field as values, and which of them are plain; the other values are any."""

    values: pa.Array
    plain: pa.Array


@dataclass(frozen=True)
class PlainPosts:
    """Tells plain posts.

    Attributes:
        earliest: the earliest time that a post may have, in Unix seconds.
        latest: the latest.
        latest_crawl: the latest time that a crawl may have.
        local_is_utc: whether times that name no zone are of UTC.
    """

    earliest: int
    latest: int
    latest_crawl: int
    local_is_utc: bool

    @staticmethod
    def by(config: IngestConfig, *, now: int) -> PlainPosts:
        """By the rules of a configuration; `now` as `rules.rules` has it."""
        latest = config.latest_time or now
        return PlainPosts(
            config.earliest_time,
            latest,
            max(config.latest_time, now),
            local_is_utc=config.timezone == "UTC",
        )

    def of(self, records: pa.RecordBatch) -> pa.RecordBatch:
        """The columns of `SCHEMA`; grain: one row for each record, as it comes.

        Args:
            records: the columns of `records.RECORDS_SCHEMA`.
        """
        typed, plain = self.typed(records)
        return _with_captions(typed, _unread(records, plain))

    def typed(self, records: pa.RecordBatch) -> tuple[pa.RecordBatch, pa.Array]:
        """The fields of records as those of plain posts, and which of them are plain posts.

        Args:
            records: the columns of `records.RECORDS_SCHEMA`.
        """
        read = {field: self._reader(field)(records.column(field)) for field in FIELDS}
        plain = reduce(
            pc.and_, (cells.plain for cells in read.values()), records.column("problem").is_null()
        )
        columns = {
            "source_file": records.column("source_file"),
            "record": records.column("record"),
            **{field: cells.values for field, cells in read.items()},
        }
        return pa.RecordBatch.from_arrays(
            [columns[field.name].cast(field.type) for field in _TYPED], schema=_TYPED
        ), plain

    def work(self) -> Work:
        """What makes the columns of `SCHEMA` of records."""
        return Work(lambda batches: map(self.of, batches), SCHEMA)

    def _reader(self, field: str) -> Callable[[pa.Array], Cells]:
        if field == "created_at":
            return lambda cells: self._times(cells, self.latest, is_needed=True)
        if field == "crawled_at":
            return lambda cells: self._times(cells, self.latest_crawl, is_needed=False)
        return _READ.get(field, _text)

    def _times(self, cells: pa.Array, latest: int, *, is_needed: bool) -> Cells:
        zone = f"{_UTC_SIGN}?" if self.local_is_utc else _UTC_SIGN
        seconds, usual = _seconds(cells, f"{_ISO}{zone}$")
        inside = pc.and_(pc.greater_equal(seconds, self.earliest), pc.less_equal(seconds, latest))
        plain = pc.and_(usual, pc.fill_null(inside, False))
        if not is_needed:
            plain = pc.or_(plain, cells.is_null())
        safe = pc.if_else(plain, seconds, None)
        return Cells(pc.multiply(safe, _MICROSECONDS).cast(pa.timestamp("us", "UTC")), plain)


def with_captions(typed: pa.RecordBatch) -> pa.RecordBatch:
    """Plain posts, typed, with what is read in their captions: the columns of `SCHEMA`."""
    return _with_captions(typed, pa.nulls(len(typed), ARROW_SCHEMA.field(UNREAD).type))


def _with_captions(typed: pa.RecordBatch, unread: pa.Array) -> pa.RecordBatch:
    of_captions = dict(zip(captions.NAMES, captions.read(typed.column("caption")), strict=True))
    columns = {**dict(zip(typed.schema.names, typed.columns, strict=True)), **of_captions}
    columns[UNREAD] = unread
    return pa.RecordBatch.from_arrays(
        [columns[field.name].cast(field.type) for field in ARROW_SCHEMA], schema=ARROW_SCHEMA
    )


def _unread(records: pa.RecordBatch, plain: pa.Array) -> pa.Array:
    kind = ARROW_SCHEMA.field(UNREAD).type
    if pc.all(plain).as_py():
        return pa.nulls(len(records), kind)
    others = records.filter(pc.invert(plain))
    # Of each record, its place among the others.
    places = pa.array(np.cumsum(~plain.to_numpy(zero_copy_only=False)) - 1)
    place = pc.if_else(plain, None, places)
    kept = [others.column(field.name).take(place) for field in kind]
    return pa.StructArray.from_arrays(kept, fields=list(kind), mask=plain)


def _shortcode(cells: pa.Array) -> Cells:
    usual = _matches(cells, _SHORTCODE)
    return Cells(cells, pc.and_(usual, pc.invert(_matches(cells, _DAY))))


def _owner(cells: pa.Array) -> Cells:
    plain = _matches(cells, _ID)
    return Cells(_whole(cells, plain), plain)


def _count(cells: pa.Array) -> Cells:
    plain = _matches(cells, _COUNT)
    return Cells(_whole(cells, plain), pc.or_(plain, cells.is_null()))


def _hideable_count(cells: pa.Array) -> Cells:
    plain = _matches(cells, _HIDEABLE_COUNT)
    values = _whole(cells, plain)
    known = pc.if_else(pc.equal(values, -1), None, values)
    return Cells(known, pc.or_(plain, cells.is_null()))


def _truth(cells: pa.Array) -> Cells:
    lower = pc.ascii_lower(cells)
    yes, no = pc.is_in(lower, _TRUE), pc.is_in(lower, _FALSE)
    values = pc.if_else(yes, True, pc.if_else(no, False, pa.scalar(None, pa.bool_())))
    return Cells(values, pc.or_(pc.or_(yes, no), cells.is_null()))


def _address(cells: pa.Array) -> Cells:
    starts = pc.fill_null(pc.starts_with(cells, "http"), False)
    alone = pc.and_(starts, pc.invert(_matches(cells, BETWEEN_ADDRESSES)))
    return Cells(pc.utf8_trim(cells, SPACES), pc.or_(alone, cells.is_null()))


def _text(cells: pa.Array) -> Cells:
    trimmed = pc.utf8_trim(cells, SPACES)
    return Cells(pc.if_else(pc.equal(trimmed, ""), None, trimmed), _all(cells))


def _as_it_is(cells: pa.Array) -> Cells:
    return Cells(cells, _all(cells))


def _seconds(cells: pa.Array, iso: str) -> Cells:
    """Unix seconds, and in which cells they are written in a usual way.

    Args:
        cells: the texts.
        iso: what a time that is no number is like.
    """
    plain = _matches(cells, _SECONDS)
    seconds = _whole(cells, plain)
    if not pc.all(pc.or_(plain, cells.is_null())).as_py():
        in_milliseconds = _matches(cells, _MILLISECONDS)
        whole = pc.divide(_whole(cells, in_milliseconds), 1_000)
        is_iso = pc.and_not(_matches(cells, iso), _matches(cells, _RARE_DAY))
        times = pc.utf8_slice_codeunits(_where(is_iso, cells), 0, _TO_SECONDS)
        of_time = times.cast(pa.timestamp("s")).cast(pa.int64())
        seconds = pc.coalesce(seconds, whole, of_time)
        plain = pc.or_(plain, pc.or_(in_milliseconds, is_iso))
    return Cells(seconds, plain)


def _whole(cells: pa.Array, plain: pa.Array) -> pa.Array:
    """Plain whole numbers, with or without a zero behind the point; null for other cells."""
    numbers = _where(plain, cells)
    if pc.any(pc.match_substring(numbers, ".")).as_py():
        numbers = pc.replace_substring(numbers, ".0", "")
    return numbers.cast(pa.int64())


def _where(chosen: pa.Array, cells: pa.Array) -> pa.Array:
    """The chosen texts; null for the others."""
    # pyarrow 23 takes the wrong texts of a slice where the other side is a null that is no array.
    return pc.if_else(chosen, cells, pa.nulls(len(cells), cells.type))


def _matches(cells: pa.Array, pattern: str) -> pa.Array:
    return pc.fill_null(pc.match_substring_regex(cells, pattern), False)


def _all(cells: pa.Array) -> pa.Array:
    return pa.repeat(True, len(cells))


_READ: dict[str, Callable[[pa.Array], Cells]] = {
    "shortcode": _shortcode,
    "owner_id": _owner,
    **dict.fromkeys(("likes", "comments"), _hideable_count),
    **dict.fromkeys(("followers", "following"), _count),
    **dict.fromkeys(("is_video", "multiple_images"), _truth),
    "image_url": _address,
    "caption": _as_it_is,
}
# The fields of a post that are read from a record.
FIELDS: Sequence[str] = tuple(
    field.name for field in POSTS.schema if field.name in RECORDS_SCHEMA.fieldNames()
    and field.name != "source_file"
)  # fmt: skip
SCHEMA = StructType(
    [
        RECORDS_SCHEMA["source_file"],
        RECORDS_SCHEMA["record"],
        *(POSTS.schema[name] for name in (*FIELDS, *captions.NAMES)),
        StructField(
            UNREAD,
            StructType([f for f in RECORDS_SCHEMA if f.name not in ("source_file", "record")]),
        ),
    ]
)
ARROW_SCHEMA = to_arrow_schema(SCHEMA, timezone="UTC")
_TYPED = pa.schema([ARROW_SCHEMA.field(name) for name in ("source_file", "record", *FIELDS)])
