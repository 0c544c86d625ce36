"""What is known of a post's caption: counted and found at ingest, in columns of the table posts."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from influencers.features.feature import Feature
from influencers.ingest.captions import COUNTS
from influencers.storage.table import integer

_COUNTED = {count.column.name: count.column for count in COUNTS}


def _counted(name: str, title: str) -> Feature:
    return Feature(_COUNTED[name], "text", title)


def _number_of(tags: str) -> Column:
    return F.coalesce(F.size(tags), F.lit(0))


# Of rows of the table posts.
FEATURES = (
    _counted("caption_length", "caption length"),
    _counted("word_count", "words"),
    _counted("line_count", "lines of text"),
    Feature(
        integer("hashtag_count", "different hashtags in the caption"),
        "text",
        "hashtags",
        lambda: _number_of("hashtags"),
    ),
    Feature(
        integer("mention_count", "different accounts that the caption mentions"),
        "text",
        "mentions",
        lambda: _number_of("mentions"),
    ),
    _counted("emoji_count", "emoji"),
    _counted("question", "contains a question mark"),
)
