"""Plain posts that one record tells of: from the file into the table by the task that reads them.

Files are gone through twice. The first time says which posts occur in several records, and which
records are no plain posts: those go through Spark, and are few in most files. The second time, all
other posts are written as they are read. To read a file once more takes less than to keep its rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark import Broadcast
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import LongType, StringType, StructField, StructType

from influencers.config import IngestConfig
from influencers.ingest import plain_posts, posts, shortcodes
from influencers.ingest.plain_posts import PlainPosts, with_captions
from influencers.ingest.records import Work
from influencers.ingest.repeats import MOST_EVERYWHERE
from influencers.ingest.sources import Read
from influencers.ingest.tables import POSTS
from influencers.run.persisted import Keep
from influencers.storage import data_files
from influencers.storage.data_files import DataFile, Target
from influencers.storage.store import Store
from influencers.storage.table import rows_with

_COUNTS = ("records", "lossy", "with_emoji", "dated")
# What the first pass makes: hashes of plain posts' shortcodes, or a record that is no plain post.
_LOOKED = StructType(
    [StructField("plain", shortcodes.BUCKETS), StructField("other", plain_posts.SCHEMA)]
)
# Input of which the hashes of all shortcodes are in one bucket.
_BYTES_OF_BUCKET = 1 << 30
# What the second pass makes: a plain post of which there are several records, a file that it has
# written, or how many posts of an input file it has written.
_PASSED = StructType(
    [
        StructField("post", plain_posts.SCHEMA),
        StructField("file", data_files.SCHEMA),
        StructField(
            "counted",
            StructType(
                [
                    StructField("source_file", StringType()),
                    *(StructField(name, LongType()) for name in _COUNTS),
                ]
            ),
        ),
    ]
)


@dataclass(frozen=True)
class Passed:
    """What has become of the records of files.

    Attributes:
        records: those that are not written yet, as `posts.checked` has them.
        counted: how many are written, as `posts.by_reasons` has it.
        files: of the table posts, that have these.
        target: where more of them go; None if Spark writes the table.
    """

    records: DataFrame
    counted: Sequence[Row] = ()
    files: Sequence[DataFile] = ()
    target: Target | None = None

    def write(self, latest: DataFrame, counted: Sequence[Row], store: Store) -> None:
        """Make the table posts of what is written, and of the posts of the other records.

        Args:
            latest: these posts.
            counted: how many records they are of, as `posts.by_reasons` has it.
            store: where the table goes.
        """
        assert self.target is not None
        about = sum(row["records"] for row in counted if not row["reasons"])
        more = store.write_parts(latest, POSTS, self.target, about=about)
        store.commit([*self.files, *more], POSTS, replace=False)


def passed(
    read: Read, target: Target | None, config: IngestConfig, *, size: int, now: int, keep: Keep
) -> Passed:
    """Go through all records, and write what can be written: `posts.checked` of the others.

    Args:
        read: reads the files.
        target: where posts go; None: nothing is written.
        config: the rules.
        size: of the files, in bytes.
        now: Unix seconds.
        keep: persists a frame for as long as the result is used.
    """
    plain = PlainPosts.by(config, now=now)
    written = (
        None
        if target is None
        else _written(read, target, plain, config, size=size, now=now, keep=keep)
    )
    return written or Passed(posts.checked(read(plain.work()), config, now=now, keep=keep))


def _written(
    read: Read,
    target: Target,
    plain: PlainPosts,
    config: IngestConfig,
    *,
    size: int,
    now: int,
    keep: Keep,
) -> Passed | None:
    """Write the plain posts of which there is one record; None if too many occur again."""
    buckets = size // _BYTES_OF_BUCKET + 1
    looked = keep(read(Work(partial(_look, plain, buckets), _LOOKED)))
    unread = _of(looked, "other")
    # The rules are many: to plan and compile them takes longer than most files.
    others = None
    hashed = _of(looked, "plain")
    if not unread.isEmpty():
        others = keep(posts.others_checked(unread, config, now=now))
        good = posts.good(others).select("shortcode")
        hashed = hashed.unionByName(shortcodes.in_buckets(good, buckets))
    repeated = shortcodes.repeated(hashed, buckets, most=MOST_EVERYWHERE)
    if repeated is None:
        return None
    shared = looked.sparkSession.sparkContext.broadcast(repeated)
    both = keep(read(Work(partial(_pass, plain, target, shared), _PASSED)))
    files = data_files.collected(_of(both, "file"))
    numbers = _of(both, "counted").groupBy("source_file")
    counted = numbers.agg(*(F.sum(name).alias(name) for name in _COUNTS)).collect()
    of_several = posts.plain_checked(_of(both, "post"))
    return Passed(
        of_several if others is None else of_several.unionByName(others),
        counted=[Row(reasons=[], notes=[], **row.asDict()) for row in counted],
        files=files,
        target=target,
    )


def _of(frame: DataFrame, column: str) -> DataFrame:
    return frame.where(F.col(column).isNotNull()).select(f"{column}.*")


def _look(
    plain: PlainPosts, buckets: int, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    hashed = []
    for records in batches:
        typed, is_plain = plain.typed(records)
        hashed.append(shortcodes.hashes(typed.column("shortcode").filter(is_plain)))
        if len(hashed[-1]) < len(records):
            others = plain.of(records.filter(pc.invert(is_plain)))
            yield _rows(_ARROW_LOOKED, "other", others)
    if hashed:
        yield _rows(_ARROW_LOOKED, "plain", shortcodes.bucketed(np.concatenate(hashed), buckets))


def _pass(
    plain: PlainPosts,
    target: Target,
    repeated: Broadcast[shortcodes.Hashes],
    batches: Iterator[pa.RecordBatch],
) -> Iterator[pa.RecordBatch]:
    counted: Counter[tuple[str, str]] = Counter()
    held: list[pa.RecordBatch] = []

    def single() -> Iterator[pa.RecordBatch]:
        for records in batches:
            typed, is_plain = plain.typed(records)
            usual = typed.filter(is_plain)
            several = pa.array(shortcodes.are_among(usual.column("shortcode"), repeated.value))
            held.append(usual.filter(several))
            alone = with_captions(usual.filter(pc.invert(several)))
            if len(alone):
                _count(alone, counted)
                # Their counts have all of their digits: nothing is said of that.
                columns = dict(zip(alone.schema.names, alone.columns, strict=True))
                yield rows_with(_POSTS, columns)

    for file in target.write(single()):
        yield _rows(_ARROW_PASSED, "file", data_files.row_of(file))
    numbers = [
        {"source_file": name, **{number: counted[name, number] for number in _COUNTS}}
        for name in sorted({name for name, _ in counted})
    ]
    if numbers:
        yield _rows(_ARROW_PASSED, "counted", pa.RecordBatch.from_pylist(numbers))
    for several in held:
        if len(several):
            yield _rows(_ARROW_PASSED, "post", with_captions(several))


def _count(written: pa.RecordBatch, counted: Counter[tuple[str, str]]) -> None:
    """Add to the numbers of posts, by input file; see `posts.by_reasons`."""
    lossy = pc.fill_null(pc.match_substring(written.column("caption"), "??"), False)
    with_emoji = pc.greater(written.column("emoji_count"), 0)
    of_rows = {
        "records": pa.repeat(1, len(written)),
        "lossy": lossy,
        "with_emoji": with_emoji,
        "dated": written.column("crawled_at").is_valid(),
    }
    table = pa.table(
        [written.column("source_file"), *(of_rows[name].cast(pa.int64()) for name in _COUNTS)],
        names=["source_file", *_COUNTS],
    )
    sums = table.group_by("source_file").aggregate([(name, "sum") for name in _COUNTS])
    for row in sums.to_pylist():
        for name in _COUNTS:
            counted[row["source_file"], name] += row[f"{name}_sum"]


def _rows(schema: pa.Schema, name: str, structs: pa.RecordBatch) -> pa.RecordBatch:
    """Rows with one column, of structs, and nothing in the others."""
    return rows_with(schema, {name: structs.to_struct_array()})


_POSTS = POSTS.arrow_schema
_ARROW_LOOKED = to_arrow_schema(_LOOKED, timezone="UTC")
_ARROW_PASSED = to_arrow_schema(_PASSED, timezone="UTC")
