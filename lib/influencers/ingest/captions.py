"""What is read in captions, once, at ingest: hashtags, mentions, and what can be counted.

Counts are taken of whole batches by expressions of linear time; `COUNTS` declares them. A further
one is a function `captions → counts` and its declaration there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import arrow_udf
from pyspark.sql.pandas.types import to_arrow_type

from influencers.ingest.emoji import emoji_counts
from influencers.ingest.tag_arrays import tags_of
from influencers.storage import table
from influencers.storage.table import boolean, integer, schema_of, strings

# https://www.unicode.org/Public/UCD/latest/ucd/PropList.txt, White_Space
_WHITE_SPACE = [
    *map(chr, (*range(9, 14), 32, 0x85, 0xA0, 0x1680)),
    *map(chr, (*range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000)),
]
_BREAKS = "\r\n|[\n\r\x85\u2028\u2029]"
# The Greek one by its number: editors and normalisation turn it into a semicolon.
_QUESTION_MARKS = "?？﹖︖؟\u037e՞፧᥅꘏꛷⸮‽⁇⁈⁉❓❔"


def caption_lengths(captions: pa.Array) -> pa.Array:
    """Characters of each caption."""
    return pc.utf8_length(captions)


def word_counts(captions: pa.Array) -> pa.Array:
    """Runs of characters without white space between them."""
    text, ends = _utf8(captions)
    is_space = _are_white_space(text)
    starts = ~is_space
    starts[1:] &= is_space[:-1]
    # Each caption starts anew.
    starts[ends[:-1][ends[:-1] < len(text)]] = ~is_space[ends[:-1][ends[:-1] < len(text)]]
    before = np.concatenate(([0], np.cumsum(starts, dtype=np.int32)))
    return pa.array(before[ends[1:]] - before[ends[:-1]], pa.int32())


def line_counts(captions: pa.Array) -> pa.Array:
    """Lines of each caption, one more than its breaks of whichever kind; 0 without text."""
    breaks = pc.count_substring_regex(captions, _BREAKS)
    return pc.if_else(pc.equal(pc.binary_length(captions), 0), 0, pc.add(breaks, 1))


def questions(captions: pa.Array) -> pa.Array:
    """Whether each caption has a question mark of any script."""
    return pc.match_substring_regex(captions, f"[{_QUESTION_MARKS}]")


@dataclass(frozen=True)
class Count:
    """A column that says something of a caption.

    Attributes:
        column: its name, type and meaning.
        of: what computes it of captions without nulls.
    """

    column: table.Column
    of: Callable[[pa.Array], pa.Array]


COUNTS = (
    Count(integer("caption_length", "characters of the caption; 0 without one"), caption_lengths),
    Count(
        integer("word_count", "words of the caption: runs of characters without white space"),
        word_counts,
    ),
    Count(integer("line_count", "lines of the caption; 0 without one"), line_counts),
    Count(
        integer("emoji_count", "emoji in the caption; a family, a flag or a toned hand is one"),
        emoji_counts,
    ),
    Count(
        boolean("question", "whether the caption contains a question mark of any script"),
        questions,
    ),
)
TAGS = (
    strings(
        "hashtags",
        "hashtags of the caption after UAX #31, without `#`, normalised (NFKC, case folded), "
        "distinct, in the order of first use; empty without any",
    ),
    strings(
        "hashtags_as_written",
        "the same hashtags in the spelling of their first use, parallel to `hashtags`",
    ),
    strings(
        "mentions",
        "handles that the caption mentions, without `@`, in lower case, distinct, in order; "
        "empty without any",
    ),
)
COLUMNS = (*TAGS, *(count.column for count in COUNTS))
NAMES = tuple(column.name for column in COLUMNS)


def with_columns(posts: DataFrame) -> DataFrame:
    """Posts with what is read in their captions: `COLUMNS`. Nothing is found in a null caption."""
    return posts.withColumn("_of_caption", _of_caption(COLUMNS, read)).select(
        *posts.columns, "_of_caption.*"
    )


def with_counts(posts: DataFrame) -> DataFrame:
    """Posts with the counts of their captions; as they are, if they have them.

    Those of an output of an earlier version have none.
    """
    counts = tuple(count.column for count in COUNTS)
    if {column.name for column in counts} <= set(posts.columns):
        return posts
    return posts.withColumn("_of_caption", _of_caption(counts, counted)).select(
        *posts.columns, "_of_caption.*"
    )


def read(captions: pa.Array) -> list[pa.Array]:
    """What is read in captions: the arrays of `COLUMNS`; a null caption is read as an empty one."""
    return [*tags_of(captions.fill_null("").cast(pa.string())), *counted(captions)]


def counted(captions: pa.Array) -> list[pa.Array]:
    """What is counted in captions: the arrays of `COUNTS`."""
    texts = captions.fill_null("").cast(pa.string())
    return [count.of(texts).cast(to_arrow_type(count.column.type)) for count in COUNTS]


def _of_caption(
    columns: Sequence[table.Column], arrays: Callable[[pa.Array], list[pa.Array]]
) -> Column:
    """A struct of these columns, which an Arrow function computes of captions."""

    # Defined here, so that importing the module needs no session.
    @arrow_udf(schema_of(columns))  # type: ignore[call-overload, untyped-decorator]
    def struct(captions: pa.Array) -> pa.Array:
        return pa.StructArray.from_arrays(arrays(captions), names=[one.name for one in columns])

    column: Column = struct(F.col("caption"))
    return column


def _utf8(captions: pa.Array) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
    """The bytes of all captions in a row, and where each begins, with the end of the last."""
    _, offsets, data = captions.buffers()
    ends = np.frombuffer(offsets, np.int32)[captions.offset : captions.offset + len(captions) + 1]
    text = np.frombuffer(data or b"", np.uint8)[ends[0] : ends[-1]]
    return text, ends - ends[0]


def _are_white_space(text: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Which bytes are of white space."""
    found = _ONE_BYTE[text]
    for lead, tails in _LONGER.items():
        places = np.flatnonzero(text == lead)
        for tail in tails:
            here = places[places + len(tail) < len(text)]
            for distance, byte in enumerate(tail, 1):
                here = here[text[here + distance] == byte]
            for distance in range(len(tail) + 1):
                found[here + distance] = True
    return found


_CODED = [character.encode() for character in _WHITE_SPACE]
_ONE_BYTE = np.zeros(256, bool)
_ONE_BYTE[[coded[0] for coded in _CODED if len(coded) == 1]] = True
# Of white space of several bytes: the first byte, and what follows it.
_LONGER: dict[int, list[bytes]] = {}
for _coded in _CODED:
    if len(_coded) > 1:
        _LONGER.setdefault(_coded[0], []).append(_coded[1:])
