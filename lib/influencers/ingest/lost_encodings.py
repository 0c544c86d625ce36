"""Files whose encoding was lost before they came here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pyspark.sql import Row

from influencers.ingest.source import first_of

# From so many captions with ?? on, and from such a share, an encoding was lost.
_LEAST_LOSSY, _LOSSY_SHARE = 20, 0.02


def remarks(found: Sequence[Row]) -> list[str]:
    """A line on the files in whose captions question marks stand for what an encoding has lost.

    That is where many captions have several in a row, and none has an emoji.

    Args:
        found: as `posts.by_reasons` gives it.
    """
    sums: dict[str, Counter[str]] = {}
    for row in found:
        of_file = sums.setdefault(row["source_file"], Counter())
        of_file.update({name: row[name] for name in ("records", "lossy", "with_emoji")})
    lost = [
        uri
        for uri, counts in sorted(sums.items())
        if counts["with_emoji"] == 0
        and counts["lossy"] >= max(_LEAST_LOSSY, _LOSSY_SHARE * counts["records"])
    ]
    if not lost:
        return []
    return [
        f"{first_of(lost)}: captions have ?? and none an emoji: the encoding was lost before; "
        "export them again as UTF-8"
    ]
