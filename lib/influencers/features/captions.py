"""What can be counted in a caption.

A further one is a function `Column → Column` and its declaration in `FEATURES`.
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import regex
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import arrow_udf

from influencers.features.feature import Feature
from influencers.storage import table
from influencers.storage.table import boolean, integer

# One emoji as a person counts them: a flag, a keycap, or a pictograph with its skin tone and
# whatever is joined to it. Signs such as © and ™ are pictographic to Unicode, but text to
# everybody unless a variation selector makes them a pictograph; another selector makes a
# pictograph text.
_SIGNS = "[©®‼⁉™ℹ↔-↪Ⓜ〰〽㊗㊙]"
_PICTOGRAPH = (
    rf"(?:[\p{{Extended_Pictographic}}--{_SIGNS}](?!\uFE0E)\uFE0F?|{_SIGNS}\uFE0F)"
    r"[\U0001F3FB-\U0001F3FF]?[\U000E0020-\U000E007F]*"
)
_EMOJI = regex.compile(
    rf"\p{{RI}}\p{{RI}}|[0-9#*]\uFE0F?\u20E3|{_PICTOGRAPH}(?:\u200D{_PICTOGRAPH})*", regex.VERSION1
)
# The Greek one by its number: editors and normalisation turn it into a semicolon.
_QUESTION_MARKS = "?？﹖︖؟\u037e՞፧᥅꘏꛷⸮‽⁇⁈⁉❓❔"


def count_emoji(caption: str) -> int:
    """How many emoji a caption has; a family, a flag or a toned hand is one.

    >>> count_emoji("👨\u200d👩\u200d👧 in 🇫🇷 ✌🏿, 1️⃣st ❤ ©")
    5
    """
    return 0 if caption.isascii() else sum(1 for _ in _EMOJI.finditer(caption))


def emoji_count(caption: Column) -> Column:
    """Emoji in a caption as an int, 0 without one. An Arrow function: Java 17 knows no emoji."""

    # Defined here, so that importing the module needs no session.
    @arrow_udf("int")  # type: ignore[call-overload, untyped-decorator]
    def count(captions: pa.Array) -> pa.Array:
        return pa.array([count_emoji(one or "") for one in captions.to_pylist()], pa.int32())

    column: Column = count(caption)
    return column


def caption_length(caption: Column) -> Column:
    """Characters of a caption, 0 without one."""
    return F.coalesce(F.length(caption), F.lit(0))


def word_count(caption: Column) -> Column:
    """Runs of characters without space between them; 0 without a caption."""
    return F.coalesce(F.regexp_count(caption, F.lit(r"(?U)\S+")), F.lit(0))


def line_count(caption: Column) -> Column:
    """Lines of a caption, one more than its breaks of whichever kind; 0 without one."""
    breaks = F.regexp_count(caption, F.lit(r"\r\n|[\n\r\u0085\u2028\u2029]"))
    return F.coalesce(F.when(caption != "", breaks + 1), F.lit(0))


def asks(caption: Column) -> Column:
    """Whether a caption has a question mark of any script; false without a caption."""
    return F.coalesce(caption.rlike(f"[{_QUESTION_MARKS}]"), F.lit(False))


def _of_caption(column: table.Column, title: str, count: Callable[[Column], Column]) -> Feature:
    return Feature(column, "text", title, lambda: count(F.col("caption")))


def _in_caption(column: table.Column, title: str, *, found: str) -> Feature:
    """How many of what ingest found in the caption."""
    return Feature(column, "text", title, lambda: F.coalesce(F.size(found), F.lit(0)))


# Of rows of the table posts.
FEATURES = (
    _of_caption(
        integer("caption_length", "characters of the caption; 0 without one"),
        "caption length",
        caption_length,
    ),
    _of_caption(
        integer("word_count", "words of the caption: runs of characters without white space"),
        "words",
        word_count,
    ),
    _of_caption(
        integer("line_count", "lines of the caption; 0 without one"),
        "lines of text",
        line_count,
    ),
    _in_caption(
        integer("hashtag_count", "different hashtags in the caption"),
        "hashtags",
        found="hashtags",
    ),
    _in_caption(
        integer("mention_count", "different accounts that the caption mentions"),
        "mentions",
        found="mentions",
    ),
    _of_caption(
        integer("emoji_count", "emoji in the caption; a family, a flag or a toned hand is one"),
        "emoji",
        emoji_count,
    ),
    _of_caption(
        boolean("question", "whether the caption contains a question mark of any script"),
        "contains a question mark",
        asks,
    ),
)
