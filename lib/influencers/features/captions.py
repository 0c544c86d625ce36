"""What can be counted in a caption."""

from __future__ import annotations

import pyarrow as pa
import regex
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import arrow_udf

# One emoji as a person counts them: a flag, a keycap, or a picture with its skin tone and whatever
# is joined to it. Signs such as © and ™ are pictographic to Unicode, but text to everybody unless
# a variation selector makes them a picture; another one makes a picture text.
_SIGNS = "[©®‼⁉™ℹ↔-↪Ⓜ〰〽㊗㊙]"
_PICTURE = (
    rf"(?:[\p{{Extended_Pictographic}}--{_SIGNS}](?!\uFE0E)\uFE0F?|{_SIGNS}\uFE0F)"
    r"[\U0001F3FB-\U0001F3FF]?[\U000E0020-\U000E007F]*"
)
_EMOJI = regex.compile(
    rf"\p{{RI}}\p{{RI}}|[0-9#*]\uFE0F?\u20E3|{_PICTURE}(?:\u200D{_PICTURE})*", regex.VERSION1
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
