"""What every contender of `ingest.py` is to make of posts.csv, and what they share."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

# The columns of the file that the features are made of.
NUMBERS = ("owner_id", "comments", "likes", "created_at", "followers", "following")
TEXTS = (
    "shortcode", "is_video", "caption", "location", "multiple_images", "owner_username", "username",
)  # fmt: skip

TRUE, FALSE = ("true", "1"), ("false", "0")
TIERS = ("nano", "micro", "mid", "macro", "mega")
QUESTION = "[?？﹖︖؟\u037e՞፧᥅꘏꛷⸮‽⁇⁈⁉❓❔]"
DAY = 86_400

HISTORY = (
    *(
        f"history_{measure}_{name}"
        for name in ("engagement_rate", "likes")
        for measure in ("median", "last", "max")
    ),
    "history_min_engagement_rate",
)
POST_FEATURES = (
    "shortcode", "owner_id", "created_at", "is_video", "multiple_images", "content_type",
    "has_location", "likes", "comments", "followers", "following", "tier", "post_age_days", "hour",
    "day_of_week", "engagement", "engagement_rate", "caption_length", "word_count", "line_count",
    "hashtag_count", "mention_count", "question", "history_posts", "days_since_last_post", *HISTORY,
)  # fmt: skip
ACCOUNTS = (
    "owner_id", "owner_username", "username", "followers", "following", "tier", "posts",
    "first_post_at", "last_post_at", "posts_per_week", "median_gap_days", "mean_likes",
    "median_likes", "mean_comments", "median_comments", "mean_engagement_rate",
    "median_engagement_rate", "video_share", "carousel_share", "location_share",
    "mean_caption_length", "mean_hashtag_count", "mean_mention_count", "follower_following_ratio",
)  # fmt: skip
# What is made where no history is: by spark-simple and pandas-simple.
SIMPLE_POSTS = (
    "shortcode", "owner_id", "caption_length", "word_count", "line_count", "hashtag_count",
    "likes", "comments", "engagement", "engagement_rate", "hour", "day_of_week",
)  # fmt: skip
SIMPLE_ACCOUNTS = (
    "owner_id", "posts", "mean_likes", "mean_comments", "mean_engagement_rate",
    "mean_caption_length", "mean_hashtag_count",
)  # fmt: skip


@dataclass(frozen=True)
class Task:
    """Where to read and write, and the settings on which the columns depend.

    Attributes:
        source: posts.csv.
        output: a folder, for `post_features.parquet` and `accounts.parquet`.
        history: how many earlier posts of the author the history looks at.
        edges: the follower counts at which tiers begin.
    """

    source: str
    output: str
    history: int
    edges: tuple[int, ...]

    @property
    def posts(self) -> str:
        """Where the post features go."""
        return str(Path(self.output, "post_features.parquet"))

    @property
    def accounts(self) -> str:
        """Where the accounts go."""
        return str(Path(self.output, "accounts.parquet"))

    def argument(self) -> str:
        """The task as an argument on a command line."""
        return json.dumps(asdict(self))


def given_task() -> Task:
    """The task that this process was started with; its output folder is there."""
    given = json.loads(sys.argv[1])
    task = Task(given["source"], given["output"], given["history"], tuple(given["edges"]))
    Path(task.output).mkdir(parents=True, exist_ok=True)
    return task
