"""What can be counted in a caption."""

from __future__ import annotations

import pyarrow as pa
import regex
from pyspark.sql import Column
from pyspark.sql import functions as F

# One emoji as a person counts them: a flag, a keycap, or a picture with its skin tone and whatever
# is joined to it. Signs such as © and ™ are pictographic to Unicode, but text to everybody.
_PICTURE = (
    r"[\p{Extended_Pictographic}--[©®‼⁉™ℹ↔-↪Ⓜ〰〽㊗㊙]]\uFE0F?[\U0001F3FB-\U0001F3FF]?"
    r"[\U000E0020-\U000E007F]*"
)
_EMOJI = regex.compile(
    rf"\p{{RI}}\p{{RI}}|[0-9#*]\uFE0F?\u20E3|{_PICTURE}(?:\u200D{_PICTURE})*", regex.VERSION1
)


def count_emoji(caption: str) -> int:
    """How many emoji a caption has; a family, a flag or a toned hand is one.

    >>> count_emoji("👨\u200d👩\u200d👧 in 🇫🇷 ✌🏿, 1️⃣st ❤ ©")
    5
    """
    return 0 if caption.isascii() else sum(1 for _ in _EMOJI.finditer(caption))


def emoji_count(caption: Column) -> Column:
    """Emoji in a caption as an int, 0 without one. An Arrow function: Java 17 knows no emoji."""

    # Defined here, so that importing the module needs no session.
    @F.arrow_udf("int")  # type: ignore[untyped-decorator]
    def count(captions: pa.Array) -> pa.Array:
        return pa.array([count_emoji(one or "") for one in captions.to_pylist()], pa.int32())

    return count(caption)


def word_count(caption: Column) -> Column:
    """Runs of characters without space between them; 0 without a caption."""
    text = F.trim(F.regexp_replace(F.coalesce(caption, F.lit("")), r"(?U)\s+", " "))
    return F.when(text == "", 0).otherwise(F.size(F.split(text, " ")))


def line_count(caption: Column) -> Column:
    """Lines of a caption, whichever way they are broken; 0 without one."""
    broken = F.size(F.split(caption, r"\r\n|[\n\r\u0085\u2028\u2029]"))
    return F.when(caption.isNull(), 0).otherwise(broken)


def asks(caption: Column) -> Column:
    """Whether a caption has a question mark of any script; false without a caption."""
    return F.coalesce(caption.rlike("[?？؟;՞፧⁇⁈⁉]"), F.lit(False))
